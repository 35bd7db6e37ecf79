/**
 * A chat request as OpenAI's clients write it, in the neutral form.
 *
 * Strict where the meaning depends on it, and indifferent elsewhere: fields that the neutral form lacks go
 * to `extra` untouched, and the writer of the other format decides what it can do with them.
 */
import type { NeutralRequest, NeutralTool } from '../../contract/neutral.ts'
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
  'stop',
  'seed',
  'user',
  'tools',
  'tool_choice',
  'parallel_tool_calls',
])

export function parseOpenAIRequest(body: Fields): NeutralRequest {
  const extra: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(body)) if (!UNDERSTOOD.has(name)) extra[name] = value
  return present<NeutralRequest>({
    model: textOf(body['model'], 'model'),
    messages: listOf(body['messages'], 'messages').map(parseOpenAIMessage),
    stream: body['stream'] === true,
    maxTokens:
      numberOrNone(body['max_completion_tokens'], 'max_completion_tokens') ??
      numberOrNone(body['max_tokens'], 'max_tokens'),
    temperature: numberOrNone(body['temperature'], 'temperature'),
    topP: numberOrNone(body['top_p'], 'top_p'),
    stop: parseStop(body['stop']),
    seed: numberOrNone(body['seed'], 'seed'),
    user: textOrNone(body['user'], 'user'),
    tools: parseTools(body['tools'], extra),
    toolChoice: parseToolChoice(body['tool_choice'], extra),
    parallelToolCalls: flagOrNone(body['parallel_tool_calls'], 'parallel_tool_calls'),
    streamUsage: parseStreamUsage(body['stream_options']),
    extra,
  })
}

function parseStop(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return [value]
  if (Array.isArray(value) && value.every((it) => typeof it === 'string')) return value
  throw unexpected('stop', value, 'a string or an array of strings')
}

function parseStreamUsage(value: unknown): true | undefined {
  return isFields(value) && value['include_usage'] === true ? true : undefined
}

/** Tools that are no functions stay in `extra`, under their own name. */
function parseTools(value: unknown, extra: Record<string, unknown>): readonly NeutralTool[] | undefined {
  const list = listOrNone(value, 'tools')
  if (list === undefined) return undefined
  const others = list.filter((it) => isFields(it) && it['type'] !== 'function')
  if (others.length > 0) extra['tools'] = others
  const tools: NeutralTool[] = []
  list.forEach((it, i) => {
    const tool = fieldsOf(it, `tools[${i}]`)
    if (tool['type'] === 'function') tools.push(parseFunction(tool['function'], `tools[${i}].function`))
  })
  return tools
}

function parseFunction(value: unknown, field: string): NeutralTool {
  const it = fieldsOf(value, field)
  return present<NeutralTool>({
    name: textOf(it['name'], `${field}.name`),
    description: textOrNone(it['description'], `${field}.description`),
    parameters:
      it['parameters'] === undefined || it['parameters'] === null
        ? { type: 'object', properties: {} }
        : fieldsOf(it['parameters'], `${field}.parameters`),
    strict: flagOrNone(it['strict'], `${field}.strict`),
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
