/**
 * Answers that have to be JSON of a certain form. A schema is compiled once, when it is looked at whether it can be, and
 * is not compiled anew for as long as its settings stay the same; an answer that only calls tools has no
 * text to look at, and passes.
 */
import type { Options, ValidateFunction } from 'ajv/dist/2020.js'
import { PASS, type Verdict, type WholeJudge } from './whole-judge.ts'

type Schema = Readonly<Record<string, unknown>>

export interface SchemaEngine {
  /** Throws what is wrong with it. The same for the same object. */
  compile(schema: Schema): ValidateFunction
}

const OPTIONS: Options = {
  // Words that nobody knows are mistakes; what else is strict is refused though the standard has it.
  strict: true,
  strictRequired: false,
  strictTypes: false,
  strictTuples: false,
  logger: false,
  validateFormats: false,
  // What is referred to is compiled once, and not again in place of each reference.
  inlineRefs: false,
}

let engine: Promise<SchemaEngine> | null = null

/** Loaded with the first settings that name a schema. */
export function loadSchemaEngine(): Promise<SchemaEngine> {
  engine ??= loadEngine()
  return engine
}

async function loadEngine(): Promise<SchemaEngine> {
  const [{ Ajv2020 }, { RE2JS }] = await Promise.all([import('ajv/dist/2020.js'), import('re2js')])
  // In linear time: those of `patternProperties` meet names that a model has chosen.
  const linear = (pattern: string) => RE2JS.compile(RE2JS.translateRegExp(pattern))
  // V8 optimizes too; by the compiler of schemas it would be most of the time that compiling takes.
  const code = { regExp: Object.assign(linear, { code: '' }), optimize: false }
  const known = new WeakMap<Schema, ValidateFunction>()
  return {
    compile(schema) {
      const made = known.get(schema)
      if (made !== undefined) return made
      const ajv = new Ajv2020({ ...OPTIONS, code })
      // Whole texts are long, and a schema may have patterns of many steps: values are not held against them.
      const validate = ajv.compile(withoutPatterns(schema) as Schema)
      // Not of the standard: it would answer later, and until then let everything through.
      if ('$async' in validate) throw new Error('"$async" is no keyword of the standard')
      known.set(schema, validate)
      return validate
    },
  }
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
  return { reads: 'replies', judge: (texts, { unmask }) => judge(texts.map(unmask), validate) }
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
