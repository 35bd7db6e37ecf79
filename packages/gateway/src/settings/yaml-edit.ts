/**
 * Writes a YAML text anew so that it says something else, from its own syntax tree: what stays is the same
 * node as before, with its comments, quotes and blank lines; what is new gets plain nodes.
 *
 * Lists are compared from both ends, so that what is inserted or taken out in the middle does not move
 * the comments of its neighbours.
 */
import type { Json, SettingsTree } from '@changeover/reload'
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import { sameJson } from './json-patch.ts'
import { ownValue } from './own-value.ts'

type JsonMap = { readonly [key: string]: Json }
interface Commented {
  comment?: string | null
  commentBefore?: string | null
  spaceBefore?: boolean
}

/** How the author of a text lays it out. */
export interface YamlLayout {
  readonly lineWidth: 0
  readonly indent: number
  readonly indentSeq: boolean
  readonly flowCollectionPadding: boolean
}

export function layoutOf(text: string): YamlLayout {
  return {
    lineWidth: 0,
    indent: indentOf(text),
    indentSeq: hasIndentedLists(text),
    flowCollectionPadding: !/[[{]\S/.test(text.replaceAll(/\$\{|\{\{/g, '')) || /\{ /.test(text),
  }
}

/** `null` when the text cannot be read. Sections that `wanted` leaves out go, unless they are empty. */
export function rewriteYaml(text: string, wanted: SettingsTree, layout = layoutOf(text)): string | null {
  const document = parseDocument(text, { merge: true, uniqueKeys: false }) as Document
  if (document.errors.length > 0) return null
  const writer = new TreeWriter(document)
  writer.root(wanted)
  const written = document.toString(layout)
  return text.includes('\r\n') ? written.replaceAll('\n', '\r\n') : written
}

class TreeWriter {
  readonly #document: Document

  constructor(document: Document) {
    this.#document = document
  }

  root(wanted: SettingsTree): void {
    const { contents } = this.#document
    if (!isMap(contents)) {
      this.#document.contents = this.#document.createNode(wanted)
      return
    }
    for (const pair of contents.items.slice()) {
      const kind = nameOf(pair)
      const isEmpty = sameJson(this.#valueOf(pair.value) ?? {}, {})
      // An empty section says nothing, and may hold comments that somebody wants to keep.
      if (kind !== null && !Object.hasOwn(wanted, kind) && !isEmpty) contents.delete(pair.key)
    }
    for (const [kind, section] of Object.entries(wanted)) this.#put(contents, kind, section)
  }

  #put(map: YAMLMap, name: string, wanted: Json): void {
    const pair = map.items.find((it) => nameOf(it) === name)
    if (pair === undefined) map.items.push(this.#document.createPair(name, wanted))
    else pair.value = this.#node(pair.value, wanted)
  }

  /** The node that says what is wanted: the old one where it can. */
  #node(node: unknown, wanted: Json): unknown {
    if (sameJson(this.#valueOf(node), wanted)) return node
    if (isMap(node) && isJsonMap(wanted)) return this.#map(node, wanted)
    if (isSeq(node) && Array.isArray(wanted)) return this.#list(node, wanted as readonly Json[])
    if (isScalar(node) && (typeof wanted !== 'object' || wanted === null)) return exchange(node, wanted)
    const fresh: unknown = this.#document.createNode(wanted)
    if (typeof node === 'object' && node !== null) copyComments(node, fresh as Commented)
    return fresh
  }

  #map(map: YAMLMap, wanted: JsonMap): unknown {
    const merged = map.items.some((it) => isMergeKey(it)) ? this.#valueOf(map) : null
    for (const pair of map.items.slice()) {
      const name = nameOf(pair)
      if (name !== null && !isMergeKey(pair) && !Object.hasOwn(wanted, name)) map.delete(pair.key)
    }
    for (const [name, value] of Object.entries(wanted)) {
      const isMerged = merged !== null && isJsonMap(merged) && sameJson(ownValue(merged, name) ?? null, value)
      if (!isMerged || Object.hasOwn(ownNames(map), name)) this.#put(map, name, value)
    }
    return map
  }

  #list(list: YAMLSeq, wanted: readonly Json[]): unknown {
    const held = list.items.map((it) => this.#valueOf(it))
    let start = 0
    while (start < Math.min(held.length, wanted.length) && sameAt(held, start, wanted, start)) start++
    let heldEnd = held.length
    let end = wanted.length
    while (heldEnd > start && end > start && sameAt(held, heldEnd - 1, wanted, end - 1)) {
      heldEnd--
      end--
    }
    const between = wanted.slice(start, end).map((value, i) => {
      const at = start + i
      return at < heldEnd ? this.#node(list.items[at], value) : this.#document.createNode(value)
    })
    list.items.splice(start, heldEnd - start, ...between)
    return list
  }

  #valueOf(node: unknown): Json {
    if (typeof node !== 'object' || node === null) return null
    const target = isAlias(node) ? node.resolve(this.#document) : node
    if (!isMap(target) && !isSeq(target) && !isScalar(target)) return null
    return target.toJS(this.#document, { maxAliasCount: 1000 }) as Json
  }
}

function sameAt(a: readonly Json[], i: number, b: readonly Json[], j: number): boolean {
  return sameJson(a[i] ?? null, b[j] ?? null)
}

function exchange(old: Scalar, value: string | number | boolean | null): Scalar {
  const fresh = new Scalar(value)
  if (typeof value === 'string' && typeof old.value === 'string' && old.type !== undefined)
    fresh.type = old.type
  copyComments(old, fresh)
  return fresh
}

function copyComments(from: Commented, to: Commented): void {
  if (from.comment != null) to.comment = from.comment
  if (from.commentBefore != null) to.commentBefore = from.commentBefore
  if (from.spaceBefore === true) to.spaceBefore = true
}

function nameOf(pair: Pair): string | null {
  const { key } = pair
  if (!isScalar(key)) return null
  if (typeof key.value === 'string') return key.value
  return (
    key.source ?? (typeof key.value === 'number' || typeof key.value === 'boolean' ? String(key.value) : null)
  )
}

function ownNames(map: YAMLMap): Readonly<Record<string, true>> {
  return Object.fromEntries(map.items.flatMap((it) => (isMergeKey(it) ? [] : [[nameOf(it) ?? '', true]])))
}

function isMergeKey(pair: Pair): boolean {
  const { key } = pair
  return isScalar(key) && key.type === 'PLAIN' && (key.source === '<<' || key.value === '<<')
}

function isJsonMap(value: Json): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Spaces of the first deeper line; two when there is none. */
function indentOf(text: string): number {
  for (const found of text.matchAll(/^( +)[^\s#-]/gm)) return Math.min(8, found[1]?.length ?? 2)
  return 2
}

/** False for files that put the dashes of a list below the name, not deeper. */
function hasIndentedLists(text: string): boolean {
  return !/^( *)[^\s#-][^\n]*:[ \t]*\n\1- /m.test(text)
}
