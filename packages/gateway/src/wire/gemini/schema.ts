/**
 * Google's dialect of schemas (a part of OpenAPI 3.0) to JSON Schema and back.
 *
 * Everything of the dialect has a place in JSON Schema, so that way loses nothing. The way back loses what the
 * dialect lacks, and names it: the caller of these functions then sends the JSON Schema itself, in the field
 * that newer models have for it, and warns of what these do not read either.
 */
import { type Fields, isFields } from '../fields.ts'
import { camelFields } from './proto-fields.ts'

/** Nesting beyond this is not a schema that anyone wrote. */
const DEEPEST = 64

const COUNTS = ['maxItems', 'minItems', 'minProperties', 'maxProperties', 'minLength', 'maxLength'] as const
const PLAIN = ['title', 'description', 'pattern', 'example', 'propertyOrdering', 'default'] as const
const BOUNDS = ['minimum', 'maximum'] as const

export function schemaFromGoogle(schema: Fields, depth = 0): Record<string, unknown> {
  const it = camelFields(schema)
  const made: Record<string, unknown> = {}
  const down = (value: unknown): unknown =>
    isFields(value) && depth < DEEPEST ? schemaFromGoogle(value, depth + 1) : value
  for (const [name, value] of Object.entries(it)) {
    if (name === 'type') made['type'] = typeof value === 'string' ? value.toLowerCase() : value
    else if (name === 'items') made['items'] = down(value)
    else if (name === 'anyOf' && Array.isArray(value)) made['anyOf'] = value.map(down)
    else if (name === 'properties' && isFields(value)) made['properties'] = mapValues(value, down)
    else if ((COUNTS as readonly string[]).includes(name)) made[name] = Number(value)
    else if (name !== 'nullable') made[name] = value
  }
  return it['nullable'] === true ? withNull(made) : made
}

function withNull(schema: Record<string, unknown>): Record<string, unknown> {
  const { type, anyOf } = schema
  if (typeof type === 'string') {
    schema['type'] = [type, 'null']
    if (Array.isArray(schema['enum'])) schema['enum'] = [...(schema['enum'] as unknown[]), null]
  } else if (Array.isArray(anyOf)) schema['anyOf'] = [...(anyOf as unknown[]), { type: 'null' }]
  return schema
}

export interface GoogleSchema {
  readonly schema: Record<string, unknown>
  /** What the dialect has no word for: `additionalProperties`, `properties.id.$ref`. */
  readonly lost: readonly string[]
}

export function schemaToGoogle(schema: Fields): GoogleSchema {
  const lost: string[] = []
  return { schema: toGoogle(schema, { path: '', lost, depth: 0 }), lost }
}

interface Place {
  /** With a dot at its end, or empty. */
  readonly path: string
  readonly lost: string[]
  readonly depth: number
}

function toGoogle(schema: Fields, at: Place): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  const lose = (name: string) => at.lost.push(`${at.path}${name}`)
  const down = (value: unknown, name: string): unknown => {
    if (isFields(value) && at.depth < DEEPEST) {
      return toGoogle(value, { path: `${at.path}${name}.`, lost: at.lost, depth: at.depth + 1 })
    }
    lose(name)
    return undefined
  }
  for (const [name, value] of Object.entries(schema)) {
    if (name === 'type') putType(value, made, lose)
    else if (name === 'enum' || name === 'const') putEnum(name, value, { made, lose })
    else if (name === 'items') made['items'] = down(value, name)
    else if (name === 'anyOf' && Array.isArray(value)) putAnyOf(value, made, down)
    else if (name === 'properties' && isFields(value)) {
      made['properties'] = mapValues(value, (it, key) => down(it, `properties.${key}`))
    } else if (name === 'format') putFormat(schema, made, lose)
    else if (isKept(name, value)) made[name] = value
    else if (!means(name, value)) lose(name)
  }
  return made
}

type Lose = (name: string) => void

