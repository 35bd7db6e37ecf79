/**
 * Detectors of known forms: an expression of ours, a look at what it found, and how far back an unfinished one may begin.
 *
 * The expressions are written so that each takes bounded steps at each place: no repetition without a bound inside
 * another. That is why they need no linear engine, and those of operators do.
 *
 * Invariant: a match that begins before `openFrom` of a text is the same in every text that continues it.
 */
import { BEHIND_CHARS, type Finder, type Found, type Scan, type Sight } from '../scan.ts'

export interface Detector {
  /** What stands in the place: `EMAIL` in `[EMAIL_1]`. */
  readonly label: string
  /** With `g`. Looks behind by `BEHIND_CHARS` at most and ahead by one. */
  readonly pattern: RegExp
  /** False where the text holds no match, as far as that is cheap to see: most texts hold none of most kinds. */
  readonly mayBeIn?: (text: string) => boolean
  /** Literal beginnings, one of which each match has. */
  readonly begins?: readonly string[]
  /** Where in the text, not before `from`, what is not finished may begin; the text's length for nowhere. */
  openFrom(text: string, from: number): number
  /** The part of the match that counts, as offsets into it; `null`: it is none after all. */
  readonly part?: (match: RegExpExecArray) => readonly [start: number, end: number] | null
}

export function detectorFinder(detectors: readonly Detector[]): Finder {
  const beginnings = beginningsOf(detectors)
  return {
    open(found) {
      const look = new LookForBeginnings(beginnings)
      const scans = detectors.map((it) => new DetectorScan(it, found, look))
      return {
        next(sight, ended) {
          let decided = Number.POSITIVE_INFINITY
          for (const it of scans) decided = Math.min(decided, it.next(sight, ended))
          return decided
        },
      }
    },
  }
}

function beginningsOf(detectors: readonly Detector[]): RegExp {
  const all = detectors.flatMap((it) => it.begins ?? [])
  return new RegExp(
    all.map((it) => it.replaceAll(/[.*+?^${}()|[\]\\-]/g, String.raw`\$&`)).join('|') || '(?!)',
  )
}

/** One look at a text for the beginnings of all kinds: nearly no text has any. */
class LookForBeginnings {
  readonly #beginnings: RegExp
  #text: string | null = null
  #hasAny = false

  constructor(beginnings: RegExp) {
    this.#beginnings = beginnings
  }

  mayHave(text: string, begins: readonly string[]): boolean {
    if (text !== this.#text) {
      this.#text = text
      this.#hasAny = this.#beginnings.test(text)
    }
    return this.#hasAny && begins.some((it) => text.includes(it))
  }
}

class DetectorScan implements Scan {
  readonly #detector: Detector
  readonly #found: Found
  readonly #look: LookForBeginnings
  #at = 0

  constructor(detector: Detector, found: Found, look: LookForBeginnings) {
    this.#detector = detector
    this.#found = found
    this.#look = look
  }

  next({ text, base }: Sight, ended: boolean): number {
    const { pattern, label, part, mayBeIn, begins } = this.#detector
    const from = this.#at - base
    let open = ended ? text.length : this.#detector.openFrom(text, from)
    if (mayBeIn?.(text) === false || (begins !== undefined && !this.#look.mayHave(text, begins))) {
      this.#at = base + open
      return this.#at
    }
    pattern.lastIndex = from
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      if (match.index >= open) break
      const whole = [0, match[0].length] as const
      const counted = part === undefined ? whole : part(match)
      if (counted === null) {
        // What is none may hide one that begins inside it.
        pattern.lastIndex = match.index + 1
        continue
      }
      const end = match.index + counted[1]
      this.#found(base + match.index + counted[0], base + end, label)
      pattern.lastIndex = end
      open = Math.max(open, end)
    }
    this.#at = base + open
    return this.#at
  }
}

/** Characters below 128 that are in a class, for walking back over a run of them. */
export function charTable(characters: RegExp): Uint8Array {
  const table = new Uint8Array(128)
  for (let code = 0; code < 128; code += 1) table[code] = Number(characters.test(String.fromCharCode(code)))
  return table
}

/** Where the run of such characters begins that the text ends with, `most` characters before the end at the earliest. */
export function runStart(
  text: string,
  table: Uint8Array,
  { from, most }: { from: number; most: number },
): number {
  const first = Math.max(from, text.length - most - 1)
  let at = text.length
  while (at > first && table[text.charCodeAt(at - 1)] === 1) at -= 1
  return at
}

/** For forms that consist of such characters and nothing else. */
export function openRun(characters: RegExp, most: number): Detector['openFrom'] {
  const table = charTable(characters)
  return (text, from) => runStart(text, table, { from, most })
}

/** Where the text ends with the beginning of `word`; its length where it does not. */
export function beginningOf(word: string, text: string, from: number): number {
  const most = Math.min(word.length - 1, text.length - from)
  for (let length = most; length > 0; length -= 1) {
    if (text.endsWith(word.slice(0, length))) return text.length - length
  }
  return text.length
}

export const LOOKS_BEHIND = BEHIND_CHARS
