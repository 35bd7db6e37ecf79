/**
 * The neutral form as a request of the Responses API.
 *
 * Two defaults of this format are not those of the others, and are said: nothing is stored, unless whoever
 * wrote in this format left it open, and a tool without `strict` is not strict.
 */
import type { NeutralRequest, NeutralResponseFormat, NeutralTool } from '../../contract/neutral.ts'
import { type Fields, isFields, present } from '../fields.ts'
import { extraFor, warnOfForeign } from '../foreign.ts'
import { unmarked } from './content.ts'
import { LOGPROBS } from './parse-request.ts'
import { writeInput } from './write-items.ts'

export function writeResponsesRequest(
  request: NeutralRequest,
  model: string,
): { readonly body: Record<string, unknown>; readonly warnings: readonly string[] } {
  const keep = isOwn(request)
  const warnings = warnOfForeign(request, 'openai-responses')
  warnings.push(...unsupported(request))
  const { instructions, items } = writeInput(request.messages, keep, warnings)
  const extra = extraFor(request, 'openai-responses')
  const { text: _text, reasoning: _reasoning, tools: _tools, $store, $include, ...rest } = extra
  const body = present<Record<string, unknown>>({
    model,
    instructions,
    input: items,
    stream: request.stream ? true : undefined,
    max_output_tokens: request.maxTokens,
    temperature: request.temperature,
    top_p: request.topP,
    top_logprobs: request.topLogprobs,
    include: $include ?? includeOf(request, keep),
    user: request.user,
    metadata: request.metadata,
    service_tier: request.serviceTier,
    tools: writeResponsesTools(request),
    tool_choice: writeResponsesChoice(request.toolChoice),
    parallel_tool_calls: request.parallelToolCalls,
    text: writeText(request, extra['text']),
    reasoning: writeReasoning(request, extra['reasoning']),
    store: $store === undefined ? false : undefined,
    ...rest,
  })
  return { body, warnings }
}

/** Written in this format, or by nobody in particular. */
export function isOwn(request: NeutralRequest): boolean {
  return request.from === undefined || request.from === 'openai-responses'
}

function unsupported(request: NeutralRequest): readonly string[] {
  const { candidates, modalities } = request
  const asked: readonly (readonly [string, boolean])[] = [
    ['stop', request.stop !== undefined],
    ['seed', request.seed !== undefined],
    ['top_k', request.topK !== undefined],
    ['frequency_penalty', (request.frequencyPenalty ?? 0) !== 0],
    ['presence_penalty', (request.presencePenalty ?? 0) !== 0],
    ['n', candidates !== undefined && candidates !== 1],
    ['modalities', modalities?.some((it) => it !== 'text') === true],
    ['reasoning budget', request.reasoning?.budgetTokens !== undefined],
  ]
  return asked.flatMap(([name, isAsked]) => (isAsked ? [`${name}: not supported`] : []))
}

/** Thoughts that the provider does not store must come along, or they cannot be handed back. */
function includeOf(request: NeutralRequest, keep: boolean): readonly string[] | undefined {
  const include: string[] = []
  const thinks = request.reasoning !== undefined && request.reasoning.effort !== 'none'
  if (!keep && thinks) include.push('reasoning.encrypted_content')
  if (request.logprobs === true) include.push(LOGPROBS)
  return include.length > 0 ? include : undefined
}

/** Functions, and after them the tools that only this format has. */
export function writeResponsesTools(request: NeutralRequest): readonly Fields[] | undefined {
  const keep = isOwn(request)
  const others = keep && Array.isArray(request.extra['tools']) ? (request.extra['tools'] as Fields[]) : []
  if (request.tools === undefined) return others.length > 0 ? others : undefined
  return [...request.tools.map((tool) => writeTool(tool, keep)), ...others]
}

function writeTool(tool: NeutralTool, keep: boolean): Fields {
  const extra = keep ? (tool.extra ?? {}) : {}
  return present({
    type: 'function',
    name: tool.name,
    description: tool.description,
    parameters: tool.parameters,
    strict: extra['$strict'] === undefined ? (tool.strict ?? false) : undefined,
    ...unmarked(extra),
  })
}

export function writeResponsesChoice(choice: NeutralRequest['toolChoice']): unknown {
  return typeof choice === 'object' ? { type: 'function', name: choice.name } : choice
}

function writeText(request: NeutralRequest, kept: unknown): Fields | undefined {
  const text = present<Record<string, unknown>>({
    format: writeResponsesFormat(request.responseFormat),
    verbosity: request.verbosity,
    ...(isFields(kept) ? kept : {}),
  })
  return Object.keys(text).length > 0 ? text : undefined
}

export function writeResponsesFormat(format: NeutralResponseFormat | undefined): Fields | undefined {
  if (format === undefined) return undefined
  if (format.type === 'json') return { type: 'json_object' }
  if (format.type === 'text') return { type: 'text' }
  const { name, description, schema, strict } = format
  return present({ type: 'json_schema', name, description, schema, strict })
}

function writeReasoning(request: NeutralRequest, kept: unknown): Fields | undefined {
  const { effort, show } = request.reasoning ?? {}
  const reasoning = present<Record<string, unknown>>({
    effort,
    summary: show === true ? 'auto' : show === false ? undefined : show,
    ...(isFields(kept) ? kept : {}),
  })
  return Object.keys(reasoning).length > 0 ? reasoning : undefined
}
