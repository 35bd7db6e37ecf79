/**
 * Listens to directories, never to files: a watch on a file follows what it was, not what has its name now, and
 * falls silent at the first rename (measured in `docs/decisions/2026-11-21-watch-directories-and-poll.md`).
 *
 * It promises nothing. A directory that cannot be watched is left to the poll; one that was replaced by another
 * of its name is found at the next `follow`.
 */
import { type FSWatcher, watch } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'

/** Directories, and the names in each that matter; `null` where all do. */
export type Spots = ReadonlyMap<string, ReadonlySet<string> | null>

interface Watched {
  readonly inode: bigint
  readonly watcher: FSWatcher
}

export class DirectoryWatch {
  private readonly onChange: () => void
  private readonly watched = new Map<string, Watched>()
  private spots: Spots = new Map()
  private isClosed = false

  constructor(onChange: () => void) {
    this.onChange = onChange
  }

  /** Listens to these directories and to no others. */
  async follow(spots: Spots): Promise<void> {
    this.spots = spots
    for (const directory of this.watched.keys()) if (!spots.has(directory)) this.drop(directory)
    for (const directory of spots.keys()) await this.attend(directory)
  }

  close(): void {
    this.isClosed = true
    for (const directory of this.watched.keys()) this.drop(directory)
  }

  private async attend(directory: string): Promise<void> {
    const found = await stat(directory, { bigint: true }).catch(() => null)
    if (found !== null && this.watched.get(directory)?.inode === found.ino) return
    this.drop(directory)
    if (found === null || this.isClosed) return
    try {
      const watcher = watch(directory, { persistent: false }, (_event, name) => this.hear(directory, name))
      watcher.on('error', () => this.drop(directory))
      this.watched.set(directory, { inode: found.ino, watcher })
    } catch {
      // Out of watches, or gone meanwhile.
    }
  }

  private hear(directory: string, name: string | null): void {
    // Its own name: it was removed or moved away. The next one there may well have the same inode number.
    if (name === basename(directory)) this.drop(directory)
    const names = this.spots.get(directory)
    // Names with two dots are how Kubernetes swaps a whole mounted volume: `..data`.
    const isOurs = name === null || names === null || names?.has(name) || name === basename(directory)
    if (isOurs || name.startsWith('..')) this.onChange()
  }

  private drop(directory: string): void {
    this.watched.get(directory)?.watcher.close()
    this.watched.delete(directory)
  }
}
