/**
 * A chat request as a provider wants it that speaks OpenAI's format with differences of its own.
 *
 * A pure function of data (`contract/provider.ts`, `Quirks`). Whatever it leaves out that meant something it
 * names; `null`, `false`, empty lists and the format's own defaults mean nothing.
 *
 * Not here: which provider has which quirks (`table.ts`, and settings).
 */
import { createHash } from 'node:crypto'
import type { Quirks } from '../contract/provider.ts'
import { isFields } from '../wire/fields.ts'

type Body = Record<string, unknown>

export interface Adapted {
  readonly body: Body
  readonly warnings: readonly string[]
}

/** Values that say what would be without them. */
const MEANINGLESS: Readonly<Record<string, unknown>> = {
  n: 1,
  frequency_penalty: 0,
  presence_penalty: 0,
}

export function adaptRequest(body: Body, quirks: Quirks): Adapted {
  const warnings: string[] = []
  const fields = leaveOut(rename(body, quirks.rename ?? {}), quirks, warnings)
  adaptFormat(fields, quirks, warnings)
  adaptChoice(fields, quirks.toolChoices)
  if (Array.isArray(fields['messages'])) {
    fields['messages'] = fields['messages'].map((it: unknown, i) =>
      isFields(it) ? adaptMessage(it, quirks, { field: `messages[${i}]`, warnings }) : it,
    )
  }
  return { body: fields, warnings }
}

/**
 * Whether anything in a request may have to change, told from its bytes: sometimes in vain, never wrongly not.
 * So a request without any of it passes as it is.
 */
export function isConcerned(
  quirks: Quirks,
  body: { has(name: string): boolean; readonly bytes: Buffer },
): boolean {
  if (quirks.takes !== undefined) return true
  const { fields, words } = marksOf(quirks)
  return fields.some((it) => body.has(it)) || words.some((it) => body.bytes.includes(it))
}

/** Whether a provider takes a field, by the name that OpenAI has for it. */
export function takesField({ takes, drops = [], needless = [] }: Quirks, name: string): boolean {
  if (takes !== undefined && !takes.includes(name)) return false
  return !drops.includes(name) && !needless.includes(name)
}

interface Marks {
  readonly fields: readonly string[]
  /** In quotes, wherever they stand: names and values within messages. */
  readonly words: readonly string[]
}

const known = new WeakMap<Quirks, Marks>()

function marksOf(quirks: Quirks): Marks {
  const found = known.get(quirks)
  if (found !== undefined) return found
  const { rename: names = {}, drops = [], needless = [], messageDrops = [], roles = {} } = quirks
  const fields = [...Object.keys(names), ...drops, ...needless]
  if (quirks.jsonSchema === false) fields.push('response_format')
  if (quirks.toolChoices !== undefined) fields.push('tool_choice')
  const words = [...messageDrops, ...Object.keys(roles)]
  if (quirks.callIdLength !== undefined) words.push('tool_calls', 'tool_call_id')
  const marks = { fields, words: words.map((it) => JSON.stringify(it)) }
  known.set(quirks, marks)
  return marks
}

/** The name that the provider knows wins where both are given. */
function rename(body: Body, names: Readonly<Record<string, string>>): Body {
  const renamed: Body = {}
  for (const [name, value] of Object.entries(body)) {
    const own = Object.hasOwn(names, name) ? names[name] : undefined
    if (own === undefined) renamed[name] = value
    else if (body[own] === undefined) renamed[own] = value
  }
  return renamed
}

function leaveOut(body: Body, quirks: Quirks, warnings: string[]): Body {
  const { takes, drops = [], needless = [] } = quirks
  const kept: Body = {}
  for (const [name, value] of Object.entries(body)) {
    if (needless.includes(name)) continue
    if (takes?.includes(name) !== false && !drops.includes(name)) kept[name] = value
    else if (means(name, value)) warnings.push(`${name}: not supported`)
  }
  return kept
}

function means(name: string, value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  if (Array.isArray(value)) return value.length > 0
  return !Object.hasOwn(MEANINGLESS, name) || MEANINGLESS[name] !== value
}

/** Any JSON object is what comes nearest to a schema that cannot be asked for. */
function adaptFormat(body: Body, quirks: Quirks, warnings: string[]): void {
  const format = body['response_format']
  if (quirks.jsonSchema !== false || !isFields(format) || format['type'] !== 'json_schema') return
  body['response_format'] = { type: 'json_object' }
  warnings.push('response_format: a schema is not supported, any JSON object is asked for')
}

function adaptChoice(body: Body, words: Quirks['toolChoices']): void {
  const choice = body['tool_choice']
  if (words === undefined || typeof choice !== 'string') return
  if (Object.hasOwn(words, choice)) body['tool_choice'] = words[choice]
}

function adaptMessage(
  message: Readonly<Body>,
  quirks: Quirks,
  it: { readonly field: string; readonly warnings: string[] },
): Body {
  const { messageDrops = [], roles = {}, callIdLength } = quirks
  const adapted: Body = {}
  for (const [name, value] of Object.entries(message)) {
    if (!messageDrops.includes(name)) adapted[name] = value
    else if (means(name, value)) it.warnings.push(`${it.field}.${name}: not supported`)
  }
  const role = adapted['role']
  if (typeof role === 'string' && Object.hasOwn(roles, role)) adapted['role'] = roles[role]
  return callIdLength === undefined ? adapted : withCallIds(adapted, callIdLength)
}

function withCallIds(message: Body, length: number): Body {
  const changed = { ...message }
  const { tool_calls: calls, tool_call_id: id } = message
  if (typeof id === 'string') changed['tool_call_id'] = callIdOf(id, length)
  if (Array.isArray(calls)) {
    changed['tool_calls'] = calls.map((call: unknown) =>
      isFields(call) && typeof call['id'] === 'string' ? { ...call, id: callIdOf(call['id'], length) } : call,
    )
  }
  return changed
}

/** The same id for the same call, in the call and in its result, in this turn and in all later ones. */
function callIdOf(id: string, length: number): string {
  if (id.length === length && /^[A-Za-z0-9]+$/.test(id)) return id
  return BigInt(`0x${createHash('sha256').update(id).digest('hex')}`)
    .toString(36)
    .slice(0, length)
    .padStart(length, '0')
}
