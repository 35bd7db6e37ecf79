/**
 * Where in a schema it is that no check can be made of it. The compiler says what is wrong and not where: what it says of
 * the standard's own schema has a place, and any other fault is that of the innermost part that has it by itself.
 */
import type { Ajv2020 } from 'ajv/dist/2020.js'
import { DATA, MAPS, MOST_SCHEMAS, schemasIn } from '../contract/schema-size.ts'

type Schema = Readonly<Record<string, unknown>>

/** What is wrong with a schema beyond its shape. */
export interface SchemaFault {
  /** From the schema's top; empty for the whole of it. */
  readonly pointer: string
  readonly reason: string
}

/** `null` when a check can be made of it. */
export function faultIn(compiler: Ajv2020, schema: Schema): SchemaFault | null {
  const reason = reasonOf(compiler, schema)
  if (reason === null) return null
  if (compiler.validateSchema(schema) === true)
    return { pointer: pointerOf(compiler, schema, { reason, left: 2 * MOST_SCHEMAS }), reason }
  const [first] = compiler.errors ?? []
  const said = first?.message ?? reason
  return { pointer: first?.instancePath ?? '', reason: first === undefined ? reason : said }
}

function reasonOf(compiler: Ajv2020, schema: Schema): string | null {
  try {
    compiler.compile(schema)
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

interface Search {
  readonly reason: string
  /** Schemas that may still be compiled for it: each level could be nearly as large as the whole. */
  left: number
}

/** The innermost part that has the fault by itself, as far as was looked. */
function pointerOf(compiler: Ajv2020, schema: Schema, search: Search): string {
  for (const [steps, part] of partsOf(schema)) {
    search.left -= schemasIn(part)
    if (search.left < 0) return ''
    if (reasonOf(compiler, part) === search.reason) return `${steps}${pointerOf(compiler, part, search)}`
  }
  return ''
}

function* partsOf(schema: Schema): Generator<readonly [steps: string, part: Schema]> {
  for (const [keyword, value] of Object.entries(schema)) {
    if (DATA.has(keyword) || typeof value !== 'object' || value === null) continue
    const at = `/${escape(keyword)}`
    if (!MAPS.has(keyword) && !Array.isArray(value)) yield [at, value as Schema]
    else {
      for (const [name, part] of Object.entries(value)) {
        if (typeof part === 'object' && part !== null) yield [`${at}/${escape(name)}`, part as Schema]
      }
    }
  }
}

/** As RFC 6901 has it. */
function escape(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1')
}
