/**
 * How much work it is to compile a JSON Schema of the settings, told before anything is compiled: a compiler runs on the
 * thread that serves calls, and what is beyond these bounds could hold all of them up for seconds.
 *
 * Bytes alone bound nothing: one reference stands for all that it leads to, and one `{1000}` for as many steps. So what
 * is compiled is counted: each schema, and again what each reference leads to; of patterns the steps of a matcher.
 *
 * The bounds are far above schemas of people, and stand for some tenths of a second at the most: see the decision
 * 2026-11-22-size-of-schemas.
 */

type Fields = Readonly<Record<string, unknown>>

const MOST_BYTES = 64 * 1024
const DEEPEST = 32
export const MOST_SCHEMAS = 1000
export const MOST_STEPS = 20_000
/** More than that is refused by the engine itself. */
const MOST_REPEATS = 1000

/** Keywords whose value is a map from names to schemas. */
export const MAPS: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'dependentSchemas',
])
/** Keywords whose value is data and no schema. */
export const DATA: ReadonlySet<string> = new Set([
  'const',
  'enum',
  'default',
  'examples',
  'required',
  'dependentRequired',
])
const REFERENCES: readonly string[] = ['$ref', '$dynamicRef']

export interface SchemaExcess {
  readonly found: string
  readonly expected: string
}

/** `null` when the schema is within all bounds. */
export function excessOfSchema(schema: Fields): SchemaExcess | null {
  if (isTooDeep(schema, 0)) return { found: 'more levels', expected: `at most ${DEEPEST} levels` }
  const bytes = Buffer.byteLength(JSON.stringify(schema))
  if (bytes > MOST_BYTES) return { found: `${bytes} bytes`, expected: `at most ${MOST_BYTES} bytes` }
  const { schemas, steps } = countCompiled(schema)
  if (schemas > MOST_SCHEMAS)
    return {
      found: `${schemas} schemas within it`,
      expected: `at most ${MOST_SCHEMAS}, what a reference leads to counted once for each way in which it is written`,
    }
  if (steps > MOST_STEPS)
    return {
      found: `patterns of ${steps} steps`,
      expected: `at most ${MOST_STEPS}: characters, and each repetition as often as it may be`,
    }
  return null
}

/** Of a schema or a part of one, without what is referred to. */
export function schemasIn(schema: unknown): number {
  let schemas = 1
  for (const part of partsOf(schema)) schemas += schemasIn(part)
  return schemas
}

function isTooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth > DEEPEST || Object.values(value).some((it) => isTooDeep(it, depth + 1))
}

interface Compiled {
  readonly schemas: number
  readonly steps: number
}

/** What the compiler makes of it; of definitions only what is referred to. */
function countCompiled(root: Fields): Compiled {
  const references = new Set<string>()
  const known = new Map<unknown, Compiled>()
  let { schemas, steps } = count(root)
  // Grows while it is gone through: what is referred to refers on.
  for (const it of references) {
    const target = count(targetOf(root, it))
    schemas += target.schemas
    steps += target.steps
  }
  return { schemas, steps }

  function count(schema: unknown): Compiled {
    const before = known.get(schema)
    if (before !== undefined) return before
    const own = { schemas: 1 + demandsOf(schema), steps: stepsOf(schema) }
    for (const to of referencesOf(schema)) references.add(to)
    for (const part of partsOf(schema)) {
      const below = count(part)
      own.schemas += below.schemas
      own.steps += below.steps
    }
    if (typeof schema === 'object') known.set(schema, own)
    return own
  }
}

function referencesOf(schema: unknown): readonly string[] {
  if (!isFields(schema)) return []
  return REFERENCES.map((name) => schema[name]).filter((it) => typeof it === 'string')
}

/** Names that one property demands of others: each is compiled as if it were a schema. `required` names properties, which are counted. */
function demandsOf(schema: unknown): number {
  const demands = isFields(schema) ? schema['dependentRequired'] : undefined
  return isFields(demands) ? Object.values(demands).flat().length : 0
}

function* partsOf(schema: unknown): Generator {
  if (!isFields(schema)) return
  for (const [keyword, value] of Object.entries(schema)) {
    if (keyword === '$defs' || DATA.has(keyword)) continue
    const isMany = Array.isArray(value) || (MAPS.has(keyword) && isFields(value))
    for (const it of isMany ? Object.values(value as object) : [value]) if (isSchema(it)) yield it
  }
}

function isSchema(it: unknown): boolean {
  return typeof it === 'boolean' || isFields(it)
}

/** Where a reference leads; the whole where only a compiler could tell. */
function targetOf(root: Fields, reference: string): unknown {
  if (!reference.startsWith('#/')) return root
  let at: unknown = root
  for (const step of reference.slice(2).split('/')) {
    const name = decoded(step)
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return root
    at = (at as Fields)[name]
  }
  return at
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return step
  }
}

function stepsOf(schema: unknown): number {
  if (!isFields(schema)) return 0
  const { pattern, patternProperties: byPattern } = schema
  const patterns = isFields(byPattern) ? Object.keys(byPattern) : []
  if (typeof pattern === 'string') patterns.push(pattern)
  return patterns.reduce((steps, it) => steps + stepsOfPattern(it), 0)
}

/** Never fewer than an engine makes of it: a repeated group counts as if it were the whole. */
function stepsOfPattern(pattern: string): number {
  let [steps, groups] = [pattern.length, 1]
  for (const [, group, least, most] of pattern.matchAll(/(\)?)\{(\d{1,9})(?:,(\d{0,9}))?\}/g)) {
    const repeats = Math.min(MOST_REPEATS, Number(most || least)) + 1
    if (group === '') steps += repeats
    else groups = Math.min(MOST_REPEATS, groups * repeats)
  }
  return steps * groups
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
