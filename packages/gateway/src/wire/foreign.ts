/**
 * What a writer has to say about a request that was written in another format.
 *
 * `extra` holds what the neutral form lacks. For the writer of another format there are three kinds of it:
 * names that begin with `$` keep how something was spelled (an id, a shorthand) and mean nothing elsewhere;
 * names of state that only the origin's providers hold cannot be left out, because the model would answer
 * another question; all the rest is left out, and each is named in a warning.
 *
 * Not here: what a writer cannot say although the neutral form has it. Each writer warns of that itself.
 */
import type { NeutralMessage, NeutralPart, NeutralRequest } from '../contract/neutral.ts'
import type { WireName } from '../contract/wire.ts'
import { GatewayError } from '../errors.ts'
import type { Fields } from './fields.ts'

/** Fields without which a request is another request. */
const ESSENTIAL: Readonly<Partial<Record<WireName, readonly string[]>>> = {
  'openai-responses': ['previous_response_id', 'conversation', 'prompt'],
  'openai-completions': ['prompt'],
  gemini: ['cachedContent'],
}

/** Fields that OpenAI's formats have in common, by the same name and meaning. */
const OF_OPENAI: ReadonlySet<string> = new Set([
  'prompt_cache_key',
  'prompt_cache_retention',
  'safety_identifier',
  'store',
])

/** What of `extra` a writer writes: all of its own, and what it shares with the format it came from. */
export function extraFor(request: NeutralRequest, to: WireName): Fields {
  const { from, extra } = request
  if (from === undefined || from === to) return extra
  return Object.fromEntries(Object.entries(extra).filter(([name]) => isShared(name, from, to)))
}

function isShared(name: string, from: WireName, to: WireName): boolean {
  return OF_OPENAI.has(name) && isOfOpenAI(from) && isOfOpenAI(to)
}

/** The older completions take none of these. */
function isOfOpenAI(wire: WireName): boolean {
  return wire === 'openai-chat' || wire === 'openai-responses'
}

/**
 * One warning for each thing that `to` leaves out: fields in `extra`, and parts that the neutral form lacks.
 * None where `to` is the format that the request came from. Throws `request.not_translatable`.
 */
export function warnOfForeign(request: NeutralRequest, to: WireName): string[] {
  const warnings: string[] = []
  const { from, extra } = request
  if (from === undefined || from === to) return warnings
  for (const field of ESSENTIAL[from] ?? []) {
    if (isGiven(extra[field])) throw new GatewayError('request.not_translatable', { field, from, to })
  }
  const rest = Object.entries(extra).filter(([name]) => !isShared(name, from, to))
  warnOfNames(Object.fromEntries(rest), '', warnings)
  request.tools?.forEach((tool, i) => warnOfNames(tool.extra, `tools[${i}].`, warnings))
  request.messages.forEach((message, i) => warnOfMessage(message, `messages[${i}]`, warnings))
  return warnings
}

function warnOfMessage(message: NeutralMessage, field: string, warnings: string[]): void {
  warnOfNames(message.extra, `${field}.`, warnings)
  warnOfParts(message.parts, field, warnings)
}

function warnOfParts(parts: readonly NeutralPart[], field: string, warnings: string[]): void {
  for (const part of parts) {
    if (part.type === 'other') warnings.push(`${field}: a part of type "${part.kind}" is not supported`)
    else warnOfNames(part.extra, `${field}.`, warnings)
    if (part.type === 'tool_result') warnOfParts(part.parts, field, warnings)
  }
}

function warnOfNames(extra: Fields | undefined, prefix: string, warnings: string[]): void {
  if (extra === undefined) return
  for (const [name, value] of Object.entries(extra)) {
    if (!name.startsWith('$') && isGiven(value)) warnings.push(`${prefix}${name}: not supported`)
  }
}

/** Many clients write every field they know, with `null`, `false` or nothing in it. */
function isGiven(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false
  return !Array.isArray(value) || value.length > 0
}
