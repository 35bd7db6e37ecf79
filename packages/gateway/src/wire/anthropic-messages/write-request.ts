/**
 * The neutral form as a Messages request.
 *
 * `max_tokens` is mandatory there and optional elsewhere, so a default is filled in, and said. System messages
 * have one place, before all others. What Anthropic lacks is left out, each with a warning.
 */
import type { NeutralMessage, NeutralRequest, NeutralTool } from '../../contract/neutral.ts'
import type { WrittenRequest } from '../../contract/wire.ts'
import { type Fields, isFields, present } from '../fields.ts'
import { warnOfForeign } from '../foreign.ts'
import { isAtLeast } from './claude-version.ts'
import { type TurnWriting, writeMessages, writePart } from './write-messages.ts'
import { writeThinking } from './write-thinking.ts'

const DEFAULT_MAX_TOKENS = 4096
const FIRST_WITH_FORMATS = 401

/** Fields of Anthropic's own that a caller of another format may name as they are. */
const OWN_FIELDS = ['thinking', 'output_config', 'context_management', 'cache_control'] as const
/** What a caller loses nothing by: settings of OpenAI's that mean nothing elsewhere. */
const SILENT = ['store', 'prompt_cache_key', 'prompt_cache_retention', 'safety_identifier'] as const

export function writeAnthropicRequest(request: NeutralRequest, model: string): WrittenRequest {
  const own = request.from === undefined || request.from === 'anthropic-messages'
  const { kept, request: rest } = own ? { kept: {}, request } : splitOwn(request)
  const warnings = [
    ...warnOfSettings(request),
    ...warnOfForeign(withoutCacheMarks(rest), 'anthropic-messages'),
  ]
  const maxTokens = request.maxTokens ?? DEFAULT_MAX_TOKENS
  const writing: TurnWriting = { own, warnings }
  const config = own ? ownConfig(request.extra) : writeConfig(request, { model, maxTokens, warnings })
  const { tools, metadata, ...extra } = own ? withoutSpellings(request.extra) : kept
  const body = {
    model,
    max_tokens: maxTokens,
    ...present<Record<string, unknown>>({
      system: writeSystem(request.messages, writing),
      messages: writeMessages(request.messages, writing),
      stream: request.stream ? true : undefined,
      temperature: writeTemperature(request, config, warnings),
      top_p: request.topP,
      top_k: request.topK,
      stop_sequences: own ? request.stop : writeStop(request.stop, warnings),
      metadata: writeMetadata(request.user, metadata),
      service_tier: writeTier(request, own, warnings),
      ...writeTools(request, { own, tools }),
      ...config,
    }),
    ...extra,
  }
  const notes =
    request.maxTokens === undefined ? [`max_tokens: not given, ${DEFAULT_MAX_TOKENS} is used`] : []
  return { body, warnings, notes }
}

/** Without what is kept of how a thing was written. */
function withoutSpellings(extra: Fields): Record<string, unknown> {
  return Object.fromEntries(Object.entries(extra).filter(([name]) => !name.startsWith('$')))
}

/** What a caller of another format wrote in this one's words, and the request without it. */
function splitOwn(request: NeutralRequest): { kept: Fields; request: NeutralRequest } {
  const named = (name: string) => (OWN_FIELDS as readonly string[]).includes(name)
  const silent = (name: string) => (SILENT as readonly string[]).includes(name)
  const entries = Object.entries(request.extra)
  return {
    kept: Object.fromEntries(entries.filter(([name, value]) => named(name) && isFields(value))),
    request: {
      ...request,
      extra: Object.fromEntries(entries.filter(([name]) => !named(name) && !silent(name))),
    },
  }
}

/** Marks for the cache are written, so nothing is to be said of them. */
function withoutCacheMarks(request: NeutralRequest): NeutralRequest {
  const strip = <It extends { readonly extra?: Fields }>(it: It): It => {
    if (it.extra?.['cache_control'] === undefined) return it
    const { cache_control: _, ...extra } = it.extra
    return { ...it, extra }
  }
  const messages = request.messages.map((message) => ({
    ...strip(message),
    parts: message.parts.map((part) => (part.type === 'other' ? part : strip(part))),
  }))
  return {
    ...request,
    messages,
    ...(request.tools === undefined ? null : { tools: request.tools.map(strip) }),
  }
}

function warnOfSettings(request: NeutralRequest): string[] {
  const asked: readonly (readonly [string, boolean])[] = [
    ['seed', request.seed !== undefined],
    ['n', (request.candidates ?? 1) !== 1],
    ['frequency_penalty', (request.frequencyPenalty ?? 0) !== 0],
    ['presence_penalty', (request.presencePenalty ?? 0) !== 0],
    ['logprobs', request.logprobs === true],
    ['verbosity', request.verbosity !== undefined && request.verbosity !== 'medium'],
    ['metadata', request.metadata !== undefined],
    ['modalities', request.modalities?.some((it) => it !== 'text') === true],
  ]
  return asked.filter(([, given]) => given).map(([name]) => `${name}: not supported`)
}