function putType(value: unknown, made: Record<string, unknown>, lose: Lose): void {
  const types: readonly unknown[] = Array.isArray(value) ? value : [value]
  const named = types.filter((it) => it !== 'null')
  const [only] = named
  if (typeof only !== 'string') {
    if (types.length === 1) made['type'] = 'NULL'
    else lose('type')
    return
  }
  if (named.length > 1) lose('type')
  made['type'] = only.toUpperCase()
  if (named.length < types.length) made['nullable'] = true
}

/** The dialect's values are strings; `null` among them is what `nullable` says. */
function putEnum(
  name: 'enum' | 'const',
  value: unknown,
  it: { readonly made: Record<string, unknown>; readonly lose: Lose },
): void {
  const values: readonly unknown[] = name === 'const' ? [value] : Array.isArray(value) ? value : [undefined]
  const named = values.filter((one) => one !== null)
  if (named.length === 0 || !named.every((one) => typeof one === 'string')) it.lose(name)
  else it.made['enum'] = named
}

function putAnyOf(
  list: readonly unknown[],
  made: Record<string, unknown>,
  down: (value: unknown, name: string) => unknown,
): void {
  const isNull = (it: unknown) => isFields(it) && it['type'] === 'null' && Object.keys(it).length === 1
  const others = list.filter((it) => !isNull(it))
  if (others.length < list.length) made['nullable'] = true
  made['anyOf'] = others.map((it, i) => down(it, `anyOf[${i}]`))
}

/** Others are refused, not ignored. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  string: ['enum', 'date-time'],
  number: ['float', 'double'],
  integer: ['int32', 'int64'],
}

function putFormat(schema: Fields, made: Record<string, unknown>, lose: Lose): void {
  const { type, format } = schema
  const types: readonly unknown[] = Array.isArray(type) ? type : [type]
  const fits = types.some((it) => typeof it === 'string' && FORMATS[it]?.includes(String(format)))
  if (fits) made['format'] = format
  else lose('format')
}

function isKept(name: string, value: unknown): boolean {
  if ((COUNTS as readonly string[]).includes(name) || (BOUNDS as readonly string[]).includes(name)) {
    return typeof value === 'number'
  }
  if (name === 'required') return Array.isArray(value)
  return (PLAIN as readonly string[]).includes(name)
}

/** Words that change nothing about what is accepted. */
function means(name: string, value: unknown): boolean {
  return name === '$schema' || name === '$id' || name === '$comment' || (name === '$defs' && isEmpty(value))
}

function isEmpty(value: unknown): boolean {
  return isFields(value) && Object.keys(value).length === 0
}

function mapValues(value: Fields, change: (it: unknown, key: string) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, it]) => [key, change(it, key)]))
}

/** Keywords of JSON Schema that Google reads; the others it says it may ignore. */
const READ: ReadonlySet<string> = new Set([
  '$id',
  '$defs',
  '$ref',
  '$anchor',
  '$schema',
  '$comment',
  'type',
  'format',
  'title',
  'description',
  'const',
  'default',
  'enum',
  'items',
  'prefixItems',
  'minItems',
  'maxItems',
  'minimum',
  'maximum',
  'anyOf',
  'oneOf',
  'properties',
  'additionalProperties',
  'required',
  'propertyOrdering',
])

/** Which words of a JSON Schema are not read even where JSON Schema is taken. */
export function unreadKeywords(schema: unknown, depth = 0): readonly string[] {
  if (!isFields(schema) || depth > DEEPEST) return []
  const found = new Set<string>()
  const look = (value: unknown) => {
    for (const it of unreadKeywords(value, depth + 1)) found.add(it)
  }
  for (const [name, value] of Object.entries(schema)) {
    if (!READ.has(name)) found.add(name)
    else if (name === 'properties' || name === '$defs') {
      if (isFields(value)) Object.values(value).forEach(look)
    } else if (name === 'anyOf' || name === 'oneOf' || name === 'prefixItems') {
      if (Array.isArray(value)) value.forEach(look)
    } else if (name === 'items' || name === 'additionalProperties') look(value)
  }
  return [...found]
}
