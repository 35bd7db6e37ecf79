/**
 * A chat request as OpenAI's clients write it, in the neutral form.
 *
 * Strict where the meaning depends on it, and indifferent elsewhere: fields that the neutral form lacks go
 * to `extra` untouched, and the writer of the other format decides what it can do with them.
 */
import type {
  NeutralRequest,
  NeutralResponseFormat,
  NeutralTool,
  ReasoningEffort,
} from '../../contract/neutral.ts'
import {
  type Fields,
  fieldsOf,
  flagOrNone,
  isFields,
  listOf,
  listOrNone,
  numberOrNone,
  present,
  textOf,
  textOrNone,
  unexpected,
} from '../fields.ts'
import { restOf } from './parse-content.ts'
import { parseOpenAIMessage } from './parse-message.ts'

const UNDERSTOOD: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'stream',
  'stream_options',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'top_k',
  'frequency_penalty',
  'presence_penalty',
  'stop',
  'seed',
  'n',
  'logprobs',
  'top_logprobs',
  'user',
  'service_tier',
  'metadata',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
  'response_format',
  'reasoning_effort',
  'verbosity',
  'modalities',
])

const EFFORTS: ReadonlySet<unknown> = new Set<ReasoningEffort>([
  'none',
  'minimal',
  'low',
  'medium',
  'high',
  'xhigh',
])

export function parseOpenAIRequest(body: Fields): NeutralRequest {
  const extra: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(body)) if (!UNDERSTOOD.has(name)) extra[name] = value
  return present<NeutralRequest>({
    model: textOf(body['model'], 'model'),
    messages: listOf(body['messages'], 'messages').map(parseOpenAIMessage),
    stream: body['stream'] === true,
    ...parseSampling(body),
    user: textOrNone(body['user'], 'user'),
    metadata: parseMetadata(body['metadata'], extra),
    serviceTier: textOrNone(body['service_tier'], 'service_tier'),
    tools: parseTools(body['tools'], extra),
    toolChoice: parseToolChoice(body['tool_choice'], extra),
    parallelToolCalls: flagOrNone(body['parallel_tool_calls'], 'parallel_tool_calls'),
    responseFormat: parseResponseFormat(body['response_format'], extra),
    reasoning: parseEffort(body['reasoning_effort'], extra),
    verbosity: textOrNone(body['verbosity'], 'verbosity'),
    modalities: parseTexts(body['modalities'], 'modalities'),
    streamUsage: parseStreamOptions(body['stream_options'], extra),
    from: 'openai-chat',
    extra,
  })
}

/** What it says of how to sample, where all formats have the same words or none. */
function parseSampling(body: Fields): Partial<NeutralRequest> {
  return present<Partial<NeutralRequest>>({
    maxTokens:
      numberOrNone(body['max_completion_tokens'], 'max_completion_tokens') ??
      numberOrNone(body['max_tokens'], 'max_tokens'),
    temperature: numberOrNone(body['temperature'], 'temperature'),
    topP: numberOrNone(body['top_p'], 'top_p'),
    topK: numberOrNone(body['top_k'], 'top_k'),
    frequencyPenalty: numberOrNone(body['frequency_penalty'], 'frequency_penalty'),
    presencePenalty: numberOrNone(body['presence_penalty'], 'presence_penalty'),
    stop: typeof body['stop'] === 'string' ? [body['stop']] : parseTexts(body['stop'], 'stop'),
    seed: numberOrNone(body['seed'], 'seed'),
    candidates: numberOrNone(body['n'], 'n'),
    logprobs: flagOrNone(body['logprobs'], 'logprobs'),
    topLogprobs: numberOrNone(body['top_logprobs'], 'top_logprobs'),
  })
}

function parseTexts(value: unknown, field: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (Array.isArray(value) && value.every((it) => typeof it === 'string')) return value
  throw unexpected(field, value, field === 'stop' ? 'a string or an array of strings' : 'an array of strings')
}

