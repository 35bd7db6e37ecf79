/**
 * What a schema in the settings may look like, before anything is compiled of it: of a bounded size, by itself (no
 * reference leads out of it, so nothing is ever fetched), and without a name of its own that others could refer to.
 *
 * Positions matter: a property may be called `$ref`, and examples may hold anything.
 */
import { DATA, excessOfSchema, MAPS } from '../contract/schema-size.ts'

type Fields = Readonly<Record<string, unknown>>

const NAMES: readonly string[] = ['$id', '$anchor', '$dynamicAnchor', '$vocabulary']
/** Not of the standard: with it a check answers later, and until then everything would pass. */
const SYNC = 'nothing: a schema here is checked at once'
const REFERENCES: readonly string[] = ['$ref', '$dynamicRef']
export const DIALECT = 'https://json-schema.org/draft/2020-12/schema'

export interface SchemaProblem {
  /** From the schema's top. */
  readonly path: readonly string[]
  /** Where the value there does not tell. */
  readonly found?: string
  readonly expected: string
}

/** The first thing that is wrong; `null` when nothing is. */
export function problemOfSchema(schema: Fields): SchemaProblem | null {
  const dialect = schema['$schema']
  if (dialect !== undefined && dialect !== DIALECT) return { path: ['$schema'], expected: DIALECT }
  const excess = excessOfSchema(schema)
  return excess === null ? problemIn(schema, []) : { path: [], ...excess }
}

/** The schema with each reference within it rewritten, for a place inside another document. */
export function withReferencesBelow(schema: Fields, pointer: string): Fields {
  return mapSchema(schema, pointer) as Fields
}

function problemIn(schema: unknown, path: readonly string[]): SchemaProblem | null {
  if (Array.isArray(schema)) return firstProblem(schema.entries(), path)
  if (!isFields(schema)) return null
  for (const name of NAMES) {
    if (schema[name] !== undefined)
      return { path: [...path, name], expected: 'nothing: a schema here has no name' }
  }
  if (schema['$async'] !== undefined) return { path: [...path, '$async'], expected: SYNC }
  for (const name of REFERENCES) {
    const to = schema[name]
    if (to !== undefined && !(typeof to === 'string' && (to === '#' || to.startsWith('#/'))))
      return { path: [...path, name], expected: 'a reference within the schema, such as #/$defs/item' }
  }
  for (const [name, value] of Object.entries(schema)) {
    if (DATA.has(name)) continue
    const below = [...path, name]
    const found =
      MAPS.has(name) && isFields(value) ? firstProblem(Object.entries(value), below) : problemIn(value, below)
    if (found !== null) return found
  }
  return null
}

function firstProblem(
  entries: Iterable<readonly [string | number, unknown]>,
  path: readonly string[],
): SchemaProblem | null {
  for (const [name, value] of entries) {
    const found = problemIn(value, [...path, String(name)])
    if (found !== null) return found
  }
  return null
}

function mapSchema(schema: unknown, pointer: string): unknown {
  if (Array.isArray(schema)) return schema.map((it) => mapSchema(it, pointer))
  if (!isFields(schema)) return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name]) => name !== '$schema')
      .map(([name, value]) => [name, mapKeyword(name, value, pointer)]),
  )
}

function mapKeyword(name: string, value: unknown, pointer: string): unknown {
  if (DATA.has(name)) return value
  if (REFERENCES.includes(name) && typeof value === 'string') return `#${pointer}${value.slice(1)}`
  if (!MAPS.has(name) || !isFields(value)) return mapSchema(value, pointer)
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, mapSchema(it, pointer)]))
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
