/**
 * Small checks that a schema is written with (`manifest.ts`): each looks at one value and reports what is
 * wrong with it, and all of them run, so that a person sees every mistake at once.
 *
 * They only look. A value that passes is used as it was parsed; nothing is coerced, because a receiver
 * that mends a payload runs something that nobody signed. Why not a schema library: this package has no
 * dependencies, and these checks are what stands between outside bytes and the engine.
 */
import type { Json } from '../contract/payload.ts'
import type { Issue } from '../contract/receipt.ts'
import { type DetailsOf, type ErrorCode, ReloadError, sayError } from '../errors.ts'
import { LONGEST_MS, MOST_ISSUES } from './defaults.ts'
import { nearest } from './nearest.ts'
import { pointTo } from './pointer.ts'

export type Check = (value: Json, at: string, findings: Findings) => void

/** Everything found wrong with one document. */
export class Findings {
  readonly issues: Issue[] = []
  #count = 0
  #first: ReloadError | null = null

  add<Code extends ErrorCode>(code: Code, details: DetailsOf<Code>, pointer: string): void {
    this.#count++
    if (this.issues.length === MOST_ISSUES) return
    this.issues.push({ code, message: sayError(code, details), pointer })
    this.#first ??= new ReloadError(code, details, { issues: this.issues })
  }

  expected(pointer: string, found: string, expected: string): void {
    this.add('payload.schema', { pointer, found, expected }, pointer)
  }

  /** One issue is thrown as what it is; several as `payload.unreadable`, with the first hundred. */
  throwIfAny(source: string): void {
    if (this.#count > 1) {
      throw new ReloadError('payload.unreadable', { source, count: this.#count }, { issues: this.issues })
    }
    if (this.#first) throw this.#first
  }
}

export interface TextRule {
  readonly expected: string
  readonly longest: number
  readonly shape?: RegExp
  readonly accepts?: (text: string) => boolean
  /** The text may hold a secret: never shown. */
  readonly hidden?: boolean
}

export function text(rule: TextRule): Check {
  return (value, at, findings) => {
    if (typeof value !== 'string') return findings.expected(at, kindOf(value), rule.expected)
    if (value.length > rule.longest) {
      return findings.expected(at, `${value.length} characters`, `${rule.longest} at most`)
    }
    const fits = (rule.shape?.test(value) ?? true) && (rule.accepts?.(value) ?? true)
    if (!fits) findings.expected(at, rule.hidden ? 'something else' : show(value), rule.expected)
  }
}

export function integer(least: number, most: number): Check {
  return (value, at, findings) => {
    if (Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most) return
    const found = typeof value === 'number' ? String(value) : kindOf(value)
    findings.expected(at, found, `a whole number from ${least} to ${most}`)
  }
}

/** Any number within bounds, which may not be whole. */
export function numberIn(rule: { least: number; most: number; expected: string }): Check {
  return (value, at, findings) => {
    if (typeof value === 'number' && value >= rule.least && value <= rule.most) return
    findings.expected(at, typeof value === 'number' ? String(value) : kindOf(value), rule.expected)
  }
}

/** A duration in milliseconds that a timer can wait. */
export const milliseconds = (least: number): Check => integer(least, LONGEST_MS)

export const flag: Check = (value, at, findings) => {
  if (typeof value !== 'boolean') findings.expected(at, kindOf(value), 'true or false')
}

export function oneOf(...words: readonly string[]): Check {
  const expected = words.map((it) => `"${it}"`).join(' or ')
  return (value, at, findings) => {
    if (typeof value === 'string' && words.includes(value)) return
    findings.expected(at, typeof value === 'string' ? show(value) : kindOf(value), expected)
  }
}

export function orNull(check: Check): Check {
  return (value, at, findings) => {
    if (value !== null) check(value, at, findings)
  }
}

/** A list of at most `most` members; one that is longer is not looked into. */
export function listOf(check: Check, what: string, most: number, least = 0): Check {
  return (value, at, findings) => {
    if (!Array.isArray(value)) return findings.expected(at, kindOf(value), 'a list')
    if (value.length > most) {
      return findings.add('payload.too_many', { what, found: value.length, limit: most }, at)
    }
    if (value.length < least) findings.expected(at, 'an empty list', `${least} ${what} at least`)
    value.forEach((it: Json, i) => {
      check(it, pointTo(at, i), findings)
    })
  }
}

/** An object whose keys are free. */
export function mapOf(check: Check, what: string, most: number): Check {
  return (value, at, findings) => {
    if (!isObject(value)) return findings.expected(at, kindOf(value), 'an object')
    const keys = Object.keys(value)
    if (keys.length > most) {
      return findings.add('payload.too_many', { what, found: keys.length, limit: most }, at)
    }
    for (const key of keys) check(value[key] as Json, pointTo(at, key), findings)
  }
}

/** An object with these fields and no others. A check after the fields may compare them. */
export function objectOf(
  fields: { readonly required?: Record<string, Check>; readonly optional?: Record<string, Check> },
  together?: (value: { readonly [key: string]: Json }, at: string, findings: Findings) => void,
): Check {
  const known = new Map(Object.entries({ ...fields.required, ...fields.optional }))
  const required = Object.keys(fields.required ?? {})
  return (value, at, findings) => {
    if (!isObject(value)) return findings.expected(at, kindOf(value), 'an object')
    for (const name of required) {
      if (!Object.hasOwn(value, name)) findings.expected(pointTo(at, name), 'nothing', 'this field')
    }
    for (const key of Object.keys(value)) {
      const inside = pointTo(at, key)
      const check = known.get(key)
      if (check) check(value[key] as Json, inside, findings)
      else
        findings.add(
          'payload.unknown_field',
          { pointer: inside, nearest: nearest(key, known.keys()) },
          inside,
        )
    }
    together?.(value, at, findings)
  }
}

export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** What a value is, without saying what it holds. */
export function kindOf(value: Json | undefined): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

function show(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
}
