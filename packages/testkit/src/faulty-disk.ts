/**
 * A disk in memory that can be full, failing, read-only, or lose its power between any two calls, or in the
 * middle of one.
 *
 * It remembers, apart, what a process sees and what would be there after a power cut: the bytes of a file are
 * safe after `sync`, names in a directory after `syncDirectory`. How much of the rest survives is the test's
 * choice: `nothing`, `everything`, or, by a seed, some of each, torn anywhere, as real disks do.
 * A process whose disk lost power is dead: its calls never return. Directories themselves are safe at once.
 */
import { basename, dirname } from 'node:path'
import type { FileSystem, OpenFile } from '@changeover/reload'

export type Survival = 'nothing' | 'everything' | { readonly seed: number }

export interface DiskCall {
  /** Counts the calls that change something, from 1. */
  readonly number: number
  readonly name: 'write' | 'sync' | 'open' | 'rename' | 'remove' | 'truncate' | 'syncDirectory'
  readonly path: string
}

interface Inode {
  seen: Buffer
  safe: Buffer
}

type Naming = readonly { readonly name: string; readonly inode: Inode | null }[]

interface Directory {
  seen: Map<string, Inode>
  safe: Map<string, Inode>
  /** What `seen` has and `safe` has not yet, oldest first. A rename is one change of two names. */
  pending: Naming[]
}

export class FaultyDisk {
  /** Asked at each call that changes something: an error code, such as `ENOSPC`, makes it fail. */
  fault: ((call: DiskCall) => string | null) | null = null
  private readonly directories = new Map<string, Directory>()
  private calls = 0
  private life = 0
  private cut: { readonly call: number; readonly moment: 'before' | 'midway' | 'after' } | null = null
  private died: () => void = () => {}

  /** Calls that changed something so far. */
  get changes(): number {
    return this.calls
  }

  /** The power goes at that call (1 is the next). Resolves when it has gone. */
  cutPowerAt(call: number, moment: 'before' | 'midway' | 'after'): Promise<void> {
    this.cut = { call: this.calls + call, moment }
    return new Promise((resolve) => {
      this.died = resolve
    })
  }

  /** Switches the power off, if it is still on, and on again. */
  restart(survival: Survival): void {
    this.life += 1
    this.cut = null
    const random = typeof survival === 'object' ? randomOf(survival.seed) : null
    const share = () => random?.() ?? (survival === 'everything' ? 1 : 0)
    const inodes = new Set<Inode>()
    for (const directory of this.directories.values()) {
      const survivors = Math.round(directory.pending.length * share())
      for (const change of directory.pending.slice(0, survivors)) put(directory.safe, change)
      directory.pending = []
      directory.seen = new Map(directory.safe)
      for (const inode of directory.safe.values()) inodes.add(inode)
    }
    for (const inode of inodes) {
      inode.safe = survivorOf(inode, share())
      inode.seen = inode.safe
    }
  }

  /** The file system as one process sees it, until the power goes. */
  mount(): FileSystem {
    const life = this.life
    const change = <T>(name: DiskCall['name'], path: string, act: (share: number) => T) =>
      this.change(life, { name, path }, act)
    const read = <T>(act: () => T): Promise<T> => (life === this.life ? settle(act) : never())
    return {
      makeDirectory: (path) => read(() => this.makeDirectory(path)),
      list: (path) => read(() => [...this.at(path).seen.keys()]),
      read: (path) => read(() => this.find(path)?.seen ?? null),
      stampOf: (path) => read(() => stampOf(this.find(path))),
      open: (path, mode) => change('open', path, () => this.open(path, mode, change)),
      rename: (from, to) => change('rename', to, () => this.rename(from, to)),
      remove: (path) => change('remove', path, () => this.name(path, null)),
      truncate: (path, sizeBytes) =>
        change('truncate', path, () => {
          const inode = this.demand(path)
          inode.seen = inode.seen.subarray(0, sizeBytes)
        }),
      syncDirectory: (path) =>
        change('syncDirectory', path, () => {
          const directory = this.at(path)
          directory.safe = new Map(directory.seen)
          directory.pending = []
        }),
    }
  }

