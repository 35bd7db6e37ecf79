/**
 * Reads the plainest YAML quickly: block maps and lists, `{…}` and `[…]` on one line, simple words, numbers and
 * quoted texts without escapes. Most settings are nothing else, and at a start, with nothing compiled yet, the
 * YAML library takes longer over a thousand keys than everything else together.
 *
 * Invariant: `undefined`, or exactly what the library reads. Whatever could mean something more (other spellings
 * of numbers, texts over several lines, tags, duplicate names, signs beyond ASCII) is left to the library, and so
 * is every error.
 *
 * Not here: places. They are asked for when something is wrong, and then the library reads the text.
 */
import type { Json } from '@changeover/reload'

/** `undefined` when the text is anything but plain. */
export function readPlainYaml(text: string): Json | undefined {
  if (!PRINTABLE.test(text)) return undefined
  try {
    return new PlainReader(text).read()
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
  readonly #lines: string[]
  #next = 0
  #line = ''
  #at = 0
  #levels = 0

  constructor(text: string) {
    this.#lines = text.split('\n').filter((it) => /^ *[^ #]/.test(it))
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
      map[name] = isBare ? this.#block(indent) : this.#valueOfLine(indent)
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
        list.push(this.#valueOfLine(indent))
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

  #valueOfLine(indent: number): Json {
    const value = this.#quotedOrBrackets() ?? this.#scalar(this.#take(WORDS)?.trimEnd())
    // A deeper line would go on with this value.
    if (!this.#isAtEnd() || this.#indent() > indent) throw notPlain
    return value
  }

  #quotedOrBrackets(): Json | undefined {
    this.#take(SPACES)
    const sign = this.#line[this.#at]
    if (sign === '{') return this.#flow('}')
    if (sign === '[') return this.#flow(']')
    return this.#take(QUOTED)?.slice(1, -1)
  }

  #flow(end: '}' | ']'): Json {
    if (++this.#levels > MOST_LEVELS) throw notPlain
    const [map, list]: [JsonMap, Json[]] = [{}, []]
    this.#at++
    for (let isFirst = true; !this.#sees(end); isFirst = false) {
      if (!isFirst && !this.#sees(',')) throw notPlain
      this.#take(SPACES)
      const name = end === '}' ? this.#name(map) : null
      const value = this.#quotedOrBrackets() ?? this.#scalar(this.#take(WORD))
      if (name === null) list.push(value)
      else map[name] = value
    }
    this.#levels--
    return end === '}' ? map : list
  }

  #scalar(text: string | undefined): Json {
    if (text === undefined) throw notPlain
    if (/^[0-9]/.test(text)) {
      if (!NUMBER.test(text)) throw notPlain
      return Number(text)
    }
    if (!RESERVED.test(text)) return text
    if (text === 'true' || text === 'false') return text === 'true'
    if (text !== 'null') throw notPlain
    return null
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
