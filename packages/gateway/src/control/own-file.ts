/**
 * The operator's own settings file: read whole, replaced whole.
 *
 * Invariant: whoever opens the file sees the old text or the new one, and a text that somebody wrote
 * meanwhile is never overwritten: the new text lies ready on disk, then the file is read once more, then
 * renamed over. Between these last two there are microseconds, and no system call that would close them.
 *
 * A symbolic link stays one: what it points to is replaced. Mode is kept; owner is ours anyway, or the
 * folder would not let us.
 */
import { constants } from 'node:fs'
import { access, chmod, open, readdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { mediaTypeOf, type OwnSettings, type SettingsText } from './settings-source.ts'

/** The one file at `path`, which people call `place`. */
export function ownFile(path: string, place: string, text: SettingsText): OwnSettings {
  const mediaType = mediaTypeOf(path)
  return {
    mediaType,
    isMany: false,
    takes: (it) => it === undefined || it === mediaType,
    isWritable: () => isWritable(path),
    read: () => readOwnFile(path),
    treeOf: (bytes) => text.read(bytes, path),
    edit: (bytes, changes) => text.edit(bytes, path, changes),
    write: (tree) => text.write(tree, path),
    async replace(expected, next) {
      await replaceOwnFile(path, expected, next)
      return place
    },
    async keepAside(expected, _next, mark) {
      await keepAside(path, expected, mark)
      return `${place}.${mark}`
    },
  }
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

/** Puts `next` in place of `expected`. Throws `FileChangedError` when the file holds something else by now. */
export async function replaceOwnFile(
  path: string,
  expected: Uint8Array | null,
  next: Uint8Array,
): Promise<void> {
  const target = await realpath(path).catch(() => path)
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.next`)
  try {
    const mode = await stat(target).then(
      (it) => it.mode & 0o777,
      () => 0o644,
    )
    await dropLeftDrafts(target)
    await writeDurably(draft, next, mode)
    if (!isSameText(await readOwnFile(target), expected))
      throw new FileChangedError(`"${path}" was changed meanwhile`)
    await rename(draft, target)
    await syncFolder(dirname(target))
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw error
  }
}

/** A process that was killed while it wrote has left its draft. */
async function dropLeftDrafts(target: string): Promise<void> {
  const names = await readdir(dirname(target)).catch((): string[] => [])
  for (const name of names) {
    const [, of, pid] = /^\.(.+)\.(\d+)\.next$/.exec(name) ?? []
    if (of === basename(target) && !isRunning(Number(pid)))
      await rm(join(dirname(target), name), { force: true })
  }
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
  const target = await realpath(path).catch(() => path)
  return access(dirname(target), constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  )
}

async function writeDurably(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  const file = await open(path, 'w', mode)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  // The mode of `open` is cut by the umask.
  await chmod(path, mode)
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function isSameText(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b
  return Buffer.compare(a, b) === 0
}
