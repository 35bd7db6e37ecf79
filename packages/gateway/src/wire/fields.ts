/**
 * Reading fields of JSON that someone else wrote: each function takes the value as it came and gives it back
 * with its type, or throws `request.field`, which names the field, what was found and what was expected.
 */
import { GatewayError } from '../errors.ts'

export type Fields = Readonly<Record<string, unknown>>

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function fieldsOf(value: unknown, field: string): Fields {
  if (isFields(value)) return value
  throw unexpected(field, value, 'an object')
}

export function listOf(value: unknown, field: string): readonly unknown[] {
  if (Array.isArray(value)) return value
  throw unexpected(field, value, 'an array')
}

export function textOf(value: unknown, field: string): string {
  if (typeof value === 'string') return value
  throw unexpected(field, value, 'a string')
}

/** Absent and `null` are the same: many clients write every field they know. */
export function numberOrNone(value: unknown, field: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number') return value
  throw unexpected(field, value, 'a number')
}

export function textOrNone(value: unknown, field: string): string | undefined {
  return value === undefined || value === null ? undefined : textOf(value, field)
}

export function flagOrNone(value: unknown, field: string): boolean | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value
  throw unexpected(field, value, 'true or false')
}

export function listOrNone(value: unknown, field: string): readonly unknown[] | undefined {
  return value === undefined || value === null ? undefined : listOf(value, field)
}

export function unexpected(field: string, value: unknown, expected: string): GatewayError {
  return new GatewayError('request.field', { field, found: describe(value), expected })
}

/** Says what kind of thing a value is; never the value itself, which may be private. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  return `a ${typeof value}`
}

/** For replies, which are read leniently: a field of another type counts as absent. */
export function stringOr(value: unknown, other: string): string {
  return typeof value === 'string' ? value : other
}

/** Without what is `undefined`, so that absent stays absent. */
export function present<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  const kept: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) kept[name] = value
  return kept as T
}
