/**
 * Writes the plainest YAML quickly: block maps and lists of simple words, numbers, yes and no. Most settings that come by
 * thousands are nothing else, and the YAML library takes some twenty times as long for each.
 *
 * Invariant: `null`, or exactly what the library writes for it. Whatever needs quotes, anchors or a form of its own is left to the
 * library.
 */
import type { Json } from '@changeover/reload'
import type { YamlLayout } from './yaml-edit.ts'

/** Words that no reader takes for anything else. */
const WORDS = /^[A-Za-z_][\w./@-]{0,99}(?: [A-Za-z_][\w./@-]{0,99}){0,20}$/
const NAME = /^[A-Za-z_][\w./@-]{0,99}$/
const RESERVED = /^(?:true|false|null|yes|no|on|off|y|n)$/i
const MOST_LEVELS = 16

/** Thrown to leave from any depth, and never seen outside. */
const notPlain = new Error('not plain')

/** A map of one entry, as lines without an end; `null` for what is not plain. */
export function writePlainEntry(name: string, value: Json, layout: YamlLayout): readonly string[] | null {
  if (layout.indent !== 2) return null
  const writer = new PlainWriter(layout.indentSeq)
  try {
    writer.pair('', '', [name, value], 0)
  } catch (error) {
    if (error === notPlain) return null
    throw error
  }
  return writer.lines
}

class PlainWriter {
  readonly lines: string[] = []
  readonly #listIndent: string
  /** The library writes what comes a second time as an alias. */
  readonly #seen = new Set<object>()

  constructor(indentSeq: boolean) {
    this.#listIndent = indentSeq ? '  ' : ''
  }

  /** `first` stands before the name, `indent` before the lines below it. */
  pair(first: string, indent: string, [name, value]: readonly [string, Json], level: number): void {
    if (!NAME.test(name) || RESERVED.test(name)) throw notPlain
    if (isEmptyOrSimple(value)) {
      this.lines.push(`${first}${name}: ${simple(value)}`)
      return
    }
    this.lines.push(`${first}${name}:`)
    const below = Array.isArray(value) ? indent + this.#listIndent : `${indent}  `
    this.#collection(below, below, value, level + 1)
  }

  #collection(first: string, indent: string, value: object, level: number): void {
    if (level > MOST_LEVELS || this.#seen.has(value)) throw notPlain
    this.#seen.add(value)
    let before = first
    if (Array.isArray(value)) {
      for (const it of value as readonly Json[]) {
        if (isEmptyOrSimple(it)) this.lines.push(`${before}- ${simple(it)}`)
        else this.#collection(`${before}- `, `${indent}  `, it, level + 1)
        before = indent
      }
      return
    }
    for (const it of Object.entries(value as Readonly<Record<string, Json>>)) {
      this.pair(before, indent, it, level)
      before = indent
    }
  }
}

type Simple = string | number | boolean | null

function isEmptyOrSimple(value: Json): value is Simple {
  return typeof value !== 'object' || value === null || Object.keys(value).length === 0
}

function simple(value: Simple | object): string {
  if (typeof value === 'string') {
    if (WORDS.test(value) && !RESERVED.test(value)) return value
    throw notPlain
  }
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return String(value)
    throw notPlain
  }
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? '[]' : '{}'
  return String(value)
}