function parseMetadata(value: unknown, extra: Record<string, unknown>): NeutralRequest['metadata'] {
  if (value === undefined || value === null) return undefined
  if (isTexts(value)) return value
  extra['metadata'] = value
  return undefined
}

function isTexts(value: unknown): value is Readonly<Record<string, string>> {
  return isFields(value) && Object.values(value).every((it) => typeof it === 'string')
}

function parseEffort(value: unknown, extra: Record<string, unknown>): NeutralRequest['reasoning'] {
  if (value === undefined || value === null) return undefined
  if (EFFORTS.has(value)) return { effort: value as ReasoningEffort }
  extra['reasoning_effort'] = value
  return undefined
}

function parseStreamOptions(value: unknown, extra: Record<string, unknown>): true | undefined {
  if (!isFields(value)) return undefined
  const rest = restOf(value, 'include_usage')
  if (rest !== undefined) extra['stream_options'] = rest
  return value['include_usage'] === true ? true : undefined
}

/** With a tool that is no function among them, the list stands in `extra` as well, in its order. */
function parseTools(value: unknown, extra: Record<string, unknown>): readonly NeutralTool[] | undefined {
  const list = listOrNone(value, 'tools')
  if (list === undefined) return undefined
  const tools: NeutralTool[] = []
  list.forEach((it, i) => {
    const tool = fieldsOf(it, `tools[${i}]`)
    if (tool['type'] === 'function') tools.push(parseFunction(tool, `tools[${i}]`))
    else extra['tools'] = list
  })
  return tools
}

function parseFunction(tool: Fields, at: string): NeutralTool {
  const field = `${at}.function`
  const it = fieldsOf(tool['function'], field)
  const inside = restOf(it, 'name', 'description', 'parameters', 'strict')
  const beside = restOf(tool, 'type', 'function')
  const given = it['parameters'] !== undefined && it['parameters'] !== null
  return present<NeutralTool>({
    name: textOf(it['name'], `${field}.name`),
    description: textOrNone(it['description'], `${field}.description`),
    parameters: given
      ? fieldsOf(it['parameters'], `${field}.parameters`)
      : { type: 'object', properties: {} },
    strict: flagOrNone(it['strict'], `${field}.strict`),
    extra:
      inside === undefined && beside === undefined
        ? undefined
        : { ...beside, ...(inside === undefined ? null : { $function: inside }) },
  })
}

function parseToolChoice(value: unknown, extra: Record<string, unknown>): NeutralRequest['toolChoice'] {
  if (value === undefined || value === null) return undefined
  if (value === 'auto' || value === 'none' || value === 'required') return value
  const choice = fieldsOf(value, 'tool_choice')
  if (choice['type'] === 'function') {
    const named = fieldsOf(choice['function'], 'tool_choice.function')
    return { name: textOf(named['name'], 'tool_choice.function.name') }
  }
  extra['tool_choice'] = value
  return undefined
}

function parseResponseFormat(
  value: unknown,
  extra: Record<string, unknown>,
): NeutralResponseFormat | undefined {
  if (value === undefined || value === null) return undefined
  const format = fieldsOf(value, 'response_format')
  if (format['type'] === 'text') return { type: 'text' }
  if (format['type'] === 'json_object' && restOf(format, 'type') === undefined) return { type: 'json' }
  const named = format['json_schema']
  if (format['type'] === 'json_schema' && isFields(named) && isFields(named['schema'])) {
    return present<Extract<NeutralResponseFormat, { type: 'json_schema' }>>({
      type: 'json_schema',
      name: textOf(named['name'], 'response_format.json_schema.name'),
      schema: named['schema'],
      description: textOrNone(named['description'], 'response_format.json_schema.description'),
      strict: flagOrNone(named['strict'], 'response_format.json_schema.strict'),
    })
  }
  extra['response_format'] = value
  return undefined
}
