/**
 * Lists of words and phrases, all looked for at once: the automaton of Aho and Corasick over folded text.
 *
 * One step for each character, however many words there are, and what may have begun is known exactly: the deepest
 * state is the longest beginning that the text ends with. So nothing but that is held back.
 */
import { foldCharacter, foldText, isInWord } from './fold-text.ts'
import type { Finder, Found, Scan, Sight } from './scan.ts'

export interface WordsOptions {
  readonly words: readonly string[]
  /** Not inside of longer words. */
  readonly wholeWords: boolean
  readonly label: string
}

/** Words that nothing is left of when folded are nowhere. */
export function wordsFinder(options: WordsOptions): Finder {
  const tree = new WordTree(options.words.map(foldText).filter((it) => it !== ''))
  return {
    isClear: (text) => hasNone(text, tree),
    open: (found) => new WordScan(tree, options, found),
  }
}

/** Whether no word ends anywhere, be it inside of another: what most texts can be told of without keeping what was seen. */
function hasNone(text: string, tree: WordTree): boolean {
  let state = 0
  let last = 0
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code < 128) {
      const unit = PLAIN[code] ?? code
      if (unit === SPACE && last === SPACE) continue
      last = unit
      state = tree.step(state, unit)
      if (tree.isWord(state)) return false
      continue
    }
    const codePoint = text.codePointAt(i) ?? code
    if (codePoint > 0xffff) i += 1
    const folded = foldCharacter(codePoint)
    for (let j = 0; j < folded.length; j += 1) {
      const unit = folded.charCodeAt(j)
      if (unit === SPACE && last === SPACE) continue
      last = unit
      state = tree.step(state, unit)
      if (tree.isWord(state)) return false
    }
  }
  return true
}

const SPACE = 32
/** Characters below 128, folded: each is one unit. */
const PLAIN = Uint8Array.from({ length: 128 }, (_, code) => foldCharacter(code).charCodeAt(0))

class WordTree {
  /** Length of the longest word that ends in a state; 0 for none. */
  readonly lengths: number[] = [0]
  readonly depths: number[] = [0]
  /** The state of the longest end that is a beginning too. */
  readonly #fails: number[] = [0]
  /** The nearest state on that way in which a word ends. */
  readonly ends: number[] = [0]
  readonly #next = new Map<number, number>()
  /** From the beginning, by a unit below 128: where most steps are. */
  readonly #first = new Int32Array(128)

  constructor(words: readonly string[]) {
    for (const word of words) this.#add(word)
    for (let unit = 0; unit < 128; unit += 1) this.#first[unit] = this.#next.get(unit) ?? 0
    this.#link()
  }

  /** Whether a word ends in a state. */
  isWord(state: number): boolean {
    return state !== 0 && ((this.lengths[state] ?? 0) > 0 || (this.ends[state] ?? 0) > 0)
  }

  /** From a state by a unit of folded text. */
  step(state: number, unit: number): number {
    for (let at = state; ; at = this.#fails[at] ?? 0) {
      if (at === 0 && unit < 128) return this.#first[unit] ?? 0
      const next = this.#next.get(at * 65_536 + unit)
      if (next !== undefined) return next
      if (at === 0) return 0
    }
  }

  #add(word: string): void {
    let at = 0
    for (let i = 0; i < word.length; i += 1) {
      const edge = at * 65_536 + word.charCodeAt(i)
      const next = this.#next.get(edge) ?? this.lengths.length
      if (next === this.lengths.length) {
        this.#next.set(edge, next)
        this.lengths.push(0)
        this.depths.push(i + 1)
      }
      at = next
    }
    this.lengths[at] = word.length
  }

  /** States in the order of their depth: what they fail to is less deep, and linked before. */
  #link(): void {
    const edges = [...this.#next].toSorted((a, b) => (this.depths[a[1]] ?? 0) - (this.depths[b[1]] ?? 0))
    for (const [edge, state] of edges) {
      const from = Math.floor(edge / 65_536)
      const fail = from === 0 ? 0 : this.step(this.#fails[from] ?? 0, edge % 65_536)
      this.#fails[state] = fail
      this.ends[state] = (this.lengths[fail] ?? 0) > 0 ? fail : (this.ends[fail] ?? 0)
    }
  }
}

