/**
 * Canonical JSON (RFC 8785): one text for one value, so that equal settings have equal digests wherever
 * they were sealed.
 *
 * Used only to write. A receiver hashes the bytes it was given and never has to agree with us about this:
 * a digest of re-written JSON would make every reader's number printing part of the security argument.
 *
 * Not here: reading (`json.ts`).
 */
import type { Json } from '../contract/payload.ts'
import type { ReloadError } from '../errors.ts'
import { MOST_DEPTH } from './defaults.ts'
import { pointTo } from './pointer.ts'
import { refusal } from './refusal.ts'

/** The way from the root to what is being written; turned into a pointer only when something is wrong. */
type Steps = (string | number)[]

/** Texts of values that others keep, and that never change. */
const remembered = new WeakMap<object, string>()

/**
 * Writes a value once for all: wherever it is part of what is written later, its text is put in as it is. Only for
 * deeply frozen values, and flat ones, since how deep they stand is then not looked at. Throws as `canonicalJson`.
 */
export function rememberCanonical(value: { readonly [key: string]: Json }): void {
  remembered.set(value, canonicalJson(value))
}

/**
 * The canonical text of `value`. Throws `payload.schema` for what JSON cannot say (undefined, NaN, a
 * Date, half a surrogate pair), pointing there from `at`; `payload.too_many` for what never ends.
 */
export function canonicalJson(value: Json, at = ''): string {
  const steps: Steps = []
  try {
    return write(value, steps)
  } catch (error) {
    if (error instanceof Unwritable) throw refused(error.found, steps.reduce<string>(pointTo, at))
    throw error
  }
}

function write(value: Json, steps: Steps): string {
  if (typeof value === 'string') return writeText(value)
  if (typeof value === 'number') return writeNumber(value)
  if (typeof value === 'boolean') return value ? 'true' : 'false'
  if (value === null) return 'null'
  if (typeof value !== 'object') throw new Unwritable(`a value of type ${typeof value}`)
  if (steps.length >= MOST_DEPTH) throw new Unwritable('')
  return isList(value) ? writeList(value, steps) : writeObject(value, steps)
}

function isList(value: object): value is readonly Json[] {
  return Array.isArray(value)
}

function writeText(text: string): string {
  if (!text.isWellFormed()) throw new Unwritable('half a surrogate pair')
  return JSON.stringify(text)
}

function writeNumber(number: number): string {
  if (!Number.isFinite(number)) throw new Unwritable(String(number))
  return JSON.stringify(number)
}

function writeList(list: readonly Json[], steps: Steps): string {
  let text = '['
  for (let i = 0; i < list.length; i++) {
    if (i > 0) text += ','
    steps.push(i)
    text += write(list[i] as Json, steps)
    steps.pop()
  }
  return `${text}]`
}

function writeObject(object: { readonly [key: string]: Json }, steps: Steps): string {
  const known = remembered.get(object)
  if (known !== undefined) return known
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype !== Object.prototype && prototype !== null) throw new Unwritable('an object of a class')
  let text = '{'
  // The default order of `sort` is by UTF-16 code unit, which is what RFC 8785 asks for.
  for (const key of Object.keys(object).sort()) {
    if (text.length > 1) text += ','
    steps.push(key)
    text += `${writeText(key)}:${write(object[key] as Json, steps)}`
    steps.pop()
  }
  return `${text}}`
}

/** Thrown from inside; the steps that are left then lead to the place. */
class Unwritable extends Error {
  readonly found: string
  constructor(found: string) {
    super(found)
    this.found = found
  }
}

function refused(found: string, pointer: string): ReloadError {
  if (found !== '') return refusal('payload.schema', { pointer, found, expected: 'a JSON value' }, pointer)
  const what = 'levels of nesting'
  return refusal('payload.too_many', { what, found: MOST_DEPTH + 1, limit: MOST_DEPTH }, pointer)
}
