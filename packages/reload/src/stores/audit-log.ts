/**
 * The audit log on disk: JSON lines, each forced to the disk before its promise resolves.
 *
 * Invariant: the current file ends at a line end that was acknowledged. A crash in the middle of a line, or an
 * append that failed half way, leaves a tail that was promised to nobody; it is cut off at opening, or before the
 * next append. The chain of hashes is the engine's and goes on from file to file; a gap shows in it, which
 * is why a damaged line in the middle is left out rather than made an obstacle to starting.
 */
import { join } from 'node:path'
import type { AuditLine } from '../contract/store.ts'
import type { FileSystem } from './file-system.ts'

export interface AuditLogOptions {
  readonly directory: string
  readonly files: FileSystem
  /** A file that has grown to this is put aside as `audit.000001.jsonl` and so on. */
  readonly fileBytes: number
  /** Files put aside that are kept; the oldest go. */
  readonly keptFiles: number
}

const LINE_END = 0x0a

export class AuditLog {
  private readonly options: AuditLogOptions
  private readonly current: string
  /** Acknowledged bytes of the current file. */
  private sizeBytes = 0
  private hasTail = false
  private hasFile = false

  constructor(options: AuditLogOptions) {
    this.options = options
    this.current = join(options.directory, 'audit.jsonl')
  }

  /** Finds the end of what was acknowledged. */
  async open(): Promise<void> {
    const bytes = await this.options.files.read(this.current)
    this.hasFile = bytes !== null
    this.sizeBytes = acknowledgedBytes(bytes ?? new Uint8Array())
    this.hasTail = bytes !== null && this.sizeBytes < bytes.length
    await this.cutTail()
  }

  async append(line: AuditLine): Promise<void> {
    await this.noticeRemoval()
    await this.cutTail()
    if (this.sizeBytes >= this.options.fileBytes) await this.putAside()
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
    this.hasTail = true
    const file = await this.options.files.open(this.current, 'append')
    try {
      await file.write(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    if (!this.hasFile) await this.options.files.syncDirectory(this.options.directory)
    this.hasFile = true
    this.hasTail = false
    this.sizeBytes += bytes.length
  }

  /** The newest `limit` lines, newest last. */
  async read(limit: number): Promise<AuditLine[]> {
    const names = [...(await this.asideNames()), 'audit.jsonl']
    const newestFirst: AuditLine[] = []
    for (let name = names.pop(); name !== undefined && newestFirst.length < limit; name = names.pop()) {
      const lines = (await this.textOf(name)).split('\n')
      for (let i = lines.length - 1; i >= 0 && newestFirst.length < limit; i -= 1) {
        const line = parseLine(lines[i] ?? '')
        if (line !== null) newestFirst.push(line)
      }
    }
    return newestFirst.toReversed()
  }

  private async textOf(name: string): Promise<string> {
    const bytes = Buffer.from((await this.options.files.read(join(this.options.directory, name))) ?? [])
    return bytes.toString('utf8', 0, name === 'audit.jsonl' ? this.sizeBytes : bytes.length)
  }

  /** Somebody may have taken the file away, or the whole directory: then the log begins anew, and the gap shows. */
  private async noticeRemoval(): Promise<void> {
    if (!this.hasFile) return
    const names = await this.options.files.list(this.options.directory)
    if (names.includes('audit.jsonl')) return
    this.hasFile = false
    this.hasTail = false
    this.sizeBytes = 0
  }

  private async cutTail(): Promise<void> {
    if (!this.hasTail) return
    if (this.hasFile) await this.options.files.truncate(this.current, this.sizeBytes)
    else await this.options.files.remove(this.current)
    this.hasTail = false
  }

  private async putAside(): Promise<void> {
    const { directory, files, keptFiles } = this.options
    const names = await this.asideNames()
    const next = Number(names.at(-1)?.split('.')[1] ?? 0) + 1
    await files.rename(this.current, join(directory, `audit.${String(next).padStart(6, '0')}.jsonl`))
    this.hasFile = false
    this.sizeBytes = 0
    const surplus = names.slice(0, Math.max(0, names.length + 1 - keptFiles))
    for (const name of surplus) await files.remove(join(directory, name))
  }

  private async asideNames(): Promise<string[]> {
    const names = await this.options.files.list(this.options.directory)
    return names
      .filter((it) => /^audit\.\d{6,}\.jsonl$/.test(it))
      .sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
  }
}

/** A torn last line has no end, or, where the disk wrote its blocks out of order, does not read as a line. */
function acknowledgedBytes(bytes: Uint8Array): number {
  const endOfLast = bytes.lastIndexOf(LINE_END)
  if (endOfLast === -1) return 0
  const startOfLast = endOfLast === 0 ? 0 : bytes.lastIndexOf(LINE_END, endOfLast - 1) + 1
  const isWhole = parseLine(Buffer.from(bytes.subarray(startOfLast, endOfLast)).toString()) !== null
  return isWhole ? endOfLast + 1 : startOfLast
}

function parseLine(text: string): AuditLine | null {
  try {
    const line = JSON.parse(text) as AuditLine | null
    return typeof line === 'object' ? line : null
  } catch {
    return null
  }
}
