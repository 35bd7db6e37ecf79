/**
 * A request of the Responses API in the neutral form.
 *
 * What is not understood stays in `extra` under its own name. `$…` names keep how something was written
 * (`wire/foreign.ts`). That the provider shall store the response is the format's default and not the
 * gateway's: its absence is marked, so that a request without `store` is written without it again.
 */
import type {
  NeutralMessage,
  NeutralReasoning,
  NeutralRequest,
  NeutralResponseFormat,
  NeutralTool,
  ReasoningEffort,
} from '../../contract/neutral.ts'
import { GatewayError } from '../../errors.ts'
import {
  type Fields,
  fieldsOf,
  flagOrNone,
  isFields,
  listOrNone,
  numberOrNone,
  present,
  textOf,
  textOrNone,
} from '../fields.ts'
import { isDeeper } from '../too-deep.ts'
import { restOf } from './content.ts'
import { parseInput } from './parse-items.ts'

const UNDERSTOOD: ReadonlySet<string> = new Set([
  'model',
  'input',
  'instructions',
  'stream',
  'max_output_tokens',
  'temperature',
  'top_p',
  'top_logprobs',
  'include',
  'user',
  'metadata',
  'service_tier',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'text',
  'reasoning',
  'store',
])

export const LOGPROBS = 'message.output_text.logprobs'
const EFFORTS: ReadonlySet<string> = new Set(['none', 'minimal', 'low', 'medium', 'high', 'xhigh'])
/** What other formats give anyway, or cannot be asked for. */
const HARMLESS: ReadonlySet<unknown> = new Set([LOGPROBS, 'reasoning.encrypted_content'])
/** Far beyond what anybody means, and far from where the writer of JSON runs out of stack. */
const DEEPEST = 1000

export function parseResponsesRequest(body: Fields): NeutralRequest {
  refuseDeep(body)
  const extra: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(body)) if (!UNDERSTOOD.has(name)) extra[name] = value
  keepStore(body['store'], extra)
  const topLogprobs = numberOrNone(body['top_logprobs'], 'top_logprobs')
  return present<NeutralRequest>({
    model: textOf(body['model'], 'model'),
    messages: parseMessages(body),
    stream: body['stream'] === true,
    maxTokens: numberOrNone(body['max_output_tokens'], 'max_output_tokens'),
    temperature: numberOrNone(body['temperature'], 'temperature'),
    topP: numberOrNone(body['top_p'], 'top_p'),
    logprobs: parseInclude(body['include'], extra),
    topLogprobs,
    user: textOrNone(body['user'], 'user'),
    metadata: parseMetadata(body['metadata']),
    serviceTier: textOrNone(body['service_tier'], 'service_tier'),
    tools: parseTools(body['tools'], extra),
    toolChoice: parseToolChoice(body['tool_choice'], extra),
    parallelToolCalls: flagOrNone(body['parallel_tool_calls'], 'parallel_tool_calls'),
    ...parseText(body['text'], extra),
    reasoning: parseReasoning(body['reasoning'], extra),
    from: 'openai-responses',
    extra,
  })
}

/** All but the input is said back in the response: what could not be written then is refused before anybody is asked. */
function refuseDeep(body: Fields): void {
  for (const [field, value] of Object.entries(body)) {
    if (field === 'input' || !isDeeper(value, DEEPEST)) continue
    const expected = `at most ${DEEPEST} levels`
    throw new GatewayError('request.field', { field, found: 'JSON of more levels', expected })
  }
}

function parseMessages(body: Fields): readonly NeutralMessage[] {
  const { instructions, input } = body
  const isElsewhere = body['prompt'] !== undefined && body['prompt'] !== null
  const messages = input === undefined && isElsewhere ? [] : parseInput(input)
  if (instructions === undefined || instructions === null) return messages
  const text = textOf(instructions, 'instructions')
  const first: NeutralMessage = {
    role: 'system',
    parts: [{ type: 'text', text }],
    extra: { $instructions: true },
  }
  return [first, ...messages]
}

function keepStore(store: unknown, extra: Record<string, unknown>): void {
  if (store === true) extra['store'] = true
  else if (store !== false) extra['$store'] = 'unsaid'
}

