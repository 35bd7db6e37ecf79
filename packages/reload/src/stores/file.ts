/**
 * State in a directory of its own, for one process:
 *
 *   lock.<pid>.…  blobs/<hex>  records.jsonl  audit.jsonl
 *
 * Every promise resolves when a power cut can no longer undo it. Calls take effect in the order in which they
 * are made. The directory is opened, and its lock taken, by the first call: that one rejects with
 * `store.locked` when another process has it. Other failures are the operating system's own errors; the engine
 * says what they mean. A directory that was taken away while the process runs is made again by the next call that
 * needs it.
 *
 * A blob lies under its digest from its first byte on: whoever reads it checks that, so a half of one is none.
 *
 * Why not the embedded database: this package has no dependency, and a few lines that a person can read are all
 * there is to keep.
 */
import { hash } from 'node:crypto'
import { dirname, join } from 'node:path'
import type { AuditLine, InstanceRecords, RecordChanges, RecordName, StateStore } from '../contract/store.ts'
import { ReloadError } from '../errors.ts'
import { AuditLog } from './audit-log.ts'
import { lockDirectory, type ProcessTable, systemProcesses } from './directory-lock.ts'
import { force, writeForced } from './durable-write.ts'
import { type FileSystem, hasCode, nodeFileSystem, nullWhenAbsent } from './file-system.ts'
import { RecordLog } from './record-log.ts'

export interface FileStoreOptions {
  readonly files?: FileSystem
  readonly processes?: ProcessTable
  /** Growth at which the records are written anew, each once. Default 512 KiB. */
  readonly recordBytes?: number
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
  private readonly records: RecordLog
  private readonly auditLog: AuditLog
  /** Blobs that may be there, and whether this process has forced them to the disk, bytes and name. */
  private held: Map<string, boolean> = new Map()
  /** The last blob that was asked for by `hasBlob`, as it was when it was seen to be whole: it mostly is asked for again. */
  private seen: { readonly path: string; readonly stamp: string } | null = null
  private unlock: (() => Promise<void>) | null = null
  private isClosed = false
  private last: Promise<unknown> = Promise.resolve()

  constructor(directory: string, options: FileStoreOptions) {
    this.directory = directory
    this.blobs = join(directory, 'blobs')
    this.files = options.files ?? nodeFileSystem
    this.processes = options.processes ?? systemProcesses
    this.records = new RecordLog({
      path: join(directory, 'records.jsonl'),
      files: this.files,
      fileBytes: options.recordBytes ?? 512 * 1024,
    })
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
      const isKept = this.held.get(path)
      // Compared, so that a copy the disk has damaged is mended by whoever brings the bytes again.
      const isWritten = isKept !== undefined && isSame(await this.files.read(path), bytes)
      if (isWritten && isKept) return
      this.held.set(path, false)
      if (isWritten) await force(this.files, path)
      else await this.fill(path, bytes)
      await this.files.syncDirectory(this.blobs)
      this.held.set(path, true)
    })
  }

  readBlob(digest: string): Promise<Uint8Array | null> {
    return this.inTurn(() => this.files.read(this.blobPath(digest)))
  }

  hasBlob(digest: string): Promise<boolean> {
    return this.inTurn(async () => {
      const path = this.blobPath(digest)
      const stamp = await this.files.stampOf(path)
      if (stamp === null) return false
      if (this.seen?.path === path && this.seen.stamp === stamp) return true
      const bytes = await this.files.read(path)
      if (bytes === null || `sha256:${hash('sha256', bytes, 'hex')}` !== digest) return false
      this.seen = { path, stamp }
      return true
    })
  }

  sweep(keep: ReadonlySet<string>): Promise<void> {
    return this.inTurn(async () => {
      for (const name of await this.files.list(this.blobs)) {
        if (keep.has(`sha256:${name}`)) continue
        await this.files.remove(join(this.blobs, name))
        this.held.delete(join(this.blobs, name))
      }
    })
  }

  readRecord<K extends RecordName>(name: K): Promise<InstanceRecords[K] | null> {
    return this.inTurn(async () => {
      return JSON.parse((await this.records.read(name)) ?? 'null') as InstanceRecords[K] | null
    })
  }

  writeRecord<K extends RecordName>(name: K, record: InstanceRecords[K]): Promise<void> {
    return this.writeRecords({ [name]: record })
  }

  clearRecord(name: RecordName): Promise<void> {
    return this.writeRecords({ [name]: null })
  }

  writeRecords(changes: RecordChanges): Promise<void> {
    const texts = new Map<RecordName, string | null>()
    for (const name of Object.keys(changes) as RecordName[])
      texts.set(name, changes[name] === null ? null : JSON.stringify(changes[name]))
    return this.inTurn(async () => {
      // Once for each version, which begins with its floor: the rest of its records follow soon after.
      if (texts.has('floor')) await this.records.lookForFile()
      await this.records.write(texts)
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
    await this.records.close()
    await this.auditLog.close()
    await this.unlock?.()
  }

  private inTurn<T>(act: () => Promise<T>): Promise<T> {
    if (this.isClosed) return Promise.reject(new ReloadError('store.closed', { path: this.directory }))
    const done = this.last.then(async () => {
      if (this.unlock === null) await this.open()
      try {
        return await act()
      } catch (error) {
        if (!hasCode(error, 'ENOENT') || !(await this.makeAgain())) throw error
        return await act()
      }
    })
    this.last = done.catch(() => {})
    return done
  }

  private async open(): Promise<void> {
    await this.files.makeDirectory(this.blobs)
    const unlock = await lockDirectory(this.directory, this.files, this.processes)
    try {
      await this.clearAside()
      this.held = new Map((await this.files.list(this.blobs)).map((it) => [join(this.blobs, it), false]))
      await this.records.open()
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

  /**
   * Makes the directory anew when somebody took it away, and announces us there. What was in it is gone, except
   * for the records, which are written again with the next change. False when it is there.
   */
  private async makeAgain(): Promise<boolean> {
    const names = await this.files.list(this.blobs).catch(nullWhenAbsent)
    if (names !== null) return false
    await this.files.makeDirectory(this.blobs)
    await this.unlock?.()
    this.unlock = null
    this.unlock = await lockDirectory(this.directory, this.files, this.processes)
    this.held.clear()
    await this.records.lookForFile()
    await this.files.syncDirectory(this.directory)
    await this.files.syncDirectory(dirname(this.directory)).catch(() => {})
    return true
  }

  /** What a crash left half written. */
  private async clearAside(): Promise<void> {
    for (const name of await this.files.list(this.directory)) {
      if (name.endsWith('.tmp')) await this.files.remove(join(this.directory, name))
    }
  }

  private async fill(path: string, bytes: Uint8Array): Promise<void> {
    try {
      await writeForced(this.files, path, bytes)
    } catch (error) {
      // What could not be written takes no room.
      await this.files.remove(path).catch(() => {})
      throw error
    }
  }

  private blobPath(digest: string): string {
    const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1]
    if (hex === undefined)
      throw new TypeError(`found digest "${digest}", expected "sha256:" and 64 hex digits`)
    return join(this.blobs, hex)
  }
}

function isSame(held: Uint8Array | null, bytes: Uint8Array): boolean {
  return held !== null && Buffer.compare(held, bytes) === 0
}
