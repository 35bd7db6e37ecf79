/**
 * Answers that have to be JSON of a certain form. The schema is compiled once; an answer that only calls tools has no
 * text to look at, and passes.
 */
import type { Options, ValidateFunction } from 'ajv/dist/2020.js'
import { PASS, type Verdict, type WholeJudge } from './whole-judge.ts'

type Schema = Readonly<Record<string, unknown>>

export interface SchemaEngine {
  /** Throws what is wrong with it. */
  compile(schema: Schema): ValidateFunction
}

const OPTIONS: Options = {
  strict: true,
  strictTypes: false,
  logger: false,
  validateFormats: false,
  // What is referred to is compiled once, and not again in place of each reference.
  inlineRefs: false,
  // V8 does it too; here it would be most of the time that compiling takes.
  code: { optimize: false },
}

let engine: Promise<SchemaEngine> | null = null

/** Loaded with the first settings that name a schema. */
export function loadSchemaEngine(): Promise<SchemaEngine> {
  engine ??= import('ajv/dist/2020.js').then(({ Ajv2020 }) => ({
    compile(schema) {
      const ajv = new Ajv2020(OPTIONS)
      // Its expressions would be run by an engine that can run away: it goes without them.
      const validate = ajv.compile(withoutPatterns(schema) as Schema)
      // Not of the standard: it would answer later, and until then let everything through.
      if ('$async' in validate) throw new Error('"$async" is no keyword of the standard')
      return validate
    },
  }))
  return engine
}

/** What is wrong with a schema, in words; `null` when nothing is. */
export function schemaTrouble(loaded: SchemaEngine, schema: Schema): string | null {
  try {
    loaded.compile(schema)
    return null
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : 'no schema'
  }
}

export function schemaJudge(loaded: SchemaEngine, schema: Schema): WholeJudge {
  const validate = loaded.compile(schema)
  return { judge: (texts, { unmask }) => judge(texts.map(unmask), validate) }
}

function judge(texts: readonly string[], validate: ValidateFunction): Verdict {
  const wrong = texts.filter((it) => it !== '' && !isValid(it, validate)).length
  return wrong === 0 ? PASS : { says: 'found', count: wrong, spans: [] }
}

function isValid(text: string, validate: ValidateFunction): boolean {
  try {
    return validate(JSON.parse(text))
  } catch {
    return false
  }
}

function withoutPatterns(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null || depth > 64) return value
  if (Array.isArray(value)) return value.map((it) => withoutPatterns(it, depth + 1))
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, it]) => !(name === 'pattern' && typeof it === 'string'))
      .map(([name, it]) => [name, withoutPatterns(it, depth + 1)]),
  )
}
