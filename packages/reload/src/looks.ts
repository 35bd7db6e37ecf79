/**
 * Looks at files: what has a name, who may write there, whether it is still the same.
 *
 * The kernel answers that from its memory in a microsecond. By way of another thread it costs a hundred, most of them
 * the main thread's. But a file system on a network, or one that a program serves, may not answer for minutes, and the
 * main thread must never wait for it. So a question is asked on the spot only where the file and every directory
 * above it are on a file system of this machine, with no link on the way; elsewhere, and until that is known, by way
 * of a thread.
 *
 * Invariant: nothing on the spot changes a disk or reads what a file holds. Both may have to wait for a disk.
 *
 * See docs/decisions/2026-11-22-looks-on-the-spot.md.
 */
import {
  accessSync,
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  statSync,
} from 'node:fs'
import { access, lstat, stat, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/**
 * What Linux calls, by these numbers, ext2 to ext4, XFS, Btrfs, F2FS, bcachefs, ZFS, tmpfs, ramfs, and the layers that
 * containers run on, which hold the program itself.
 */
const OF_THIS_MACHINE: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0xca451a4e, 0x2fc12fc1, 0x01021994, 0x858458f6, 0x794c7630,
])

/** What was found out about a path. */
interface Known {
  readonly isNear: boolean
  /** The device that it is on. Another one later: something was mounted there, or a link was put in the way. */
  readonly dev: bigint
}

/** Looked at once: it may be the only time, and finding out costs some calls. */
const ONCE = Symbol('once')

/** An error would be costly to make; why nothing was found is asked once more, by way of a thread. */
const QUIETLY = { bigint: true, throwIfNoEntry: false } as const

/** Far more than anybody looks at again and again. */
const MOST_KNOWN = 1_000

export class Looks {
  private readonly kindOf: (path: string) => Promise<number>
  private readonly known = new Map<string, Known | typeof ONCE>()

  /** `kindOf` says which kind of file system a path is on, in Linux's numbers. */
  constructor(kindOf: (path: string) => Promise<number> = kindOfFileSystem) {
    this.kindOf = kindOf
  }

  /** What a path leads to; `null` when it leads to nothing. */
  async at(path: string): Promise<BigIntStats | null> {
    const found = (await this.isNear(path)) ? statSync(path, QUIETLY) : undefined
    if (found !== undefined) return this.checked(path, found)
    return await stat(path, { bigint: true }).catch(nullWhenAbsent)
  }

  /** What has this name, which may be a link; `null` when nothing has. */
  async atName(path: string): Promise<BigIntStats | null> {
    const found = (await this.isNear(path)) ? lstatSync(path, QUIETLY) : undefined
    if (found !== undefined) return this.checked(path, found)
    return await lstat(path, { bigint: true }).catch(nullWhenAbsent)
  }

  /** Whether we may put files into a directory. */
  async mayFill(directory: string): Promise<boolean> {
    const wanted = constants.W_OK | constants.X_OK
    try {
      if (await this.isNear(directory)) accessSync(directory, wanted)
      else await access(directory, wanted)
      return true
    } catch {
      return false
    }
  }

  /** Opens, to read it or to force it to the disk, what is near; `null` for what is not. Throws when there is nothing. */
  async open(path: string): Promise<NearFile | null> {
    if (!(await this.isNear(path))) return null
    const file = openNow(path)
    if (file === null) return null
    const found = fstatSync(file, { bigint: true })
    this.checked(path, found)
    return { file, sizeBytes: Number(found.size), close: () => closeSync(file) }
  }

  /** Whether looking at it cannot keep anybody waiting. False until that is known, from the second look on. */
  async isNear(path: string): Promise<boolean> {
    const known = this.known.get(path)
    if (known === undefined) {
      if (this.known.size >= MOST_KNOWN) this.known.clear()
      this.known.set(path, ONCE)
      return false
    }
    return known === ONCE ? (await this.learn(path)).isNear : known.isNear
  }

  private async learn(path: string): Promise<Known> {
    const known = await this.findOut(resolve(path)).catch((): Known => ({ isNear: false, dev: -1n }))
    this.known.set(path, known)
    return known
  }

  private async findOut(path: string): Promise<Known> {
    const above = dirname(path) === path ? null : await this.directory(dirname(path))
    const found = await lstat(path, { bigint: true }).catch(nullWhenAbsent)
    // What is to come into a directory will be where that is.
    if (found === null) return above ?? { isNear: false, dev: -1n }
    const isOn = found.isSymbolicLink() ? false : OF_THIS_MACHINE.has(await this.kindOf(path))
    return { isNear: isOn && (above?.isNear ?? true), dev: found.dev }
  }

  private async directory(path: string): Promise<Known> {
    const known = this.known.get(path)
    return known === undefined || known === ONCE ? await this.learn(path) : known
  }

  /** What was found out is forgotten when it is no longer so: then all of it, for what is below has moved too. */
  private checked(path: string, found: BigIntStats): BigIntStats {
    const known = this.known.get(path)
    if (known !== undefined && known !== ONCE && found.dev !== known.dev) this.known.clear()
    return found
  }
}

export interface NearFile {
  readonly file: number
  readonly sizeBytes: number
  close(): void
}

/** Waits for nobody: not for whoever writes into a pipe, nor, which is `null`, for whoever has a lease on the file. */
function openNow(path: string): number | null {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    if (hasCode(error, 'EAGAIN')) return null
    throw error
  }
}

/** One memory for the process: what is near is so for everybody. */
export const looks = new Looks()

async function kindOfFileSystem(path: string): Promise<number> {
  // Elsewhere the numbers mean something else.
  if (process.platform !== 'linux') return 0
  return (await statfs(path)).type >>> 0
}

function nullWhenAbsent(error: unknown): null {
  if (hasCode(error, 'ENOENT')) return null
  throw error
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === code
}
