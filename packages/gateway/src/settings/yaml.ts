/**
 * Reads YAML 1.2, and JSON, to plain JSON values, and remembers where everything stands.
 *
 * The values are built here from the syntax tree instead of by the library: on the same walk duplicate
 * names are found with both places (in linear time; the library compares each with each), aliases are
 * counted before they multiply, and what JSON cannot say (tags, dates, NaN, names that are lists) is
 * refused with its place. `<<` merges, because operators know it.
 *
 * Positions cost nothing until somebody asks: the syntax tree is kept and walked then.
 */
import type { Issue, Json } from '@changeover/reload'
import type { Alias, Document, Pair, ParsedNode, YAMLMap, YAMLSeq } from 'yaml'
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { LIMITS, type Place, type ReadText, syntaxIssue } from './document.ts'
import { type FaultySource, placeAt, yamlIssues } from './yaml-faults.ts'

const PARSE_OPTIONS = {
  version: '1.2',
  merge: true,
  prettyErrors: false,
  // Found by our own walk, in linear time and with both places.
  uniqueKeys: false,
  strict: true,
  stringKeys: false,
  // At `silent` the parser would pass over a second document without a word.
  logLevel: 'error',
} as const

export function readYaml(text: string, file: string): ReadText {
  const lines = new LineCounter()
  const document = parseDocument(text, { ...PARSE_OPTIONS, lineCounter: lines }) as Document
  const source = { file, text, lines, document }
  const faults = yamlIssues(source)
  if (faults.length > 0) return { ok: false, issues: faults }
  const builder = new ValueBuilder(source)
  const value = builder.build()
  if (builder.issues.length > 0) return { ok: false, issues: builder.issues }
  const placeOf = (steps: readonly string[]): Place => placeAt(source, offsetOf(document, steps))
  return { ok: true, document: { file, value, placeOf } }
}

type JsonMap = { readonly [key: string]: Json }

/** Thrown to leave the walk when going on would cost too much. */
class TooMuch extends Error {}

class ValueBuilder {
  readonly issues: Issue[] = []
  readonly #source: FaultySource
  #repeated = 0
  #insideAlias = 0

  constructor(source: FaultySource) {
    this.#source = source
  }

  build(): Json {
    try {
      return this.#value(this.#source.document.contents, 0)
    } catch (error) {
      if (!(error instanceof TooMuch)) throw error
      return null
    }
  }

  #value(node: unknown, depth: number): Json {
    if (node === null || node === undefined) return null
    if (depth > LIMITS.depth) this.#giveUp(node, 'nesting without end', `${LIMITS.depth} levels at most`)
    if (this.#insideAlias > 0 && ++this.#repeated > LIMITS.repeated) {
      this.#giveUp(node, 'aliases that repeat too much', `${LIMITS.repeated} repeated values at most`)
    }
    if (isAlias(node)) return this.#alias(node, depth)
    this.#refuseTag(node)
    if (isMap(node)) return this.#map(node, depth)
    if (isSeq(node)) return node.items.map((it: unknown) => this.#value(it, depth + 1))
    return isScalar(node) ? this.#scalar(node) : null
  }

  #alias(node: Alias, depth: number): Json {
    const target = node.resolve(this.#source.document)
    if (target === undefined) {
      this.#refuse(node, `the alias *${node.source}`, 'the name of an anchor above it')
      return null
    }
    this.#insideAlias++
    const value = this.#value(target, depth + 1)
    this.#insideAlias--
    return value
  }

  #map(map: YAMLMap, depth: number): Json {
    const value: Record<string, Json> = {}
    const first = new Map<string, unknown>()
    const merges: Pair[] = []
    for (const pair of map.items) {
      if (isMergeKey(pair)) {
        merges.push(pair)
        continue
      }
      const name = this.#name(pair.key)
      if (name === null) continue
      const earlier = first.get(name)
      if (earlier !== undefined) {
        const { line } = placeAt(this.#source, startOf(earlier))
        this.#refuse(pair.key, `"${name}" a second time, first in line ${line}`, 'each name once')
        continue
      }
      first.set(name, pair.key)
      value[name] = this.#value(pair.value, depth + 1)
    }
    return merges.length === 0 ? value : this.#merge(value, merges, depth)
  }

