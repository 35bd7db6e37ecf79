/**
 * Reads JSON that came from outside: strict, within caps, and with the place of whatever is wrong.
 *
 * Three linear passes and no recursion of ours: a survey of the text (how deep, how many, how many keys)
 * so that the caps hold before anything is built, then `JSON.parse`, then a walk that finds what
 * `JSON.parse` lets through: a key given twice (it would silently keep the last), keys that reach an
 * object's prototype, half surrogate pairs, numbers too large to be numbers. All three run at the speed
 * of the engine; the slow exact reader (`json-fault.ts`) runs only when something is wrong, to say where.
 */
import type { Json } from '../contract/payload.ts'
import type { ReloadError } from '../errors.ts'
import { findFault } from './json-fault.ts'
import { refusal } from './refusal.ts'

/** Keys that a careless assignment would turn into a change of every object. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

export interface JsonLimits {
  /** Names the text in errors: `the manifest`, `resource "routes/support"`. */
  readonly what: string
  /** Levels of lists and objects. */
  readonly depth: number
  /** Values: lists, objects and scalars. */
  readonly count: number
  /** Pointer under which the text stands, for issues. */
  readonly at?: string
}

/**
 * The value of a JSON text. Throws `payload.not_json` with line and column, `payload.forbidden_key`, or
 * `payload.too_many`; nothing is built before the caps have been found to hold.
 */
export function parseJson(text: string, limits: JsonLimits): Json {
  const found = survey(text)
  keepCap(`levels of nesting in ${limits.what}`, found.depth, limits.depth, limits.at)
  keepCap(`values in ${limits.what}`, found.values, limits.count, limits.at)
  let value: Json
  try {
    value = JSON.parse(text) as Json
  } catch (cause) {
    throw faultOf(text, limits, cause)
  }
  if (!isClean(value, found)) throw faultOf(text, limits)
  return value
}

/** Reads UTF-8 bytes as text; `payload.not_utf8` when they are not. A byte order mark is not skipped. */
export function readUtf8(bytes: Uint8Array, what: string, at?: string): string {
  try {
    return UTF8.decode(bytes)
  } catch (cause) {
    throw refusal('payload.not_utf8', { what }, at, cause)
  }
}
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

interface Survey {
  readonly depth: number
  readonly values: number
  readonly keys: number
  /** Some escape may stand for half a surrogate pair: worth a look at the strings. */
  readonly halves: boolean
}

const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

/** Counts without building. Exact for JSON; for anything else `JSON.parse` refuses it just after. */
function survey(text: string): Survey {
  let [depth, deepest, commas, filled, keys] = [0, 0, 0, 0, 0]
  let justOpened = false
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit <= 32) continue
    const closes = unit === CLOSE_LIST || unit === CLOSE_OBJECT
    if (justOpened && !closes) filled++
    justOpened = unit === OPEN_LIST || unit === OPEN_OBJECT
    if (justOpened) deepest = Math.max(deepest, ++depth)
    else if (closes) depth--
    else if (unit === COMMA) commas++
    else if (unit === COLON) keys++
    else if (unit === QUOTE) i = endOfString(text, i + 1)
  }
  return { depth: deepest, values: 1 + commas + filled, keys, halves: HALF.test(text) }
}

/** The beginning of an escape that stands for half a surrogate pair, or looks as if. */
const HALF = /\\u[dD]/

/** Where the quote stands that ends it. Most text stands in strings, so the engine's own search goes over them. */
function endOfString(text: string, from: number): number {
  let end = text.indexOf('"', from)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end === -1 ? text.length : end
}

/** Behind an odd number of backslashes. */
function isEscaped(text: string, at: number): boolean {
  let first = at
  while (text.charCodeAt(first - 1) === BACKSLASH) first--
  return (at - first) % 2 === 1
}

/** Whether the parsed value holds nothing that `JSON.parse` took and we do not. */
function isClean(value: Json, expected: Survey): boolean {
  const waiting: Json[] = [value]
  let keys = 0
  for (let it = waiting.pop(); it !== undefined; it = waiting.pop()) {
    if (typeof it === 'string') {
      if (expected.halves && !it.isWellFormed()) return false
    } else if (typeof it === 'number') {
      if (!Number.isFinite(it)) return false
    } else if (Array.isArray(it)) {
      for (const child of it) waiting.push(child)
    } else if (typeof it === 'object' && it !== null) {
      const object = it as { readonly [key: string]: Json }
      for (const key of Object.keys(object)) {
        if (FORBIDDEN_KEYS.has(key) || (expected.halves && !key.isWellFormed())) return false
        keys++
        waiting.push(object[key] as Json)
      }
    }
  }
  // Fewer keys than colons: some object had one twice, and the parser kept only the last.
  return keys === expected.keys
}

function keepCap(what: string, found: number, limit: number, at: string | undefined): void {
  if (found > limit) throw refusal('payload.too_many', { what, found, limit }, at)
}

function faultOf(text: string, limits: JsonLimits, cause?: unknown): ReloadError {
  const fault = findFault(text, FORBIDDEN_KEYS)
  const at = limits.at ?? ''
  if (fault.key !== undefined) {
    const pointer = at + fault.pointer
    return refusal('payload.forbidden_key', { pointer, key: fault.key }, pointer, cause)
  }
  const { line, column } = placeOf(text, fault.offset)
  const { found, expected } = fault
  return refusal('payload.not_json', { what: limits.what, line, column, found, expected }, limits.at, cause)
}

/** Line and column of an offset; both start at 1, columns count UTF-16 code units. */
function placeOf(text: string, offset: number): { line: number; column: number } {
  let line = 1
  let start = 0
  for (let end = text.indexOf('\n'); end !== -1 && end < offset; end = text.indexOf('\n', start)) {
    line++
    start = end + 1
  }
  return { line, column: offset - start + 1 }
}
