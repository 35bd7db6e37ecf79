/**
 * The few calls of a file system that the file store is built from.
 *
 * They are an interface so that testkit's `FaultyDisk` can stand in: full, failing, read-only, or losing power
 * between any two of them. `add` and `sync` promise an open file's bytes after a crash, `syncDirectory` the names in
 * a directory.
 *
 * A call that goes to another thread and comes back costs several times what the system itself does in it. So what only
 * looks is asked on the spot, where nobody can have to wait for the answer (`looks.ts`); where the system can write and
 * force in one call, it is one; and the calls of a reload are those with a callback, which are a quarter cheaper than
 * those that make their own promise.
 */
import { type BigIntStats, close, constants, fstat, fsync, open, read, write } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, truncate } from 'node:fs/promises'
import { type Looks, type NearFile, looks as sharedLooks } from '../looks.ts'

export interface FileSystem {
  /** Makes the directory and those above it, for its owner only. One that is there stays as it is. */
  makeDirectory(path: string): Promise<void>
  list(path: string): Promise<readonly string[]>
  /** `null` when there is no such file. */
  read(path: string): Promise<Uint8Array | null>
  /** What differs between two states of a file, for as little as it takes to ask; `null` when there is no such file. */
  stampOf(path: string): Promise<string | null>
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
  /** Writes at its end and forces that to the disk. */
  add(bytes: Uint8Array): Promise<void>
  /** Forces to the disk what was in it when it was opened. */
  sync(): Promise<void>
  /** Whether the name that it was opened by still leads to it. */
  isNamed(): Promise<boolean>
  close(): Promise<void>
}

export function fileSystemOf(looks: Looks): FileSystem {
  return {
    async makeDirectory(path) {
      await mkdir(path, { recursive: true, mode: 0o700 })
    },
    list: (path) => readdir(path),
    read: (path) => readWhole(looks, path).catch(nullWhenAbsent),
    async stampOf(path) {
      const found = await looks.at(path)
      if (found === null) return null
      return `${identityOf(found)}:${found.size}:${found.mtimeNs}:${found.ctimeNs}`
    },
    open: (path, mode) => openToWrite(looks, path, mode),
    rename,
    remove: (path) => rm(path, { force: true }),
    truncate,
    syncDirectory: (path) => syncDirectory(looks, path),
  }
}

export const nodeFileSystem: FileSystem = fileSystemOf(sharedLooks)

/**
 * Linux forces each write of a file that is opened so. What macOS takes that flag for is less than what its `fsync`
 * is asked for here, and Windows has none.
 */
const FORCES_ITSELF = process.platform === 'linux'
const FORCED = constants.O_WRONLY | constants.O_CREAT | (FORCES_ITSELF ? constants.O_DSYNC : 0)
const FLAGS = { empty: FORCED | constants.O_TRUNC, append: FORCED | constants.O_APPEND }

/** No file has this number, so whatever is asked of one that was closed is refused. */
const CLOSED = -1

/** What a call with a callback comes to. */
function called<T = void>(call: (done: (error: Error | null, it?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, it) => (error ? reject(error) : resolve(it as T)))
  })
}

async function openToWrite(looks: Looks, path: string, mode: keyof typeof FLAGS): Promise<OpenFile> {
  let file = await called<number>((done) => open(path, FLAGS[mode], 0o600, done))
  const sync = (): Promise<void> => called((done) => fsync(file, done))
  let own: string | null = null
  return {
    async add(bytes) {
      // A system may take less than it is given.
      for (let at = 0; at < bytes.length; ) {
        const left = bytes.length - at
        at += await called<number>((done) => write(file, bytes, at, left, null, done))
      }
      if (!FORCES_ITSELF) await sync()
    },
    sync,
    async isNamed() {
      own ??= identityOf(await called<BigIntStats>((done) => fstat(file, { bigint: true }, done)))
      const named = await looks.at(path)
      return named !== null && identityOf(named) === own
    },
    async close() {
      // The number is somebody else's file as soon as it is free.
      const number = file
      file = CLOSED
      if (number !== CLOSED) await called((done) => close(number, done))
    },
  }
}

async function syncDirectory(looks: Looks, path: string): Promise<void> {
  // Windows opens no directories and orders its own metadata writes.
  if (process.platform === 'win32') return
  const near = await looks.open(path)
  if (near !== null) return await using(near, () => called((done) => fsync(near.file, done)))
  const directory = await called<number>((done) => open(path, 'r', done))
  try {
    await called((done) => fsync(directory, done))
  } finally {
    await called((done) => close(directory, done))
  }
}

async function readWhole(looks: Looks, path: string): Promise<Uint8Array> {
  const near = await looks.open(path)
  if (near === null) return await readFile(path)
  return await using(near, async () => {
    const bytes = Buffer.allocUnsafeSlow(near.sizeBytes)
    let size = 0
    for (let more = 1; more > 0 && size < bytes.length; size += more)
      more = await called<number>((done) => read(near.file, bytes, size, bytes.length - size, null, done))
    return bytes.subarray(0, size)
  })
}

async function using<T>(near: NearFile, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } finally {
    near.close()
  }
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
