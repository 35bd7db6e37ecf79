/**
 * State in a directory of its own, for one process:
 *
 *   lock.<pid>.…  blobs/<hex>  floor.json  intent.json  applied.json  …  audit.jsonl
 *
 * Every promise resolves when a power cut can no longer undo it. Calls take effect in the order in which they
 * are made. The directory is opened, and its lock taken, by the first call: that one rejects with
 * `store.locked` when another process has it. Other failures are the operating system's own errors; the engine
 * says what they mean.
 *
 * A record carries the digest of its own text, so that a flipped bit is `store.corrupt` and not another version.
 *
 * Why not the embedded database: this package has no dependency, and five small files that a person can read
 * are all there is to keep.
 */
import { createHash } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { AuditLine, InstanceRecords, RecordName, StateStore } from '../contract/store.ts'
import { ReloadError } from '../errors.ts'
import { AuditLog } from './audit-log.ts'
import { lockDirectory, type ProcessTable, systemProcesses } from './directory-lock.ts'
import { writeDurably } from './durable-write.ts'
import { type FileSystem, nodeFileSystem } from './file-system.ts'

export interface FileStoreOptions {
  readonly files?: FileSystem
  readonly processes?: ProcessTable
  /** Size at which the audit log goes on in a new file. Default 8 MiB. */
  readonly auditFileBytes?: number
  /** Older audit files that are kept. Default 16. */
  readonly auditKeptFiles?: number
}

export function fileStore(directory: string, options: FileStoreOptions = {}): StateStore {
  return new FileStore(directory, options)
}

class FileStore implements StateStore {
  readonly kind = 'file'
  private readonly directory: string
  private readonly blobs: string
  private readonly files: FileSystem
  private readonly processes: ProcessTable
  private readonly auditLog: AuditLog
  private unlock: (() => Promise<void>) | null = null
  private isClosed = false
  /** A blob's name may be there for us and not yet on the disk: forcing it there failed. */
  private isNameLoose = false
  private last: Promise<unknown> = Promise.resolve()

  constructor(directory: string, options: FileStoreOptions) {
    this.directory = directory
    this.blobs = join(directory, 'blobs')
    this.files = options.files ?? nodeFileSystem
    this.processes = options.processes ?? systemProcesses
    this.auditLog = new AuditLog({
      directory,
      files: this.files,
      fileBytes: options.auditFileBytes ?? 8 * 1024 * 1024,
      keptFiles: options.auditKeptFiles ?? 16,
    })
  }

  putBlob(digest: string, bytes: Uint8Array): Promise<void> {
    return this.inTurn(async () => {
      const path = this.blobPath(digest)
      const held = await this.files.read(path)
      // Compared, so that a copy the disk has damaged is mended by whoever brings the bytes again.
      const isHeld = held !== null && Buffer.compare(held, bytes) === 0
      if (isHeld && !this.isNameLoose) return
      this.isNameLoose = true
      if (isHeld) await this.files.syncDirectory(this.blobs)
      else await writeDurably(this.files, path, bytes)
      this.isNameLoose = false
    })
  }

  readBlob(digest: string): Promise<Uint8Array | null> {
    return this.inTurn(() => this.files.read(this.blobPath(digest)))
  }

  sweep(keep: ReadonlySet<string>): Promise<void> {
    return this.inTurn(async () => {
      for (const name of await this.files.list(this.blobs)) {
        if (!keep.has(`sha256:${name}`)) await this.files.remove(join(this.blobs, name))
      }
    })
  }

  readRecord<K extends RecordName>(name: K): Promise<InstanceRecords[K] | null> {
    return this.inTurn(async () => {
      const bytes = await this.files.read(this.recordPath(name))
      return bytes === null ? null : (unsealRecord(name, bytes) as InstanceRecords[K])
    })
  }

  writeRecord<K extends RecordName>(name: K, record: InstanceRecords[K]): Promise<void> {
    const bytes = sealRecord(record)
    return this.inTurn(() => writeDurably(this.files, this.recordPath(name), bytes))
  }

  clearRecord(name: RecordName): Promise<void> {
    return this.inTurn(async () => {
      await this.files.remove(this.recordPath(name))
      await this.files.syncDirectory(this.directory)
    })
  }

  appendAudit(line: AuditLine): Promise<void> {
    return this.inTurn(() => this.auditLog.append(line))
  }

  readAudit(options: { limit?: number } = {}): Promise<readonly AuditLine[]> {
    return this.inTurn(() => this.auditLog.read(options.limit ?? Number.POSITIVE_INFINITY))
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    await this.last
    await this.unlock?.()
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    if (this.isClosed) return Promise.reject(new ReloadError('store.closed', { path: this.directory }))
    const done = this.last.then(async () => {
      if (this.unlock === null) await this.open()
      return await act()
    })
    this.last = done.catch(() => {})
    return done
  }

  private async open(): Promise<void> {
    await this.files.makeDirectory(this.blobs)
    const unlock = await lockDirectory(this.directory, this.files, this.processes)
    try {
      await this.clearAside(this.directory)
      await this.clearAside(this.blobs)
      await this.auditLog.open()
      // What an earlier process had renamed and not yet forced to the disk is visible, and believed from here on.
      await this.files.syncDirectory(this.blobs)
      await this.files.syncDirectory(this.directory)
      // Our own name in the directory above. Where we may not open that one, it was not we who made it.
      await this.files.syncDirectory(dirname(this.directory)).catch(() => {})
    } catch (error) {
      await unlock().catch(() => {})
      throw error
    }
    this.unlock = unlock
  }

  /** What a crash left half written. */
  private async clearAside(directory: string): Promise<void> {
    for (const name of await this.files.list(directory)) {
      if (name.endsWith('.tmp')) await this.files.remove(join(directory, name))
    }
  }

  private blobPath(digest: string): string {
    const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1]
    if (hex === undefined)
      throw new TypeError(`found digest "${digest}", expected "sha256:" and 64 hex digits`)
    return join(this.blobs, hex)
  }

  private recordPath(name: RecordName): string {
    return join(this.directory, `${name}.json`)
  }
}

function sealRecord(record: unknown): Uint8Array {
  const text = JSON.stringify(record)
  return Buffer.from(`{"sha256":"${sha256(text)}","record":${text}}\n`)
}

function unsealRecord(name: RecordName, bytes: Uint8Array): unknown {
  try {
    const sealed = JSON.parse(Buffer.from(bytes).toString()) as { sha256: string; record: unknown }
    if (sealed.sha256 === sha256(JSON.stringify(sealed.record))) return sealed.record
  } catch (cause) {
    throw new ReloadError('store.corrupt', { what: `record "${name}"` }, { cause })
  }
  throw new ReloadError('store.corrupt', { what: `record "${name}"` })
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
