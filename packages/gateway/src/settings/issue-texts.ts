/**
 * From zod's issues to ours: where, what was found, what was expected, and what was probably meant.
 *
 * A found value is shown only where it helps and cannot be a secret: numbers, words of a list of words.
 * Text that stands where a map belongs is never shown, because it may be a key that somebody pasted one
 * line too high.
 */
import { type Issue, nearest, pointTo, sayError } from '@changeover/reload'
import type { z } from 'zod'
import { sayError as sayGatewayError } from '../errors.ts'

type ZodIssue = z.core.$ZodIssue

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
}
const LONGEST_SHOWN = 60

/** Issues of one entry; `at` is its pointer. */
export function toIssues(
  schema: z.ZodType,
  value: unknown,
  found: { readonly at: string; readonly issues: readonly ZodIssue[] },
): readonly Issue[] {
  return found.issues.flatMap((it) => toIssue(it, { schema, value, at: found.at }))
}

interface Entry {
  readonly schema: z.ZodType
  readonly value: unknown
  readonly at: string
}

function toIssue(issue: ZodIssue, entry: Entry): readonly Issue[] {
  const pointer = issue.path.reduce<string>(
    (at, step) => pointTo(at, typeof step === 'number' ? step : String(step)),
    entry.at,
  )
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(shapeAt(entry.schema, issue.path) ?? {})
    return issue.keys.map((key) => unknownSetting(pointTo(pointer, key), key, known))
  }
  const input = valueAt(entry.value, issue.path)
  if (issue.code === 'invalid_key') {
    const name = String(issue.path.at(-1))
    return [wrong(pointer, `the name ${quote(name)}`, issue.issues[0]?.message ?? 'another name')]
  }
  if (issue.code === 'custom') return [customIssue(issue, pointer, input)]
  const found = wrong(pointer, foundText(issue, input), expectedText(issue))
  const meant =
    issue.code === 'invalid_value' && typeof input === 'string'
      ? nearest(
          input,
          issue.values.filter((it) => typeof it === 'string'),
        )
      : null
  return [meant === null ? found : { ...found, hint: `did you mean "${meant}"?` }]
}

function customIssue(issue: z.core.$ZodIssueCustom, pointer: string, input: unknown): Issue {
  if (issue.params?.code === 'settings.secret_literal') {
    const message = sayGatewayError('settings.secret_literal', { pointer })
    return { code: 'settings.secret_literal', message, pointer }
  }
  const said: unknown = issue.params?.found
  if (typeof said === 'string') return wrong(pointer, said, issue.message)
  const hidden = issue.params?.hidden === true && typeof input === 'string'
  const found = hidden ? `a text of ${input.length} characters` : describeValue(input)
  return wrong(pointer, found, issue.message)
}

export function unknownSetting(pointer: string, key: string, known: Iterable<string>): Issue {
  const message = sayError('validate.unknown_setting', { pointer, nearest: nearest(key, known) })
  return { code: 'validate.unknown_setting', message, pointer }
}

export function wrong(pointer: string, found: string, expected: string): Issue {
  const message = sayError('validate.setting', { pointer, found, expected })
  return { code: 'validate.setting', message, pointer }
}

/** Continues "expected …", in our words: those of zod are for programmers. What a schema says by words of its own stays. */
export function expectedText(issue: ZodIssue): string {
  if (issue.code === 'invalid_type') return TYPE_NAMES[issue.expected] ?? `a ${issue.expected}`
  if (issue.code === 'invalid_value') return listWords(issue.values.map(String))
  if (issue.code === 'too_small') {
    return boundText(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)
  }
  if (issue.code === 'too_big') {
    return boundText(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)
  }
  const isInstant = issue.code === 'invalid_format' && issue.format === 'datetime'
  return isInstant ? 'an instant such as 2027-01-31T00:00:00Z' : issue.message
}

function boundText(origin: string, words: string, bound: number | bigint): string {
  if (origin === 'string') return `${words} ${bound} ${Number(bound) === 1 ? 'character' : 'characters'}`
  if (origin === 'array') return `${words} ${bound} ${Number(bound) === 1 ? 'entry' : 'entries'}`
  return `${words} ${bound}`
}

function foundText(issue: ZodIssue, input: unknown): string {
  if (issue.code === 'invalid_type' && typeof input === 'string' && !isSimple(issue.expected)) return 'a text'
  if ((issue.code === 'too_big' || issue.code === 'too_small') && typeof input === 'string') {
    return `${input.length} characters`
  }
  if ((issue.code === 'too_big' || issue.code === 'too_small') && Array.isArray(input)) {
    return input.length === 0 ? 'an empty list' : `${input.length} entries`
  }
  return describeValue(input)
}

function isSimple(type: string): boolean {
  return type === 'number' || type === 'int' || type === 'boolean'
}

/** What stands there, short and for people. */
export function describeValue(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  if (typeof value === 'string') return quote(value)
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'a map'
}

export function quote(text: string): string {
  const open = withoutCredentials(text)
  const shown = open.length > LONGEST_SHOWN ? `${open.slice(0, LONGEST_SHOWN)}…` : open
  return JSON.stringify(shown)
}

/** People put keys into addresses, as user or in the query: of those, neither is shown. */
function withoutCredentials(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return text
  return text.replace(/\/\/\S*@/, '//…@').replace(/[?#].*$/s, '?…')
}

/** `"a", "b" or "c"` */
export function listWords(words: readonly string[]): string {
  const quoted = words.map((it) => `"${it}"`)
  const last = quoted.pop() ?? 'nothing'
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value
  for (const step of path) {
    if (typeof at !== 'object' || at === null) return undefined
    at = (at as Readonly<Record<PropertyKey, unknown>>)[step]
  }
  return at
}

/** The fields that the schema knows at `path`; `null` where they are free. */
function shapeAt(
  schema: z.ZodType,
  path: readonly PropertyKey[],
): Readonly<Record<string, z.ZodType>> | null {
  let at = unwrap(schema)
  for (const step of path) {
    const next = childOf(at, step)
    if (next === undefined) return null
    at = unwrap(next)
  }
  return at.def.type === 'object' ? (at.def.shape as Readonly<Record<string, z.ZodType>>) : null
}

type AnyDef = { def: { type: string } & Readonly<Record<string, unknown>> }

function childOf(schema: AnyDef, step: PropertyKey): z.ZodType | undefined {
  const { def } = schema
  if (def.type === 'object') return (def.shape as Readonly<Record<PropertyKey, z.ZodType>>)[step]
  if (def.type === 'array') return def.element as z.ZodType
  return def.type === 'record' ? (def.valueType as z.ZodType) : undefined
}

function unwrap(schema: z.ZodType): AnyDef {
  let at = schema as unknown as AnyDef
  while (at.def.innerType !== undefined) at = at.def.innerType as AnyDef
  return at
}
