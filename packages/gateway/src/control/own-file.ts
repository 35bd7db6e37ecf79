/**
 * The operator's own settings file: read whole, replaced whole.
 *
 * Invariant: whoever opens the file sees the old text or the new one, and a text that somebody wrote
 * meanwhile is never overwritten: the new text lies ready on disk, then the file is read once more, then
 * renamed over. Between these last two there are microseconds, and no system call that would close them.
 *
 * A file that holds an envelope is written by whoever seals it, and not here: what is sealed cannot be edited, and a text in
 * its place would be one that nobody has signed.
 *
 * A symbolic link stays one: what it points to is replaced. Mode is kept; owner is ours anyway, or the
 * folder would not let us.
 */
import { type BigIntStats, close, constants, fchmod, fstat, fsync, open, read, write } from 'node:fs'
import { readdir, readFile, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { isEnvelope, looks } from '@changeover/reload'
import { GatewayError } from '../errors.ts'
import { mediaTypeOf, type OwnSettings, type SettingsText } from './settings-source.ts'

export interface OwnFile extends OwnSettings {
  /** Whether a file that looks like this is the one that was put here last. */
  isWritten(found: BigIntStats): boolean
}

/** The one file at `path`, which people call `place`. */
export function ownFile(path: string, place: string, text: SettingsText): OwnFile {
  const mediaType = mediaTypeOf(path)
  /** What the file held when it had this stamp. It is read for certain before it is replaced. */
  let known: { readonly stamp: string; readonly bytes: Uint8Array } | null = null
  let written: string | null = null
  return {
    mediaType,
    isMany: false,
    takes: (it) => it === undefined || it === mediaType,
    async isWritable() {
      const bytes = await this.read()
      return (bytes === null || !isEnvelope(bytes)) && (await isWritable(path))
    },
    async read() {
      const found = await looks.at(path).catch(() => null)
      if (found !== null && known?.stamp === stampOf(found)) return known.bytes
      const bytes = await readOwnFile(path)
      known = found === null || bytes === null ? null : { stamp: stampOf(found), bytes }
      return bytes
    },
    isWritten: (found) => stampOf(found) === written,
    treeOf: (bytes) => text.read(bytes, path),
    edit: (bytes, changes) => text.edit(bytes, path, changes),
    write(tree, instead) {
      if (instead === null || !isEnvelope(instead)) return text.write(tree, path)
      const reason = 'it holds an envelope, which whoever sealed it has to put another in place of'
      throw new GatewayError('settings.not_editable', { file: place, reason })
    },
    async replace(expected, next) {
      const stamp = await replaceOwnFile(path, expected, next)
      known = { stamp, bytes: next }
      written = stamp
      return place
    },
    async keepAside(expected, _next, mark) {
      await keepAside(path, expected, mark)
      return `${place}.${mark}`
    },
  }
}

/** Those with a callback: a quarter cheaper than those that make a promise of their own. */
const calls = {
  open: promisify(open),
  write: promisify(write),
  read: promisify(read),
  fsync: promisify(fsync),
  fstat: promisify(fstat),
  fchmod: promisify(fchmod),
  close: promisify(close),
}

export class FileChangedError extends Error {
  override readonly name = 'FileChangedError'
}

/** `null` when there is no such file. */
export async function readOwnFile(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

/**
 * What differs between two files, or two states of one. Only who writes as many bytes in the same tick of the clock
 * leaves it as it was.
 */
function stampOf({ dev, ino, size, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}`
}

/**
 * Puts `next` in place of `expected`, and answers the stamp that the file has then. Throws `FileChangedError` when
 * the file holds something else by now.
 */
export async function replaceOwnFile(
  path: string,
  expected: Uint8Array | null,
  next: Uint8Array,
): Promise<string> {
  const { target, found } = await follow(path)
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.next`)
  try {
    await dropLeftDrafts(target)
    const stamp = await writeDurably(draft, next, found === null ? 0o644 : Number(found.mode) & 0o777)
    if (!(await holds(target, expected))) throw new FileChangedError(`"${path}" was changed meanwhile`)
    await rename(draft, target)
    await syncFolder(dirname(target))
    return stamp
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw error
  }
}

/** The file that a path leads to. */
async function follow(path: string): Promise<{ target: string; found: BigIntStats | null }> {
  const found = await looks.atName(path).catch(() => null)
  if (found?.isSymbolicLink() !== true) return { target: path, found }
  const target = await realpath(path).catch(() => path)
  return { target, found: await looks.at(target).catch(() => null) }
}

/** Once is enough: only a process that was there before this one can have left any. */
const cleared = new Set<string>()

/** A process that was killed while it wrote has left its draft. */
async function dropLeftDrafts(target: string): Promise<void> {
  if (cleared.has(target)) return
  const names = await readdir(dirname(target)).catch((): string[] => [])
  for (const name of names) {
    const [, of, pid] = /^\.(.+)\.(\d+)\.next$/.exec(name) ?? []
    if (of === basename(target) && !isRunning(Number(pid)))
      await rm(join(dirname(target), name), { force: true })
  }
  cleared.add(target)
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Keeps a copy beside the file and answers its path. */
export async function keepAside(path: string, bytes: Uint8Array, mark: string): Promise<string> {
  const aside = `${path}.${mark}`
  await writeDurably(aside, bytes, 0o600)
  return aside
}

/** Whether a change could be written back: the folder must let us put a file there. */
export async function isWritable(path: string): Promise<boolean> {
  const { target } = await follow(path)
  return await looks.mayFill(dirname(target))
}

/** Linux forces what is written to such a file to the disk with the write itself, which saves a call. */
const FORCES_ITSELF = process.platform === 'linux'
const DRAFT =
  constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | (FORCES_ITSELF ? constants.O_DSYNC : 0)

/** Answers the stamp of what is written. */
async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<string> {
  const file = await calls.open(path, DRAFT, mode)
  try {
    for (let at = 0; at < bytes.length; )
      at += (await calls.write(file, bytes, at, bytes.length - at, null)).bytesWritten
    if (!FORCES_ITSELF) await calls.fsync(file)
    const found = (await looks.at(path)) ?? (await calls.fstat(file, { bigint: true }))
    // The mode of `open` is cut by the umask.
    if ((Number(found.mode) & 0o777) !== mode) await calls.fchmod(file, mode)
    return stampOf(found)
  } finally {
    await calls.close(file)
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await openToRead(path)
  try {
    await calls.fsync(folder.file)
  } finally {
    await folder.close()
  }
}

/** On the spot, where nobody can have to wait for that. */
async function openToRead(path: string): Promise<{ file: number; close(): Promise<void> | void }> {
  const near = await looks.open(path)
  if (near !== null) return near
  const file = await calls.open(path, constants.O_RDONLY)
  return { file, close: () => calls.close(file) }
}

/** Whether the file holds just these bytes; `null`: there is none. Read with as few calls as that takes. */
async function holds(path: string, expected: Uint8Array | null): Promise<boolean> {
  const opened = await openToRead(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (opened === null || expected === null) {
    await opened?.close()
    return opened === null && expected === null
  }
  try {
    // One more is asked for, so that a longer file is seen to be longer: a regular file gives less only at its end.
    const found = Buffer.allocUnsafeSlow(expected.length + 1)
    let size = 0
    for (let more = 1; more > 0 && size < expected.length; size += more)
      more = (await calls.read(opened.file, found, size, found.length - size, null)).bytesRead
    return Buffer.compare(found.subarray(0, size), expected) === 0
  } finally {
    await opened.close()
  }
}
