/**
 * Reads the plainest YAML quickly: block maps and lists, `{…}` and `[…]` on one line, simple words, numbers and
 * quoted texts without escapes. Most settings are nothing else, and at a start, with nothing compiled yet, the
 * YAML library takes longer over a thousand keys than everything else together.
 *
 * Invariant: `undefined`, or exactly what the library reads. Whatever could mean something more (other spellings
 * of numbers, texts over several lines, tags, duplicate names, signs beyond ASCII) is left to the library, and so
 * is every error.
 *
 * Not here: places of what is wrong. Then the library reads the text.
 */
import type { Json } from '@changeover/reload'

/** Where a simple value stands in the text, quotes included. */
export interface PlainSpot {
  readonly from: number
  readonly to: number
  readonly inFlow: boolean
}

/** The spots of the simple values in a map or list, by name or index. */
export type PlainSpots = Map<object, Map<string, PlainSpot>>

/** `undefined` when the text is anything but plain. `spots` is filled, where it is given. */
export function readPlainYaml(text: string, spots: PlainSpots | null = null): Json | undefined {
  if (!PRINTABLE.test(text)) return undefined
  try {
    return new PlainReader(text, spots).read()
  } catch (error) {
    if (error === notPlain) return undefined
    throw error
  }
}

const PRINTABLE = /^[\n -~]*$/
const NAME = /([A-Za-z_][\w./@+-]{0,99}):(?= |$)/y
const QUOTED = /"[^"\\]*"|'[^']*'/y
/** As the value of a name or an item: up to the end of the line, or to what may be a comment. */
const WORDS = /[A-Za-z0-9$/_](?:[^:#]|:(?! |$))*/y
/** Inside brackets. */
const WORD = /[A-Za-z/_](?:[\w./@+-]|:(?=[\w./@+-]))*|[0-9][0-9.]*/y
const SPACES = / */y
const NUMBER = /^(?:0|[1-9][0-9]{0,14})$|^(?:0|[1-9][0-9]{0,8})\.[0-9]{1,6}$/
/** In any case, because the library knows some of the other spellings and not all. */
const RESERVED = /^(?:true|false|null)$/i
const MOST_LEVELS = 16

/** Thrown to leave from any depth, and never seen outside. Made once: a stack would cost more than reading. */
const notPlain = new Error('not plain')

type JsonMap = Record<string, Json>

class PlainReader {
  readonly #lines: string[] = []
  /** Where each line begins in the text. */
  readonly #starts: number[] = []
  readonly #spots: PlainSpots | null
  #next = 0
  #line = ''
  #at = 0
  #levels = 0
  #brackets = 0

  constructor(text: string, spots: PlainSpots | null) {
    this.#spots = spots
    let start = 0
    for (const line of text.split('\n')) {
      if (/^ *[^ #]/.test(line)) {
        this.#lines.push(line)
        this.#starts.push(start)
      }
      start += line.length + 1
    }
  }

  read(): Json {
    const value = this.#block(-1)
    if (this.#next < this.#lines.length) throw notPlain
    return value
  }

  /** The map or list whose lines stand deeper than `outer`. */
  #block(outer: number): Json {
    const indent = this.#indent()
    if (indent <= outer || ++this.#levels > MOST_LEVELS) throw notPlain
    const isList = this.#lines[this.#next]?.startsWith('- ', indent) === true
    const value = isList ? this.#list(indent) : this.#map(indent)
    this.#levels--
    return value
  }

  /** Of the next line; -1 behind the last. */
  #indent(): number {
    return this.#lines[this.#next]?.search(/[^ ]/) ?? -1
  }

  #map(indent: number): Json {
    const map: JsonMap = {}
    for (; this.#indent() === indent; ) {
      this.#begin(indent)
      const name = this.#name(map)
      const isBare = this.#isAtEnd()
      map[name] = isBare ? this.#block(indent) : this.#valueOfLine(indent, map, name)
    }
    return map
  }

  #list(indent: number): Json {
    const list: Json[] = []
    for (; this.#indent() === indent; ) {
      const line = this.#lines[this.#next] ?? ''
      if (!/^- [^ -]/.test(line.slice(indent, indent + 3))) throw notPlain
      NAME.lastIndex = indent + 2
      if (NAME.test(line)) {
        // A map that begins behind the dash: its first line is one like the others.
        this.#lines[this.#next] = `${' '.repeat(indent + 2)}${line.slice(indent + 2)}`
        list.push(this.#block(indent))
      } else {
        this.#begin(indent + 2)
        list.push(this.#valueOfLine(indent, list, list.length))
      }
    }
    return list
  }

  #begin(at: number): void {
    this.#line = this.#lines[this.#next++] ?? ''
    this.#at = at
  }

  #name(map: JsonMap): string {
    const name = this.#take(NAME)?.slice(0, -1)
    if (name === undefined || RESERVED.test(name) || name === '__proto__' || Object.hasOwn(map, name))
      throw notPlain
    return name
  }

  #valueOfLine(indent: number, holder: object, name: string | number): Json {
    const value = this.#quotedOrBrackets(holder, name) ?? this.#scalar(WORDS, holder, name)
    // A deeper line would go on with this value.
    if (!this.#isAtEnd() || this.#indent() > indent) throw notPlain
    return value
  }

  #quotedOrBrackets(holder: object, name: string | number): Json | undefined {
    this.#take(SPACES)
    const sign = this.#line[this.#at]
    if (sign === '{') return this.#flow('}')
    if (sign === '[') return this.#flow(']')
    const quoted = this.#take(QUOTED)
    if (quoted !== undefined) this.#note(holder, name, quoted)
    return quoted?.slice(1, -1)
  }

  #flow(end: '}' | ']'): Json {
    if (++this.#levels > MOST_LEVELS) throw notPlain
    const [map, list]: [JsonMap, Json[]] = [{}, []]
    this.#at++
    this.#brackets++
    for (let isFirst = true; !this.#sees(end); isFirst = false) {
      if (!isFirst && !this.#sees(',')) throw notPlain
      this.#take(SPACES)
      const name = end === '}' ? this.#name(map) : null
      const [holder, at] = name === null ? [list, list.length] : [map, name]
      const value = this.#quotedOrBrackets(holder, at) ?? this.#scalar(WORD, holder, at)
      if (name === null) list.push(value)
      else map[name] = value
    }
    this.#levels--
    this.#brackets--
    return end === '}' ? map : list
  }

  #scalar(pattern: RegExp, holder: object, name: string | number): Json {
    const found = this.#take(pattern)
    if (found === undefined) throw notPlain
    this.#note(holder, name, found)
    const text = found.trimEnd()
    if (/^[0-9]/.test(text)) {
      if (!NUMBER.test(text)) throw notPlain
      return Number(text)
    }
    if (!RESERVED.test(text)) return text
    if (text === 'true' || text === 'false') return text === 'true'
    if (text !== 'null') throw notPlain
    return null
  }

  /** Of what has just been taken. */
  #note(holder: object, name: string | number, taken: string): void {
    if (this.#spots === null) return
    const from = (this.#starts[this.#next - 1] ?? 0) + this.#at - taken.length
    const spot = { from, to: from + taken.trimEnd().length, inFlow: this.#brackets > 0 }
    const spots = this.#spots.get(holder) ?? new Map<string, PlainSpot>()
    this.#spots.set(holder, spots.set(String(name), spot))
  }

  /** Passes over one sign and the spaces before it. */
  #sees(sign: string): boolean {
    this.#take(SPACES)
    const isThere = this.#line[this.#at] === sign
    if (isThere) this.#at++
    return isThere
  }

  #isAtEnd(): boolean {
    this.#take(SPACES)
    if (this.#at >= this.#line.length) return true
    return this.#line[this.#at] === '#' && this.#line[this.#at - 1] === ' '
  }

  /** What a sticky pattern finds here. */
  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#line)?.[0]
    this.#at += found?.length ?? 0
    return found
  }
}
