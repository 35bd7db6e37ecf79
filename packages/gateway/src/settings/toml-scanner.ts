/**
 * Finds where each name and each value of a TOML text stands. The text has passed the parser before, so
 * this only has to find its way, not to judge.
 *
 * The TOML library gives values without places, and a place is what makes an error worth reading.
 */
import { pointTo } from '@changeover/reload'

export interface TomlSpots {
  /** Offset of a name, or of an item in a list, by JSON pointer. */
  readonly names: ReadonlyMap<string, number>
  /** Offsets of a simple value (text, number, true, false), by JSON pointer. */
  readonly values: ReadonlyMap<string, readonly [from: number, to: number]>
}

export function scanToml(text: string): TomlSpots {
  return new TomlScanner(text).scan()
}

class TomlScanner {
  readonly #text: string
  readonly #names = new Map<string, number>()
  readonly #values = new Map<string, readonly [number, number]>()
  /** Entries of lists that were made by `[[name]]`, by the pointer of the list. */
  readonly #lists = new Map<string, number>()
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  scan(): TomlSpots {
    let table = ''
    for (;;) {
      this.#skip(/[\s\uFEFF]*(?:#[^\n]*\s*)*/y)
      if (this.#at >= this.#text.length) break
      if (this.#peek() === '[') table = this.#header()
      else this.#pair(table)
    }
    return { names: this.#names, values: this.#values }
  }

  #header(): string {
    const isList = this.#text.startsWith('[[', this.#at)
    this.#at += isList ? 2 : 1
    const steps = this.#keys()
    this.#at += isList ? 2 : 1
    return this.#enter('', steps, isList)
  }

  /** Follows names from a table to the one they mean, noting each on first sight. */
  #enter(from: string, steps: readonly Spot[], isList: boolean): string {
    let at = from
    for (const [i, step] of steps.entries()) {
      at = pointTo(at, step.name)
      this.#note(at, step.offset)
      const isLast = i === steps.length - 1
      const count = this.#lists.get(at)
      if (isList && isLast) {
        this.#lists.set(at, (count ?? 0) + 1)
        at = pointTo(at, count ?? 0)
        this.#note(at, step.offset)
      } else if (count !== undefined) {
        at = pointTo(at, count - 1)
      }
    }
    return at
  }

  #pair(table: string): void {
    const steps = this.#keys()
    const at = this.#enter(table, steps, false)
    this.#skip(/[ \t]*=[ \t]*/y)
    this.#value(at)
  }

  #value(at: string): void {
    if (this.#peek() === '[') return this.#list(at)
    if (this.#peek() === '{') return this.#inlineTable(at)
    const from = this.#at
    const found = VALUE.find((it) => this.#skip(it) > 0)
    if (found === undefined) this.#at++
    this.#values.set(at, [from, this.#at])
  }

  #list(at: string): void {
    this.#at++
    for (let i = 0; ; i++) {
      this.#skip(BETWEEN)
      if (this.#peek() === ']' || this.#at >= this.#text.length) break
      const item = pointTo(at, i)
      this.#note(item, this.#at)
      this.#value(item)
    }
    this.#at++
  }

  #inlineTable(at: string): void {
    this.#at++
    for (;;) {
      this.#skip(BETWEEN)
      if (this.#peek() === '}' || this.#at >= this.#text.length) break
      this.#pair(at)
    }
    this.#at++
  }

  #keys(): readonly Spot[] {
    const steps: Spot[] = []
    do {
      this.#skip(/[ \t]*/y)
      const offset = this.#at
      const length = this.#skip(KEY)
      if (length === 0) this.#at++
      steps.push({ name: unquote(this.#text.slice(offset, this.#at)), offset })
      this.#skip(/[ \t]*/y)
    } while (this.#peek() === '.' && ++this.#at > 0)
    return steps
  }

  #note(pointer: string, offset: number): void {
    if (!this.#names.has(pointer)) this.#names.set(pointer, offset)
  }

  #peek(): string {
    return this.#text.charAt(this.#at)
  }

  /** Goes past what the sticky pattern matches here; returns how far. */
  #skip(pattern: RegExp): number {
    pattern.lastIndex = this.#at
    const length = pattern.exec(this.#text)?.[0].length ?? 0
    this.#at += length
    return length
  }
}

interface Spot {
  readonly name: string
  readonly offset: number
}

const KEY = /"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_-]+/y
const BETWEEN = /(?:[\s,]|#[^\n]*)*/y
/** Long texts first, because their quotes begin like short ones. */
const VALUE = [
  /"""(?:[^\\]|\\[\s\S])*?"""(?:"{0,2}(?!"))/y,
  /'''[\s\S]*?'''(?:'{0,2}(?!'))/y,
  /"(?:[^"\\\n]|\\.)*"/y,
  /'[^'\n]*'/y,
  /\d{4}-\d{2}-\d{2} \d{2}:[^\s,\]}#]+/y,
  /[^\s,\]}#]+/y,
]

function unquote(key: string): string {
  if (key.startsWith("'")) return key.slice(1, -1)
  if (!key.startsWith('"')) return key
  const inJson = key.replaceAll(/\\U([0-9A-Fa-f]{8})/g, (_, hex: string) =>
    String.fromCodePoint(Number.parseInt(hex, 16)),
  )
  try {
    return JSON.parse(inJson) as string
  } catch {
    return key.slice(1, -1)
  }
}
