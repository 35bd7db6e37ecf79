/**
 * A file that only grows, each addition forced to the disk before its promise resolves. It is held open: opening it
 * anew costs more than writing to it.
 *
 * Invariant: the file ends where the last acknowledged addition ends. One that failed half way, or was cut off by a
 * crash, leaves a tail that was promised to nobody; it is cut off at opening, or before the next addition.
 *
 * Somebody may take the file away, or its whole directory, and what is written into a file without a name is lost. So
 * whoever adds looks for it first (`isThere`), as often as that is worth a call of the file system.
 */
import { dirname } from 'node:path'
import type { FileSystem, OpenFile } from './file-system.ts'

export const LINE_END = 0x0a

export class AppendFile {
  /** Acknowledged bytes. */
  sizeBytes = 0
  private readonly path: string
  private readonly files: FileSystem
  private file: OpenFile | null = null
  /** Something was acknowledged, so its name is on the disk too. */
  isKept = false
  private hasTail = false

  constructor(path: string, files: FileSystem) {
    this.path = path
    this.files = files
  }

  /** Reads what is there. `endOf` says where what was acknowledged ends; the rest is cut off. */
  async open(endOf: (bytes: Uint8Array) => number): Promise<Uint8Array> {
    const bytes = await this.files.read(this.path)
    if (bytes === null) return new Uint8Array()
    this.sizeBytes = endOf(bytes)
    this.isKept = true
    this.hasTail = this.sizeBytes < bytes.length
    await this.cutTail()
    this.file = await this.files.open(this.path, 'append')
    // What an earlier process had written and not yet forced to the disk is visible, and believed from here on.
    await this.file.sync()
    return bytes.subarray(0, this.sizeBytes)
  }

  /** Whether there is something to add to. Where it was taken away, the file begins anew. */
  async isThere(): Promise<boolean> {
    if (this.file !== null && !(await this.file.isNamed())) await this.letGo()
    return this.isKept
  }

  async append(bytes: Uint8Array): Promise<void> {
    await this.cutTail()
    this.hasTail = true
    this.file ??= await this.files.open(this.path, 'append')
    await this.file.add(bytes)
    if (!this.isKept) await this.files.syncDirectory(dirname(this.path))
    this.isKept = true
    this.hasTail = false
    this.sizeBytes += bytes.length
  }

  /** Goes on with whatever has the name now, which is `sizeBytes` long: nothing, or what was put in its place. */
  async turnTo(sizeBytes: number): Promise<void> {
    await this.letGo()
    if (sizeBytes === 0) return
    this.sizeBytes = sizeBytes
    this.isKept = true
    this.file = await this.files.open(this.path, 'append')
  }

  async close(): Promise<void> {
    await this.file?.close().catch(() => {})
    this.file = null
  }

  private async letGo(): Promise<void> {
    await this.close()
    this.isKept = false
    this.hasTail = false
    this.sizeBytes = 0
  }

  private async cutTail(): Promise<void> {
    if (!this.hasTail) return
    if (this.isKept) await this.files.truncate(this.path, this.sizeBytes)
    else await this.files.remove(this.path)
    // Under a name that was removed, the file that is open is another.
    if (!this.isKept) await this.close()
    this.hasTail = false
  }
}

/** A torn last line has no end, or, where the disk wrote its blocks out of order, is not whole. */
export function endOfWholeLines(bytes: Uint8Array, isWhole: (line: string) => boolean): number {
  const endOfLast = bytes.lastIndexOf(LINE_END)
  if (endOfLast === -1) return 0
  const startOfLast = endOfLast === 0 ? 0 : bytes.lastIndexOf(LINE_END, endOfLast - 1) + 1
  return isWhole(Buffer.from(bytes.subarray(startOfLast, endOfLast)).toString()) ? endOfLast + 1 : startOfLast
}
