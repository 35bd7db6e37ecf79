/**
 * Finds where each name of a JSON text stands, and what `JSON.parse` lets pass: a name that comes twice,
 * nesting without end. The text has passed `JSON.parse` before, so this only has to find its way.
 */
import { pointTo } from '@changeover/reload'
import { LIMITS } from './document.ts'

export interface JsonSpots {
  /** Offset of a name, or of an item in a list, by JSON pointer. */
  readonly names: ReadonlyMap<string, number>
  readonly faults: readonly JsonFault[]
}

export interface JsonFault {
  readonly offset: number
  readonly found: 'twice' | 'depth' | 'rounded' | 'proto'
  readonly name: string
  /** Of the first of two. */
  readonly earlier: number
}

export function scanJson(text: string): JsonSpots {
  const scanner = new JsonScanner(text)
  scanner.value('', 0)
  return scanner
}

const SPACE = /[\s,:]*/y
const TEXT = /"(?:[^"\\]|\\.)*"/y
const OTHER = /[^\s,\]}]+/y

class JsonScanner implements JsonSpots {
  readonly names = new Map<string, number>()
  readonly faults: JsonFault[] = []
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(at: string, depth: number): void {
    this.#skip(SPACE)
    const sign = this.#text.charAt(this.#at)
    if (depth > LIMITS.depth) {
      this.#fault('depth', this.#at)
      this.#at = this.#text.length
    } else if (sign === '{') this.#map(at, depth)
    else if (sign === '[') this.#list(at, depth)
    else if (sign === '"') this.#skip(TEXT)
    else this.#word()
  }

  #map(at: string, depth: number): void {
    this.#at++
    const first = new Map<string, number>()
    for (;;) {
      this.#skip(SPACE)
      const offset = this.#at
      if (this.#at >= this.#text.length || this.#text.charAt(offset) === '}') break
      const name = JSON.parse(this.#skip(TEXT) || '""') as string
      const earlier = first.get(name)
      if (earlier !== undefined) this.#fault('twice', offset, { name, earlier })
      if (name === '__proto__') this.#fault('proto', offset, { name, earlier: 0 })
      first.set(name, earlier ?? offset)
      const inside = pointTo(at, name)
      this.names.set(inside, offset)
      this.value(inside, depth + 1)
    }
    this.#at++
  }

  #list(at: string, depth: number): void {
    this.#at++
    for (let i = 0; ; i++) {
      this.#skip(SPACE)
      if (this.#at >= this.#text.length || this.#text.charAt(this.#at) === ']') break
      const item = pointTo(at, i)
      this.names.set(item, this.#at)
      this.value(item, depth + 1)
    }
    this.#at++
  }

  #word(): void {
    const offset = this.#at
    const word = this.#skip(OTHER)
    if (/^-?\d+$/.test(word) && !Number.isSafeInteger(Number(word))) this.#fault('rounded', offset)
    if (!Number.isFinite(Number(word)) && /\d/.test(word)) this.#fault('rounded', offset)
    if (word === '') this.#at++
  }

  #fault(found: JsonFault['found'], offset: number, more = { name: '', earlier: 0 }): void {
    if (this.faults.length < LIMITS.issues) this.faults.push({ found, offset, ...more })
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }
}