/** A unit of folded text: where in the text what it stands for begins, and whether that is part of a word. */
interface Unit {
  readonly start: number
  readonly inWord: boolean
}

const NO_UNIT: Unit = { start: 0, inWord: false }

class WordScan implements Scan {
  readonly #tree: WordTree
  readonly #options: WordsOptions
  readonly #found: Found
  #at = 0
  #state = 0
  /** The last units, as many as the state is deep, and one before. */
  #units: Unit[] = []
  /** A word that is over where this one ends, unless it goes on. */
  #pending: { readonly start: number; readonly end: number } | null = null

  constructor(tree: WordTree, options: WordsOptions, found: Found) {
    this.#tree = tree
    this.#options = options
    this.#found = found
  }

  next({ text, base }: Sight, ended: boolean): number {
    for (let i = this.#at - base; i < text.length; ) {
      const code = text.charCodeAt(i)
      const isHalf = code >= 0xd800 && code <= 0xdbff
      if (isHalf && i + 1 === text.length && !ended) break
      const codePoint = isHalf ? (text.codePointAt(i) ?? code) : code
      const length = codePoint > 0xffff ? 2 : 1
      this.#take(foldCharacter(codePoint), base + i, base + i + length)
      i += length
      this.#at = base + i
    }
    if (ended) this.#settle(false)
    const depth = this.#tree.depths[this.#state] ?? 0
    const begun = ended || depth === 0 ? this.#at : (this.#units.at(-depth)?.start ?? this.#at)
    return this.#pending === null ? begun : Math.min(begun, this.#pending.start)
  }

  #take(folded: string, start: number, end: number): void {
    for (let i = 0; i < folded.length; i += 1) {
      const unit = folded.charAt(i)
      const isGap = unit === ' '
      // A gap is one, however wide.
      if (isGap && this.#lastIsGap) continue
      const inWord = !isGap && isInWord(unit)
      if (i === 0) this.#settle(inWord)
      this.#lastIsGap = isGap
      this.#state = this.#tree.step(this.#state, folded.charCodeAt(i))
      this.#units.push({ start, inWord })
      if (i === folded.length - 1) this.#note(end)
      this.#forget()
    }
  }

  #lastIsGap = false

  /** Whether the word before was over: it was, unless the next character belongs to it. */
  #settle(goesOn: boolean): void {
    const pending = this.#pending
    if (pending === null) return
    this.#pending = null
    if (!goesOn) this.#found(pending.start, pending.end, this.#options.label)
  }

  /** The longest word that ends here and begins where one may. */
  #note(end: number): void {
    const { lengths, ends } = this.#tree
    let at = (lengths[this.#state] ?? 0) > 0 ? this.#state : (ends[this.#state] ?? 0)
    for (; at !== 0; at = ends[at] ?? 0) {
      const length = lengths[at] ?? 0
      const first = this.#units.at(-length) ?? NO_UNIT
      const before = this.#units.at(-length - 1)
      if (!this.#options.wholeWords) {
        this.#found(first.start, end, this.#options.label)
        return
      }
      if (first.inWord && before?.inWord === true) continue
      if (this.#units.at(-1)?.inWord === true) this.#pending = { start: first.start, end }
      else this.#found(first.start, end, this.#options.label)
      return
    }
  }

  #forget(): void {
    const kept = (this.#tree.depths[this.#state] ?? 0) + 1
    // In strides: to cut the list at each character would cost more than the walk.
    if (this.#units.length > kept + 64) this.#units = this.#units.slice(-kept)
  }
}