  /** What is merged stands behind what the map says itself, and earlier merges before later ones. */
  #merge(own: Record<string, Json>, merges: readonly Pair[], depth: number): Json {
    const merged: Record<string, Json> = {}
    for (const pair of merges) {
      const found = this.#value(pair.value, depth + 1)
      for (const it of Array.isArray(found) ? found : [found]) {
        if (typeof it === 'object' && it !== null && !Array.isArray(it)) {
          for (const [name, value] of Object.entries(it as JsonMap)) {
            if (!Object.hasOwn(merged, name)) merged[name] = value
          }
        } else {
          this.#refuse(pair.key, '"<<" with something that is not a map', 'an alias of a map')
        }
      }
    }
    return { ...merged, ...own }
  }

  #name(key: unknown): string | null {
    const name = isScalar(key) ? nameOf(key) : null
    if (name === null) {
      this.#refuse(key, 'a name that is not a simple word', 'name: value')
    } else if (name === '__proto__') {
      this.#refuse(key, 'the name "__proto__"', 'another name')
      return null
    } else {
      this.#refuseTag(key)
    }
    return name
  }

  #scalar(node: { value: unknown; range?: unknown }): Json {
    const { value } = node
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) this.#refuse(node, 'a number without end', 'a finite number')
      else if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
        this.#refuse(node, 'a whole number beyond 2^53', 'one that can be kept exactly, or text in quotes')
      }
      return value
    }
    if (typeof value === 'string' || typeof value === 'boolean') return value
    if (value === null || value === undefined) return null
    // Only a tag makes such a value, and it has been told of.
    return null
  }

  #refuseTag(node: unknown): void {
    const { tag } = node as { tag?: string }
    if (tag !== undefined && !isOwnTag(tag)) this.#refuse(node, `the tag "${shortTag(tag)}"`, 'a plain value')
  }

  /** What an alias repeats was said where it stands, above. */
  #refuse(node: unknown, found: string, expected: string): void {
    if (this.#insideAlias === 0) this.#note(node, found, expected)
  }

  #note(node: unknown, found: string, expected: string): void {
    if (this.issues.length >= LIMITS.issues) return
    this.issues.push(syntaxIssue(placeAt(this.#source, startOf(node)), found, expected))
  }

  #giveUp(node: unknown, found: string, expected: string): never {
    this.#note(node, found, expected)
    throw new TooMuch()
  }
}

function shortTag(tag: string): string {
  return tag.replace('tag:yaml.org,2002:', '!!').slice(0, 40)
}

/** Tags that say what the value is anyway. */
function isOwnTag(tag: string): boolean {
  return /^tag:yaml\.org,2002:(?:str|int|float|bool|null|map|seq)$/.test(tag)
}

function isMergeKey(pair: Pair): boolean {
  return (
    isScalar(pair.key) &&
    (pair.key.value === '<<' || typeof pair.key.value === 'symbol') &&
    pair.key.type === 'PLAIN'
  )
}

/** Names are text; a number is taken as it was written. */
function nameOf(key: { value: unknown; source?: string }): string | null {
  if (typeof key.value === 'string') return key.value
  return typeof key.value === 'number' || typeof key.value === 'boolean'
    ? (key.source ?? String(key.value))
    : null
}

function startOf(node: unknown): number {
  return (node as ParsedNode | null)?.range?.[0] ?? 0
}

/** Where the last step that exists starts: the name in a map, the item of a list. */
function offsetOf(document: Document, steps: readonly string[]): number {
  let node: unknown = document.contents
  let offset = startOf(node)
  for (const step of steps) {
    const child = childOf(resolve(document, node), step, document)
    if (child === null) return offset
    offset = child.offset
    node = child.node
  }
  return offset
}

function resolve(document: Document, node: unknown): unknown {
  return isAlias(node) ? node.resolve(document) : node
}

function childOf(node: unknown, step: string, document: Document): { node: unknown; offset: number } | null {
  if (isSeq(node)) return itemOf(node, step)
  if (!isMap(node)) return null
  for (const pair of node.items) {
    if (isScalar(pair.key) && nameOf(pair.key) === step)
      return { node: pair.value, offset: startOf(pair.key) }
  }
  return mergedChild(node, step, document)
}

function mergedChild(map: YAMLMap, step: string, document: Document): ReturnType<typeof childOf> {
  for (const pair of map.items) {
    if (!isPair(pair) || !isMergeKey(pair)) continue
    const value = resolve(document, pair.value)
    const sources = isSeq(value) ? value.items : [value]
    for (const source of sources) {
      const child = childOf(resolve(document, source), step, document)
      if (child !== null) return child
    }
  }
  return null
}

function itemOf(list: YAMLSeq, step: string): { node: unknown; offset: number } | null {
  const item = list.items[Number(step)]
  return item === undefined ? null : { node: item, offset: startOf(item) }
}
