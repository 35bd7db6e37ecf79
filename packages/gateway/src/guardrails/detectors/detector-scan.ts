/**
 * The forms of one guard, looked for in one text: first what all of them need at once, then only those that may be there.
 *
 * A text in which something may be open asks each form from where; of those with literal beginnings only such are asked as the
 * end of the text has one of, or a part of one.
 */
import type { Finder, Found, Scan, Sight } from '../scan.ts'
import { isInTable } from './characters.ts'
import { type Detector, isBegun } from './detector.ts'
import { hintsOf, TOKEN } from './hints.ts'

export function detectorFinder(detectors: readonly Detector[]): Finder {
  let needs = 0
  for (const it of detectors) needs |= it.needs
  const forms: Forms = { detectors, needs, beginnings: byFirst(detectors) }
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
    const begun = ended ? 0 : formsBegun(text, beginnings)
    let decided = Number.POSITIVE_INFINITY
    for (let i = 0; i < detectors.length; i += 1) {
      const it = detectors[i]
      if (it === undefined) break
      const from = (this.#ats[i] ?? 0) - base
      const isOver = ended || (it.begins !== undefined && (begun & (1 << i)) === 0)
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

interface Beginning {
  readonly word: string
  /** The place of its form, as a bit. */
  readonly form: number
}

/** By the code of their first character, below 128. */
type Beginnings = readonly (readonly Beginning[] | undefined)[]

function byFirst(detectors: readonly Detector[]): Beginnings {
  const lists: Beginning[][] = []
  for (const [i, { begins = [] }] of detectors.entries()) {
    for (const word of begins) (lists[word.charCodeAt(0)] ??= []).push({ word, form: 1 << i })
  }
  return Array.from({ length: 128 }, (_, code) => lists[code])
}

/** In longer runs of characters of tokens each form looks for itself. */
const SHORT_RUN = 64
const ALL = -1

/** The forms with a literal beginning of which one, or a part of one, is in the run that the text ends with: as bits. */
function formsBegun(text: string, beginnings: Beginnings): number {
  const { length } = text
  const first = Math.max(0, length - SHORT_RUN)
  let forms = 0
  for (let at = length - 1; at >= first; at -= 1) {
    const code = text.charCodeAt(at)
    if (!isInTable(TOKEN, code)) return forms
    const possible = beginnings[code]
    if (possible === undefined) continue
    for (const it of possible) if (isBegun(it.word, text, at)) forms |= it.form
  }
  return first > 0 ? ALL : forms
}
