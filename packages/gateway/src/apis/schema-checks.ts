/**
 * JSON Schemas compiled to checks, in ajv's strict mode: a keyword that is misspelt refuses the settings, and is not
 * passed by.
 *
 * The compiler is loaded with the first API there is, so a gateway without any does not pay for it; it is asked by
 * whoever builds a version (`loadSchemas`), and a check is made once in the life of a schema. Nothing is ever fetched:
 * the compiler has no loader, and what refers outside was refused before (`schema-shape.ts`).
 *
 * Patterns are tested in linear time: they are the operator's, and the texts are anybody's. What such an engine cannot do
 * (looking around, referring back) refuses the schema.
 *
 * A check ends at the first thing that is wrong. To collect them all would let a body of a few hundred kilobytes make
 * as many messages.
 */
import { setImmediate } from 'node:timers/promises'
import type { Ajv2020, ErrorObject, Options, ValidateFunction } from 'ajv/dist/2020.js'
import type { RE2JS } from 're2js'
import type { SchemaCheck, SchemaIssue } from '../contract/apis.ts'
import { faultIn, type SchemaFault } from './schema-fault.ts'
import { FORMATS, uncheckedIn } from './schema-formats.ts'

type Schema = Readonly<Record<string, unknown>>

/** Of the branches of an `anyOf`; more is no help. */
const MOST_ISSUES = 8
const options: Options = {
  // Words that nobody knows are mistakes; what else is strict is refused though the standard has it.
  strict: true,
  strictRequired: false,
  strictTypes: false,
  strictTuples: false,
  allErrors: false,
  formats: FORMATS,
  logger: false,
  // What is referred to is compiled once: put in place of each reference, it would make of 18 KB more than a minute's work.
  inlineRefs: false,
}

const checks = new WeakMap<Schema, SchemaCheck>()
const faults = new WeakMap<Schema, SchemaFault>()
let loading: Promise<Engines> | null = null

interface Engines {
  readonly Compiler: typeof Ajv2020
  readonly Patterns: typeof RE2JS
}

/** Makes a check of each, where that can be done: `faultOf` says where it cannot. */
export async function loadSchemas(asked: readonly Schema[]): Promise<void> {
  const missing = asked.filter((it) => !checks.has(it) && !faults.has(it))
  if (missing.length === 0) return
  loading ??= loadEngines()
  const { Compiler, Patterns } = await loading
  const linear = (pattern: string) => Patterns.compile(Patterns.translateRegExp(pattern))
  const regExp = Object.assign(linear, { code: '' })
  // One for each time: a compiler keeps what it has compiled for as long as it lives.
  const compiler = new Compiler({ ...options, code: { regExp, optimize: false } })
  for (const it of missing) {
    // One holds the thread up for a bounded time, all together need not.
    await setImmediate()
    // To the others the standard gives no meaning of their own here: they are told to callers, and not checked.
    for (const format of uncheckedIn(it)) compiler.addFormat(format, true)
    const fault = faultIn(compiler, it)
    if (fault !== null) faults.set(it, fault)
    else checks.set(it, createCheck(compiler.compile(it)))
  }
}

/** Why no check can be made of a schema; `null` where one was made, and where nobody has tried yet. */
export function faultOf(schema: Schema): SchemaFault | null {
  return faults.get(schema) ?? null
}

async function loadEngines(): Promise<Engines> {
  const [ajv, re2] = await Promise.all([import('ajv/dist/2020.js'), import('re2js')])
  return { Compiler: ajv.Ajv2020, Patterns: re2.RE2JS }
}

/** The check of a schema that `loadSchemas` has been asked for. */
export function checkOf(schema: Schema): SchemaCheck {
  return (value) => {
    const check = checks.get(schema)
    if (check === undefined) throw new TypeError('a schema was used before it was compiled')
    return check(value)
  }
}

function createCheck(validate: ValidateFunction): SchemaCheck {
  return (value) => {
    try {
      if (validate(value)) return null
    } catch (error) {
      // A schema that refers to itself follows the value down.
      if (error instanceof RangeError) return [{ pointer: '', message: 'is nested too deep' }]
      throw error
    }
    const errors = validate.errors ?? []
    validate.errors = null
    return errors.slice(0, MOST_ISSUES).map(issueOf)
  }
}

function issueOf({ instancePath, message = 'is wrong', params, keyword }: ErrorObject): SchemaIssue {
  const { additionalProperty, allowedValues, allowedValue } = params as {
    readonly additionalProperty?: string
    readonly allowedValues?: readonly unknown[]
    readonly allowedValue?: unknown
  }
  if (keyword === 'additionalProperties' && additionalProperty !== undefined)
    return {
      pointer: `${instancePath}/${escape(additionalProperty)}`,
      message: 'is a property that is not known',
    }
  if (allowedValues !== undefined)
    return { pointer: instancePath, message: `must be one of ${JSON.stringify(allowedValues).slice(0, 200)}` }
  if (keyword === 'const')
    return { pointer: instancePath, message: `must be ${JSON.stringify(allowedValue).slice(0, 200)}` }
  return { pointer: instancePath, message }
}

/** As RFC 6901 has it; long names are cut, for they come from callers. */
function escape(step: string): string {
  return step.slice(0, 64).replaceAll('~', '~0').replaceAll('/', '~1')
}