function ownConfig(extra: Fields): Fields {
  return present({
    thinking: extra['$thinking'],
    output_config: extra['$output_config'],
    output_format: extra['$output_format'],
  })
}

function writeConfig(
  request: NeutralRequest,
  it: { readonly model: string; readonly maxTokens: number; readonly warnings: string[] },
): Fields {
  const { thinking, effort } = writeThinking(request, it)
  const format = writeFormat(request, it)
  const config = present({ effort, format })
  return present({ thinking, output_config: Object.keys(config).length === 0 ? undefined : config })
}

function writeFormat(
  { responseFormat }: NeutralRequest,
  { model, warnings }: { readonly model: string; readonly warnings: string[] },
): Fields | undefined {
  if (responseFormat === undefined || responseFormat.type === 'text') return undefined
  if (responseFormat.type === 'json_schema' && isAtLeast(model, FIRST_WITH_FORMATS)) {
    return { type: 'json_schema', schema: closeObjects(responseFormat.schema) }
  }
  warnings.push('response_format: not supported')
  return undefined
}

/** Objects there must say that they have no further members. */
function closeObjects(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closeObjects)
  if (!isFields(schema)) return schema
  const closed = Object.fromEntries(Object.entries(schema).map(([name, it]) => [name, closeObjects(it)]))
  const isObject = schema['type'] === 'object' && schema['additionalProperties'] === undefined
  return isObject ? { ...closed, additionalProperties: false } : closed
}

/** One string, unless something was said of its pieces. */
function writeSystem(messages: readonly NeutralMessage[], it: TurnWriting): unknown {
  const blocks: Fields[] = []
  let leading = true
  for (const message of messages) {
    if (message.role !== 'system') leading = false
    else if (leading || !it.own) {
      if (!leading) it.warnings.push('system message between others: moved before them')
      for (const part of message.parts)
        if (part.type === 'text') blocks.push(...writePart(part, 'system', it))
    }
  }
  if (blocks.length === 0) return undefined
  if (blocks.some((block) => Object.keys(block).length > 2) || (it.own && blocks.length > 1)) return blocks
  return blocks.map((block) => block['text']).join('\n\n')
}

/** OpenAI's range is 0 to 2, Anthropic's 0 to 1; with thinking there is none. */
function writeTemperature(request: NeutralRequest, config: Fields, warnings: string[]): number | undefined {
  const { temperature: value, from } = request
  if (value === undefined || from === 'anthropic-messages' || from === undefined) return value
  const thinking = config['thinking']
  if (isFields(thinking) && thinking['type'] !== 'disabled' && value !== 1) {
    warnings.push('temperature: not supported with reasoning')
    return undefined
  }
  if (value <= 1) return value
  warnings.push(`temperature: ${value} is above the highest, 1 is used`)
  return 1
}

function writeStop(stop: readonly string[] | undefined, warnings: string[]): readonly string[] | undefined {
  const kept = stop?.filter((it) => it.trim() !== '')
  if (kept?.length === stop?.length) return stop
  warnings.push('stop: sequences of white space are not supported')
  return kept?.length === 0 ? undefined : kept
}

function writeMetadata(user: string | undefined, rest: unknown): Fields | undefined {
  const others = isFields(rest) ? rest : undefined
  return user === undefined && others === undefined ? undefined : present({ user_id: user, ...others })
}

function writeTier({ serviceTier }: NeutralRequest, own: boolean, warnings: string[]): string | undefined {
  if (serviceTier === undefined || own) return serviceTier
  if (serviceTier === 'auto') return 'auto'
  if (serviceTier === 'default' || serviceTier === 'standard') return 'standard_only'
  warnings.push(`service_tier: "${serviceTier}" is not supported`)
  return undefined
}

function writeTools(
  request: NeutralRequest,
  { own, tools: whole }: { readonly own: boolean; readonly tools: unknown },
): Fields {
  const { tools, toolChoice, parallelToolCalls } = request
  if (whole === undefined && (tools === undefined || tools.length === 0)) return {}
  const choice = writeToolChoice(toolChoice)
  // `none` takes no further options.
  const serial = parallelToolCalls === false && toolChoice !== 'none'
  return {
    tools: whole ?? tools?.map((tool) => writeTool(tool, own)),
    tool_choice: serial ? { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true } : choice,
  }
}

function writeTool(tool: NeutralTool, own: boolean): Fields {
  const { name, description, parameters, strict, extra } = tool
  const cached = extra?.['cache_control']
  const rest = own ? extra : cached === undefined ? undefined : { cache_control: cached }
  return present({ name, description, input_schema: parameters, strict, ...rest })
}

function writeToolChoice(choice: NeutralRequest['toolChoice']): Fields | undefined {
  if (choice === undefined) return undefined
  if (choice === 'required') return { type: 'any' }
  return typeof choice === 'object' ? { type: 'tool', name: choice.name } : { type: choice }
}