  private async change<T>(
    life: number,
    call: Omit<DiskCall, 'number'>,
    act: (share: number) => T,
  ): Promise<T> {
    await Promise.resolve()
    if (life !== this.life) return await never()
    this.calls += 1
    const isLast = this.cut?.call === this.calls
    if (isLast && this.cut?.moment === 'before') return await this.die()
    if (isLast && this.cut?.moment === 'midway') {
      if (call.name === 'write') act(0.5)
      return await this.die()
    }
    const code = this.fault?.({ ...call, number: this.calls }) ?? null
    if (code !== null) {
      if (call.name === 'write') act(0.5)
      throw diskError(code, call)
    }
    const result = act(1)
    return isLast ? await this.die() : result
  }

  private die(): Promise<never> {
    this.life += 1
    this.died()
    return never()
  }

  private makeDirectory(path: string): void {
    if (!this.directories.has(path))
      this.directories.set(path, { seen: new Map(), safe: new Map(), pending: [] })
    if (dirname(path) !== path) this.makeDirectory(dirname(path))
  }

  private at(path: string): Directory {
    const directory = this.directories.get(path)
    if (directory === undefined) throw diskError('ENOENT', { name: 'open', path })
    return directory
  }

  private find(path: string): Inode | undefined {
    return this.directories.get(dirname(path))?.seen.get(basename(path))
  }

  private demand(path: string): Inode {
    const inode = this.find(path)
    if (inode === undefined) throw diskError('ENOENT', { name: 'open', path })
    return inode
  }

  private name(path: string, inode: Inode | null, more: Naming = []): void {
    const directory = this.at(dirname(path))
    const change = [{ name: basename(path), inode }, ...more]
    put(directory.seen, change)
    directory.pending.push(change)
  }

  private rename(from: string, to: string): void {
    if (dirname(from) !== dirname(to)) throw diskError('EXDEV', { name: 'rename', path: to })
    this.name(to, this.demand(from), [{ name: basename(from), inode: null }])
  }

  private open(
    path: string,
    mode: 'empty' | 'append',
    change: <T>(name: DiskCall['name'], path: string, act: (share: number) => T) => Promise<T>,
  ): OpenFile {
    const inode = this.find(path) ?? { seen: Buffer.alloc(0), safe: Buffer.alloc(0) }
    if (this.find(path) === undefined) this.name(path, inode)
    if (mode === 'empty') inode.seen = Buffer.alloc(0)
    const write = (bytes: Uint8Array): Promise<void> =>
      change('write', path, (share) => {
        const written = bytes.subarray(0, Math.floor(bytes.length * share))
        inode.seen = Buffer.concat([inode.seen, written])
      })
    const sync = (): Promise<void> =>
      change('sync', path, () => {
        inode.safe = inode.seen
      })
    return {
      // Two calls here: the power may go between them, as it may go within the one of a system.
      async add(bytes) {
        await write(bytes)
        await sync()
      },
      sync,
      isNamed: () => Promise.resolve(this.find(path) === inode),
      close: () => Promise.resolve(),
    }
  }
}

const stamps = new WeakMap<Buffer, number>()
let lastStamp = 0

/** Another for each content. */
function stampOf(inode: Inode | undefined): string | null {
  if (inode === undefined) return null
  const stamp = stamps.get(inode.seen) ?? (lastStamp += 1)
  stamps.set(inode.seen, stamp)
  return String(stamp)
}

function put(names: Map<string, Inode>, change: Naming): void {
  for (const { name, inode } of change) {
    if (inode === null) names.delete(name)
    else names.set(name, inode)
  }
}

/** Bytes after a power cut: the safe ones, and of what was written since a share, the rest lost or zeros. */
function survivorOf({ seen, safe }: Inode, share: number): Buffer {
  if (share >= 1) return seen
  const isAppended = seen.length >= safe.length && seen.subarray(0, safe.length).equals(safe)
  if (!isAppended) return share < 0.5 ? safe : seen
  const kept = safe.length + Math.floor((seen.length - safe.length) * share)
  const zeros = share > 0.75 ? seen.length - kept : 0
  return Buffer.concat([seen.subarray(0, kept), Buffer.alloc(zeros)])
}

function diskError(code: string, call: Omit<DiskCall, 'number'>): Error {
  return Object.assign(new Error(`${code}: ${call.name} "${call.path}"`), { code })
}

async function settle<T>(act: () => T): Promise<T> {
  await Promise.resolve()
  return act()
}

function never<T>(): Promise<T> {
  return new Promise<T>(() => {})
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
