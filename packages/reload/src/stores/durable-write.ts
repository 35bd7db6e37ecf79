/**
 * Puts bytes under a name so that, after a crash at any instant, either the old bytes or the new are there, whole:
 * written aside, forced to the disk, renamed into place, and the renaming forced to the disk too.
 */
import { dirname } from 'node:path'
import type { FileSystem } from './file-system.ts'

export async function writeDurably(files: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const aside = `${path}.tmp`
  try {
    await writeForced(files, aside, bytes)
    await files.rename(aside, path)
  } catch (error) {
    // What could not be written takes no room; if even this fails, the next opening of the store clears it.
    await files.remove(aside).catch(() => {})
    throw error
  }
  await files.syncDirectory(dirname(path))
}

/** Fills a file, made now or emptied, and forces it to the disk. Its name is the caller's care. */
export async function writeForced(files: FileSystem, path: string, bytes: Uint8Array): Promise<void> {
  const file = await files.open(path, 'empty')
  try {
    await file.add(bytes)
  } finally {
    await file.close()
  }
}

/** Forces a file that is there to the disk, as it is. */
export async function force(files: FileSystem, path: string): Promise<void> {
  const file = await files.open(path, 'append')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}
