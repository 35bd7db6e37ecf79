/**
 * The few calls of a file system that the file store is built from.
 *
 * They are an interface so that testkit's `FaultyDisk` can stand in: full, failing, read-only, or losing power
 * between any two of them. `write` alone promises nothing after a crash; `sync` does, for an open file's bytes,
 * and `syncDirectory` for the names in a directory.
 */
import type { BigIntStats } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm, stat, truncate } from 'node:fs/promises'

export interface FileSystem {
  /** Makes the directory and those above it, for its owner only. One that is there stays as it is. */
  makeDirectory(path: string): Promise<void>
  list(path: string): Promise<readonly string[]>
  /** `null` when there is no such file. */
  read(path: string): Promise<Uint8Array | null>
  /** Opens an empty file, or one to be written at its end; made for its owner only. */
  open(path: string, mode: 'empty' | 'append'): Promise<OpenFile>
  /** Puts `from` in the place of `to`, at once for every reader. */
  rename(from: string, to: string): Promise<void>
  /** A file that is not there is removed already. */
  remove(path: string): Promise<void>
  truncate(path: string, sizeBytes: number): Promise<void>
  syncDirectory(path: string): Promise<void>
}

export interface OpenFile {
  write(bytes: Uint8Array): Promise<void>
  sync(): Promise<void>
  /** Whether the name that it was opened by still leads to it. */
  isNamed(): Promise<boolean>
  close(): Promise<void>
}

export const nodeFileSystem: FileSystem = {
  async makeDirectory(path) {
    await mkdir(path, { recursive: true, mode: 0o700 })
  },
  list: (path) => readdir(path),
  read: (path) => readFile(path).catch(nullWhenAbsent),
  async open(path, mode) {
    const file = await open(path, mode === 'empty' ? 'w' : 'a', 0o600)
    let own: string | null = null
    return {
      write: (bytes) => file.writeFile(bytes),
      sync: () => file.sync(),
      async isNamed() {
        own ??= identityOf(await file.stat({ bigint: true }))
        const named = await stat(path, { bigint: true }).catch(nullWhenAbsent)
        return named !== null && identityOf(named) === own
      },
      close: () => file.close(),
    }
  },
  rename,
  remove: (path) => rm(path, { force: true }),
  truncate,
  async syncDirectory(path) {
    // Windows opens no directories and orders its own metadata writes.
    if (process.platform === 'win32') return
    const directory = await open(path, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  },
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`
}

export function nullWhenAbsent(error: unknown): null {
  if (hasCode(error, 'ENOENT')) return null
  throw error
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}
