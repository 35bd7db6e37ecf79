/**
 * The forms of one guard, looked for in one text: first what all of them need at once, then only those that may be there.
 *
 * A text in which something may be open asks each form from where; of those with literal beginnings none is asked unless the
 * end of the text has one or a part of one.
 */
import type { Finder, Found, Scan, Sight } from '../scan.ts'
import { isInTable } from './characters.ts'
import type { Detector } from './detector.ts'
import { hintsOf, TOKEN } from './hints.ts'

export function detectorFinder(detectors: readonly Detector[]): Finder {
  let needs = 0
  for (const it of detectors) needs |= it.needs
  const forms: Forms = { detectors, needs, beginnings: byFirst(detectors.flatMap((it) => it.begins ?? [])) }
  return {
    isClear: (text) => hintsOf(text, needs) === 0,
    open: (found) => new DetectorScan(forms, found),
  }
}

interface Forms {
  readonly detectors: readonly Detector[]
  /** What one of them needs. */
  readonly needs: number
  readonly beginnings: Beginnings
}

class DetectorScan implements Scan {
  readonly #forms: Forms
  readonly #found: Found
  /** Up to where each has looked. */
  readonly #ats: number[]

  constructor(forms: Forms, found: Found) {
    this.#forms = forms
    this.#found = found
    this.#ats = forms.detectors.map(() => 0)
  }

  next(sight: Sight, ended: boolean): number {
    const { text, base } = sight
    const { detectors, needs, beginnings } = this.#forms
    const hints = hintsOf(text, needs)
    const hasBegun = !ended && mayHaveBegun(text, beginnings)
    let decided = Number.POSITIVE_INFINITY
    for (let i = 0; i < detectors.length; i += 1) {
      const it = detectors[i]
      if (it === undefined) break
      const from = (this.#ats[i] ?? 0) - base
      const isOver = ended || (it.begins !== undefined && !hasBegun)
      let open = isOver ? text.length : it.openFrom(text, from)
      if ((hints & it.needs) !== 0) open = this.#look(it, sight, { from, open })
      this.#ats[i] = base + open
      if (base + open < decided) decided = base + open
    }
    return decided
  }

  /** Tells of the matches that begin before `open`. Returns how far everything is decided then. */
  #look(it: Detector, { text, base }: Sight, { from, open }: { from: number; open: number }): number {
    const { pattern, label, part, begins } = it
    if (begins?.every((begin) => !text.includes(begin)) === true) return open
    let decided = open
    pattern.lastIndex = from
    for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
      if (match.index >= decided) break
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
      decided = Math.max(decided, end)
    }
    return decided
  }
}

/** By the code of their first character, below 128. */
type Beginnings = readonly (readonly string[] | undefined)[]

function byFirst(beginnings: readonly string[]): Beginnings {
  const lists: string[][] = []
  for (const it of beginnings) (lists[it.charCodeAt(0)] ??= []).push(it)
  return Array.from({ length: 128 }, (_, code) => lists[code])
}

/** Longer runs of characters of tokens are asked about one form after the other. */
const SHORT_RUN = 64

/** False where no form with a literal beginning has begun in the run that the text ends with. */
function mayHaveBegun(text: string, beginnings: Beginnings): boolean {
  const { length } = text
  const first = Math.max(0, length - SHORT_RUN)
  let at = length
  for (; at > first; at -= 1) {
    const code = text.charCodeAt(at - 1)
    if (!isInTable(TOKEN, code)) return false
    const possible = beginnings[code]
    if (possible !== undefined && possible.some((it) => isBegun(it, text, at - 1))) return true
  }
  return first > 0
}

/** Whether as much of the word stands there as there is room for. */
function isBegun(word: string, text: string, at: number): boolean {
  const end = Math.min(word.length, text.length - at)
  for (let i = 1; i < end; i += 1) if (word.charCodeAt(i) !== text.charCodeAt(at + i)) return false
  return true
}
