/**
 * Google's JSON is that of its protocol buffers: every field may be written in camelCase and in snake_case, and
 * whole numbers of 64 bits as strings. Here both become one.
 *
 * Only the level that is asked for is renamed: below a field that is not known, names may be the caller's own.
 */
import { type Fields, fieldsOf, unexpected } from '../fields.ts'

/** The object with the names of its fields in camelCase; the same object where they are already. */
export function camelFields(value: Fields): Fields {
  const names = Object.keys(value)
  if (!names.some((it) => it.includes('_'))) return value
  return Object.fromEntries(names.map((name) => [toCamel(name), value[name]]))
}

export function protoFieldsOf(value: unknown, field: string): Fields {
  return camelFields(fieldsOf(value, field))
}

function toCamel(name: string): string {
  return name.startsWith('_')
    ? name
    : name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
}

/** Absent and `null` are the same. A number may be written as a string. */
export function protoNumber(value: unknown, field: string): number | undefined {
  if (value === undefined || value === null) return undefined
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number === 'number' && !Number.isNaN(number)) return number
  throw unexpected(field, value, 'a number')
}

/** The fields of `value` that are not named. */
export function restOf(value: Fields, known: ReadonlySet<string>): Record<string, unknown> | undefined {
  const rest = Object.entries(value).filter(([name]) => !known.has(name))
  return rest.length === 0 ? undefined : Object.fromEntries(rest)
}