/** Asks for token probabilities among other things; the rest stays. */
function parseInclude(value: unknown, extra: Record<string, unknown>): true | undefined {
  const list = listOrNone(value, 'include')
  if (list === undefined) return undefined
  extra[list.every((it) => HARMLESS.has(it)) ? '$include' : 'include'] = list
  return list.includes(LOGPROBS) ? true : undefined
}

function parseMetadata(value: unknown): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined
  const metadata = fieldsOf(value, 'metadata')
  return Object.fromEntries(
    Object.entries(metadata).map(([name, it]) => [name, textOf(it, `metadata.${name}`)]),
  )
}

/** Tools that are no functions stay in `extra`, under their own name. */
function parseTools(value: unknown, extra: Record<string, unknown>): readonly NeutralTool[] | undefined {
  const list = listOrNone(value, 'tools')
  if (list === undefined) return undefined
  const others: unknown[] = []
  const tools: NeutralTool[] = []
  list.forEach((it, i) => {
    const tool = fieldsOf(it, `tools[${i}]`)
    if (tool['type'] === 'function') tools.push(parseFunction(tool, `tools[${i}]`))
    else others.push(tool)
  })
  if (others.length > 0) extra['tools'] = others
  return tools.length > 0 || others.length === 0 ? tools : undefined
}

function parseFunction(tool: Fields, field: string): NeutralTool {
  const { type: _type, name, description, parameters, strict, ...rest } = tool
  const isBare = parameters === undefined || parameters === null
  return present<NeutralTool>({
    name: textOf(name, `${field}.name`),
    description: textOrNone(description, `${field}.description`),
    parameters: isBare ? { type: 'object', properties: {} } : fieldsOf(parameters, `${field}.parameters`),
    strict: flagOrNone(strict, `${field}.strict`),
    extra: restOf(rest, { $strict: strict === undefined || strict === null ? 'unsaid' : undefined }),
  })
}

function parseToolChoice(value: unknown, extra: Record<string, unknown>): NeutralRequest['toolChoice'] {
  if (value === undefined || value === null) return undefined
  if (value === 'auto' || value === 'none' || value === 'required') return value
  const choice = fieldsOf(value, 'tool_choice')
  if (choice['type'] === 'function') return { name: textOf(choice['name'], 'tool_choice.name') }
  extra['tool_choice'] = value
  return undefined
}

function parseText(
  value: unknown,
  extra: Record<string, unknown>,
): Pick<NeutralRequest, 'responseFormat' | 'verbosity'> {
  if (value === undefined || value === null) return {}
  const { format, verbosity, ...rest } = fieldsOf(value, 'text')
  if (Object.keys(rest).length > 0) extra['text'] = rest
  return present<Pick<NeutralRequest, 'responseFormat' | 'verbosity'>>({
    responseFormat: parseFormat(format, extra),
    verbosity: textOrNone(verbosity, 'text.verbosity'),
  })
}

function parseFormat(value: unknown, extra: Record<string, unknown>): NeutralResponseFormat | undefined {
  if (value === undefined || value === null) return undefined
  const format = fieldsOf(value, 'text.format')
  switch (format['type']) {
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json' }
    case 'json_schema':
      return present<Extract<NeutralResponseFormat, { type: 'json_schema' }>>({
        type: 'json_schema',
        name: textOf(format['name'], 'text.format.name'),
        schema: fieldsOf(format['schema'], 'text.format.schema'),
        description: textOrNone(format['description'], 'text.format.description'),
        strict: flagOrNone(format['strict'], 'text.format.strict'),
      })
    default:
      extra['text'] = { ...(isFields(extra['text']) ? extra['text'] : {}), format }
      return undefined
  }
}

function parseReasoning(value: unknown, extra: Record<string, unknown>): NeutralReasoning | undefined {
  if (value === undefined || value === null) return undefined
  const { effort, summary, generate_summary: older, ...rest } = fieldsOf(value, 'reasoning')
  const known = textOrNone(effort, 'reasoning.effort')
  const isKnown = known === undefined || EFFORTS.has(known)
  const kept = present<Record<string, unknown>>({ ...rest, effort: isKnown ? undefined : known })
  if (Object.keys(kept).length > 0) extra['reasoning'] = kept
  const reasoning = present<NeutralReasoning>({
    effort: isKnown ? (known as ReasoningEffort | undefined) : undefined,
    show: textOrNone(summary ?? older, 'reasoning.summary'),
  })
  return Object.keys(reasoning).length > 0 ? reasoning : undefined
}
