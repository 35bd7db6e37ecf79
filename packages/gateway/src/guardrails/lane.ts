/**
 * One text on its way out, such as the thoughts of the second candidate: what of it is decided, and what stands in the
 * place of what was found.
 *
 * Matches that overlap are one: if any of them is to be masked, all that they cover is.
 *
 * Invariant: what `render` gives out for a place never changes and never depends on the pieces in which the text came.
 */
import { BEHIND_CHARS, type Finder, type Scan, type TextKind, type WorkMeter } from './scan.ts'

/** What is done with a match: `null` for one that is only counted. */
export interface Cover {
  readonly start: number
  readonly end: number
  /** What stands in its place; asked once, when all that it covers is known. */
  readonly put: (covered: string, kind: TextKind) => string
  /** Of covers that are one, the highest puts; of equal ones the first. */
  readonly rank: number
}

export interface LaneWatcher {
  /** A match of one of the finders: what covers its place, or `null`. */
  readonly onMatch: (finder: number, start: number, end: number, label: string) => Cover | null
}

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

export interface LaneFinder {
  readonly finder: Finder
  /** Whether text waits for it. */
  readonly holds: boolean
}

export interface LaneOptions {
  readonly kind: TextKind
  readonly finders: readonly LaneFinder[]
  readonly watcher: LaneWatcher
  readonly work: WorkMeter
}

export class Lane {
  readonly kind: TextKind
  readonly #scans: readonly { readonly scan: Scan; readonly holds: boolean }[]
  #text = ''
  #base = 0
  #covers: Cover[] = []
  #edits: Edit[] = []
  #rendered = 0
  /** Up to where all finders have looked. */
  #looked = 0
  /** Up to where everything is decided. */
  decided = 0

  constructor({ kind, finders, watcher, work }: LaneOptions) {
    this.kind = kind
    this.#scans = finders.map(({ finder, holds }, i) => {
      const found = (start: number, end: number, label: string): void => {
        const cover = watcher.onMatch(i, start, end, label)
        if (cover !== null) this.#covers.push(cover)
      }
      return { scan: finder.open(found, { kind, work }), holds }
    })
  }

  get end(): number {
    return this.#base + this.#text.length
  }

  get held(): number {
    return this.end - this.decided
  }

  append(text: string): void {
    this.#text += text
  }

  /** Looks at what has come; afterwards more may be decided. */
  advance(ended: boolean): void {
    const sight = { text: this.#text, base: this.#base }
    let decided = this.end
    this.#looked = decided
    for (const { scan, holds } of this.#scans) {
      const looked = scan.next(sight, ended)
      this.#looked = Math.min(this.#looked, looked)
      if (holds) decided = Math.min(decided, looked)
    }
    this.#decideUpTo(ended ? this.end : this.#beforeCovers(decided))
  }

  /** What goes out for the places from where the last call ended up to `until`, which is decided. */
  render(until: number): string {
    let at = this.#rendered
    let out = ''
    while (this.#edits.length > 0) {
      const [edit] = this.#edits
      if (edit === undefined || edit.start >= until) break
      if (edit.start >= at) out += this.#slice(at, edit.start) + edit.text
      at = Math.max(at, Math.min(edit.end, until))
      if (edit.end > until) break
      this.#edits.shift()
    }
    out += this.#slice(at, until)
    this.#rendered = until
    this.#forget()
    return out
  }

  #slice(from: number, until: number): string {
    return this.#text.slice(from - this.#base, until - this.#base)
  }

  /** A cover that reaches over the place moves it before the cover, and so on. */
  #beforeCovers(place: number): number {
    let decided = place
    for (let moved = true; moved; ) {
      moved = false
      for (const it of this.#covers) {
        if (it.start >= decided || it.end <= decided) continue
        decided = it.start
        moved = true
      }
    }
    const code = this.#text.charCodeAt(decided - this.#base - 1)
    // Not between the halves of a character.
    return code >= 0xd800 && code <= 0xdbff && decided > this.decided ? decided - 1 : decided
  }

  #decideUpTo(place: number): void {
    if (place <= this.decided) return
    this.decided = place
    if (this.#covers.length === 0) return
    const ready = this.#covers
      .filter((it) => it.start < place)
      .toSorted((a, b) => a.start - b.start || b.end - a.end)
    if (ready.length === 0) return
    this.#covers = this.#covers.filter((it) => it.start >= place)
    for (let i = 0; i < ready.length; ) i = this.#join(ready, i)
  }

  /** Makes one edit of the covers from `first` on that overlap; returns the first that does not. */
  #join(covers: readonly Cover[], first: number): number {
    let chosen = covers[first]
    if (chosen === undefined) return covers.length
    const { start } = chosen
    let { end } = chosen
    let i = first + 1
    for (let it = covers[i]; it !== undefined && it.start < end; it = covers[i]) {
      end = Math.max(end, it.end)
      if (it.rank > chosen.rank) chosen = it
      i += 1
    }
    // What stays in sight was let go before: it cannot be taken back.
    const from = Math.max(start, this.#base)
    this.#edits.push({ start, end, text: chosen.put(this.#slice(from, end), this.kind) })
    return i
  }

  /** What is decided and gone is dropped, but for what detectors look behind at. */
  #forget(): void {
    const base = Math.min(this.#rendered, this.#looked) - BEHIND_CHARS
    if (base <= this.#base) return
    this.#text = this.#text.slice(base - this.#base)
    this.#base = base
  }
}
