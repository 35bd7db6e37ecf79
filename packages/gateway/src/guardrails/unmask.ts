/** Puts back what was masked on the way in: each whole placeholder of this call, as soon as its last character is there. */
import type { Finder, Found, Scan, Sight } from './scan.ts'

/** The longest placeholder, `[` to `]`. */
export const PLACEHOLDER_CHARS = 48
const BEGUN = /\[[A-Z0-9_]{0,46}$/

/** Finds the placeholders of a call; the label of a match is the placeholder itself. */
export function placeholderFinder(values: ReadonlyMap<string, string>): Finder {
  return { open: (found) => new PlaceholderScan(values, found) }
}

class PlaceholderScan implements Scan {
  readonly #values: ReadonlyMap<string, string>
  readonly #found: Found
  #at = 0

  constructor(values: ReadonlyMap<string, string>, found: Found) {
    this.#values = values
    this.#found = found
  }

  next({ text, base }: Sight, ended: boolean): number {
    let at = this.#at - base
    for (let begin = text.indexOf('[', at); begin !== -1; begin = text.indexOf('[', at)) {
      const end = text.indexOf(']', begin)
      if (end === -1 || end - begin >= PLACEHOLDER_CHARS) {
        if (end === -1 && !ended && BEGUN.test(text.slice(begin))) {
          this.#at = base + begin
          return this.#at
        }
        at = begin + 1
        continue
      }
      const placeholder = text.slice(begin, end + 1)
      if (this.#values.has(placeholder)) {
        this.#found(base + begin, base + end + 1, placeholder)
        at = end + 1
      } else at = begin + 1
    }
    this.#at = base + text.length
    return this.#at
  }
}

/** The value as it is written in a text of this kind. */
export function writtenAs(value: string, kind: 'text' | 'json'): string {
  return kind === 'json' ? JSON.stringify(value).slice(1, -1) : value
}

/** All placeholders of a whole text put back. */
export function unmaskText(text: string, values: ReadonlyMap<string, string>): string {
  if (values.size === 0) return text
  return text.replaceAll(/\[[A-Z0-9_]{1,46}\]/g, (it) => values.get(it) ?? it)
}
