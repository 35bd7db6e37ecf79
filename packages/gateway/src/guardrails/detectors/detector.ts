/**
 * Detectors of known forms: an expression of ours, a look at what it found, and how far back an unfinished one may begin.
 *
 * The expressions are written so that each takes bounded steps at each place: no repetition without a bound inside
 * another. That is why they need no linear engine, and those of operators do.
 *
 * Invariant: a match that begins before `openFrom` of a text is the same in every text that continues it.
 */

import { charTable, runStart } from './characters.ts'

export interface Detector {
  /** What stands in the place: `EMAIL` in `[EMAIL_1]`. */
  readonly label: string
  /** With `g`. Looks behind by `BEHIND_CHARS` at most and ahead by one. */
  readonly pattern: RegExp
  /** The hint (`hints.ts`) that every text has in which it finds anything. */
  readonly needs: number
  /** Literal beginnings, one of which each match has; all of a match are characters of tokens. */
  readonly begins?: readonly string[]
  /** Where in the text, not before `from`, what is not finished may begin; the text's length for nowhere. */
  openFrom(text: string, from: number): number
  /** The part of the match that counts, as offsets into it; `null`: it is none after all. */
  readonly part?: (match: RegExpExecArray) => readonly [start: number, end: number] | null
}

/** For forms that consist of such characters and nothing else. */
export function openRun(characters: RegExp, most: number): Detector['openFrom'] {
  const table = charTable(characters)
  return (text, from) => runStart(text, table, from, most)
}

/** Whether as much of the word stands there as there is room for. */
export function isBegun(word: string, text: string, at: number): boolean {
  const end = Math.min(word.length, text.length - at)
  for (let i = 0; i < end; i += 1) if (word.charCodeAt(i) !== text.charCodeAt(at + i)) return false
  return true
}

/** Where the text ends with the beginning of `word`; its length where it does not. */
export function beginningOf(word: string, text: string, from: number): number {
  const { length } = text
  for (let at = Math.max(from, length - word.length + 1); at < length; at += 1) {
    if (isBegun(word, text, at)) return at
  }
  return length
}
