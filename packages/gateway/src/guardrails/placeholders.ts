/**
 * What stands for what in one call: the same value has the same placeholder wherever it comes up, `[EMAIL_1]`.
 *
 * A placeholder that the caller wrote himself is never used for anything, so that putting values back changes nothing of his.
 */

/** What every placeholder looks like. */
const PLACEHOLDER = /\[[A-Z][A-Z0-9_]{0,46}_\d{1,12}\]/

export function hasPlaceholder(text: string): boolean {
  // Nearly no text has a bracket, and to see that is much cheaper.
  return text.includes('[') && PLACEHOLDER.test(text)
}

export class Placeholders {
  readonly #byValue = new Map<string, string>()
  readonly #counts = new Map<string, number>()
  readonly #isTaken: (placeholder: string) => boolean
  /** What may be put back, by placeholder. */
  readonly values = new Map<string, string>()

  constructor(isTaken: (placeholder: string) => boolean) {
    this.#isTaken = isTaken
  }

  of(label: string, value: string): string {
    const key = `${label} ${value}`
    const known = this.#byValue.get(key)
    if (known !== undefined) return known
    const made = this.#make(label)
    this.#byValue.set(key, made)
    return made
  }

  #make(label: string): string {
    for (let n = (this.#counts.get(label) ?? 0) + 1; ; n += 1) {
      const made = `[${label}_${n}]`
      if (this.#isTaken(made)) continue
      this.#counts.set(label, n)
      return made
    }
  }
}
