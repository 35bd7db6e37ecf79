/**
 * The audit log on disk: JSON lines, each forced to the disk before its promise resolves.
 *
 * Invariant: the current file ends at a line end that was acknowledged; see `append-file.ts`. The chain of hashes is
 * the engine's and goes on from file to file; a gap shows in it, which is why a damaged line in the middle is left
 * out rather than made an obstacle to starting.
 */
import { join } from 'node:path'
import type { AuditLine } from '../contract/store.ts'
import { AppendFile, endOfWholeLines } from './append-file.ts'
import type { FileSystem } from './file-system.ts'

export interface AuditLogOptions {
  readonly directory: string
  readonly files: FileSystem
  /** A file that has grown to this is put aside as `audit.000001.jsonl` and so on. */
  readonly fileBytes: number
  /** Files put aside that are kept; the oldest go. */
  readonly keptFiles: number
}

export class AuditLog {
  private readonly options: AuditLogOptions
  private readonly path: string
  private readonly file: AppendFile

  constructor(options: AuditLogOptions) {
    this.options = options
    this.path = join(options.directory, 'audit.jsonl')
    this.file = new AppendFile(this.path, options.files)
  }

  /** Finds the end of what was acknowledged. */
  async open(): Promise<void> {
    await this.file.open((bytes) => endOfWholeLines(bytes, (line) => parseLine(line) !== null))
  }

  /**
   * Where the file was taken away, the log begins anew, and the gap shows. Not looked for when an attempt is superseded:
   * that comes with the one that takes its place, whose first line was just written.
   */
  async append(line: AuditLine): Promise<void> {
    const isThere = line.event === 'config.reload.superseded' ? this.file.isKept : await this.file.isThere()
    if (isThere && this.file.sizeBytes >= this.options.fileBytes) await this.putAside()
    await this.file.append(Buffer.from(`${JSON.stringify(line)}\n`))
  }

  close(): Promise<void> {
    return this.file.close()
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
    return bytes.toString('utf8', 0, name === 'audit.jsonl' ? this.file.sizeBytes : bytes.length)
  }

  private async putAside(): Promise<void> {
    const { directory, files, keptFiles } = this.options
    const names = await this.asideNames()
    const next = Number(names.at(-1)?.split('.')[1] ?? 0) + 1
    await files.rename(this.path, join(directory, `audit.${String(next).padStart(6, '0')}.jsonl`))
    await this.file.turnTo(0)
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

function parseLine(text: string): AuditLine | null {
  try {
    const line = JSON.parse(text) as AuditLine | null
    return typeof line === 'object' ? line : null
  } catch {
    return null
  }
}
