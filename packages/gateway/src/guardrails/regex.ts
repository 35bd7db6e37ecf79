/**
 * Expressions of operators, in the syntax of RE2 and by an engine of linear time: none of them can run away.
 *
 * A text is looked at in regions of a fixed size from fixed places on, so that what is found does not hang on the pieces in which
 * it came: a match has to begin in the first part of a region and may reach as far as the window. One that fills its
 * region may be longer; then the region grows, and a match longer than `LONGEST_CHARS` is cut there.
 *
 * Why not one search of the whole text: on a stream it would have to begin anew with each piece, or hold back everything.
 */
import type { RE2JS } from 're2js'
import type { Finder, Found, Scan, Sight, WorkMeter } from './scan.ts'

/** What RE2 makes of a pattern: each instruction may be looked at for each character. */
export const MOST_INSTRUCTIONS = 10_000
export const MOST_PATTERN_CHARS = 2_000
export const MOST_PATTERNS = 200
const LONGEST_CHARS = 4096
/** Characters that are looked through between two looks at the clock, of an expression of a usual size. */
const SLICE_CHARS = 4096
const SLICE_STEPS = 2_000_000

export interface RegexEngine {
  /** Throws what is wrong with it. */
  compile(pattern: string, options: { readonly ignoreCase: boolean }): RE2JS
}

let engine: Promise<RegexEngine> | null = null

/** Loaded with the first settings that name an expression. */
export function loadRegexEngine(): Promise<RegexEngine> {
  engine ??= import('re2js').then(({ RE2JS: made }) => ({
    compile: (pattern, { ignoreCase }) => made.compile(pattern, ignoreCase ? made.CASE_INSENSITIVE : 0),
  }))
  return engine
}

/** What is wrong with a pattern, in RE2's words; `null` when nothing is. */
export function patternTrouble(loaded: RegexEngine, pattern: string): string | null {
  try {
    loaded.compile(pattern, { ignoreCase: false })
    return null
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message.replace(/^error parsing regexp: /, '') : 'another syntax'
  }
}

export interface RegexOptions {
  readonly patterns: readonly string[]
  readonly ignoreCase: boolean
  readonly windowChars: number
  readonly label: string
}

/** All patterns as one, so that many cost one pass. Throws when they are too many for that. */
export function regexFinder(loaded: RegexEngine, options: RegexOptions): Finder {
  const whole = options.patterns.map((it) => `(?:${it})`).join('|')
  const regex = loaded.compile(whole, options)
  return { isMetered: true, open: (found, { work }) => new RegexScan(regex, { ...options, found, work }) }
}

/** Instructions of all patterns as one. */
export function programSize(
  loaded: RegexEngine,
  options: Pick<RegexOptions, 'patterns' | 'ignoreCase'>,
): number {
  return loaded.compile(options.patterns.map((it) => `(?:${it})`).join('|'), options).programSize()
}

interface RegexScanAbout extends RegexOptions {
  readonly found: Found
  readonly work: WorkMeter
}

class RegexScan implements Scan {
  readonly #regex: RE2JS
  readonly #about: RegexScanAbout
  readonly #window: number
  readonly #hop: number
  readonly #slice: number
  /** Where the next region begins, and where in it the next search. */
  #at = 0
  #from = 0

  constructor(regex: RE2JS, about: RegexScanAbout) {
    this.#regex = regex
    this.#about = about
    this.#window = about.windowChars
    this.#hop = Math.max(1, about.windowChars >> 2)
    const bySize = Math.floor(SLICE_STEPS / Math.max(1, regex.programSize()))
    this.#slice = Math.max(this.#window + this.#hop, Math.min(SLICE_CHARS, bySize))
  }

  next(sight: Sight, ended: boolean): number {
    const end = sight.base + sight.text.length
    // A region has to be there as a whole, unless nothing will follow.
    const until = ended ? end : end - this.#hop - this.#window + 1
    while (this.#at < until) {
      if (!this.#about.work.goesOn()) return end
      if (this.#skip(sight, end, ended)) continue
      if (!this.#search(sight, end, ended)) break
    }
    return this.#at
  }

  /** Goes on as far as nothing matches at all, in steps of a region: most of a text, in the quick way. */
  #skip({ text, base }: Sight, end: number, ended: boolean): boolean {
    if (this.#from > this.#at) return false
    const until = Math.min(end, this.#at + this.#slice)
    const from = this.#at - base
    if (this.#regex.test(text.slice(Math.max(0, from - 1), until - base))) return false
    if (ended && until === end) this.#goTo(end)
    else
      this.#goTo(
        this.#at + Math.max(1, Math.floor((until - this.#at - this.#window) / this.#hop)) * this.#hop,
      )
    return true
  }

  /** One region. False when more of the text has to come first. */
  #search({ text, base }: Sight, end: number, ended: boolean): boolean {
    const limit = this.#at + this.#hop
    for (let reach = this.#window; ; reach *= 2) {
      const until = Math.min(end, limit + reach)
      const isEnd = ended && until === end
      if (limit + reach > end && !ended) return false
      const first = Math.max(base, this.#from - 1)
      const matcher = this.#regex.matcher(text.slice(first - base, until - base))
      const start = matcher.find(this.#from - first) ? first + matcher.start() : until
      if (start >= limit || start >= until) {
        this.#goTo(isEnd && until <= limit ? end : limit)
        return true
      }
      const matchEnd = first + matcher.end()
      if (matchEnd === until && !isEnd && until - start < LONGEST_CHARS) continue
      if (matchEnd > start) {
        this.#about.found(start, matchEnd, this.#about.label)
        this.#goTo(matchEnd)
      } else this.#from = start + 1
      if (this.#from >= limit && this.#at < limit) this.#goTo(limit)
      return true
    }
  }

  #goTo(at: number): void {
    this.#at = at
    this.#from = at
  }
}
