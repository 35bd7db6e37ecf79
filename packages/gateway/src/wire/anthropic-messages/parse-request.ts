/** A Messages request in the neutral form. */
import type {
  NeutralMessage,
  NeutralReasoning,
  NeutralRequest,
  NeutralResponseFormat,
  NeutralTool,
  ReasoningEffort,
} from '../../contract/neutral.ts'
import {
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  listOrNone,
  numberOrNone,
  present,
  textOf,
  textOrNone,
  unexpected,
} from '../fields.ts'
import { parseContent, restOf } from './parse-blocks.ts'

const UNDERSTOOD: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'stream',
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'stop_sequences',
  'metadata',
  'service_tier',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'output_format',
])

export function parseAnthropicRequest(body: Fields): NeutralRequest {
  const extra: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(body)) if (!UNDERSTOOD.has(name)) extra[name] = value
  const stop = listOrNone(body['stop_sequences'], 'stop_sequences')
  const choice = isFields(body['tool_choice']) ? body['tool_choice'] : {}
  return present<NeutralRequest>({
    model: textOf(body['model'], 'model'),
    messages: [...parseSystem(body['system']), ...listOf(body['messages'], 'messages').map(parseMessage)],
    stream: body['stream'] === true,
    maxTokens: numberOrNone(body['max_tokens'], 'max_tokens'),
    temperature: numberOrNone(body['temperature'], 'temperature'),
    topP: numberOrNone(body['top_p'], 'top_p'),
    topK: numberOrNone(body['top_k'], 'top_k'),
    stop: stop?.map((it, i) => textOf(it, `stop_sequences[${i}]`)),
    user: parseUser(body['metadata'], extra),
    serviceTier: textOrNone(body['service_tier'], 'service_tier'),
    tools: parseTools(body['tools'], extra),
    toolChoice: parseToolChoice(body['tool_choice']),
    parallelToolCalls: choice['disable_parallel_tool_use'] === true ? false : undefined,
    responseFormat: parseFormat(body),
    reasoning: parseReasoning(body, extra),
    from: 'anthropic-messages',
    extra,
  })
}

function parseSystem(value: unknown): readonly NeutralMessage[] {
  if (value === undefined || value === null) return []
  return [{ role: 'system', parts: parseContent(value, 'system') }]
}

function parseMessage(value: unknown, index: number): NeutralMessage {
  const field = `messages[${index}]`
  const message = fieldsOf(value, field)
  const role = textOf(message['role'], `${field}.role`)
  if (role !== 'user' && role !== 'assistant' && role !== 'system') {
    throw unexpected(`${field}.role`, role, 'user or assistant')
  }
  const parts = parseContent(message['content'], `${field}.content`)
  const answers = parts.length > 0 && parts.every((part) => part.type === 'tool_result')
  const extra = restOf(message, 'role', 'content')
  return present<NeutralMessage>({ role: answers ? 'tool' : role, parts, extra })
}

function parseUser(value: unknown, extra: Record<string, unknown>): string | undefined {
  if (!isFields(value)) return undefined
  const rest = restOf(value, 'user_id')
  if (rest !== undefined) extra['metadata'] = rest
  return textOrNone(value['user_id'], 'metadata.user_id')
}

/** With a tool among them that runs at the provider, the list stands in `extra` as well, in its order. */
function parseTools(value: unknown, extra: Record<string, unknown>): readonly NeutralTool[] | undefined {
  const list = listOrNone(value, 'tools')
  if (list === undefined) return undefined
  const tools: NeutralTool[] = []
  list.forEach((it, i) => {
    const tool = fieldsOf(it, `tools[${i}]`)
    if (tool['type'] === undefined || tool['type'] === null || tool['type'] === 'custom') {
      tools.push(parseTool(tool, `tools[${i}]`))
    } else extra['tools'] = list
  })
  return tools
}

function parseTool(tool: Fields, field: string): NeutralTool {
  return present<NeutralTool>({
    name: textOf(tool['name'], `${field}.name`),
    description: textOrNone(tool['description'], `${field}.description`),
    parameters: isFields(tool['input_schema']) ? tool['input_schema'] : { type: 'object', properties: {} },
    strict: typeof tool['strict'] === 'boolean' ? tool['strict'] : undefined,
    extra: restOf(tool, 'type', 'name', 'description', 'input_schema', 'strict'),
  })
}

function parseToolChoice(value: unknown): NeutralRequest['toolChoice'] {
  if (!isFields(value)) return undefined
  switch (value['type']) {
    case 'auto':
    case 'none':
      return value['type']
    case 'any':
      return 'required'
    case 'tool':
      return { name: textOf(value['name'], 'tool_choice.name') }
    default:
      return undefined
  }
}

/** In `output_config`, or under the name that it had before. */
function parseFormat(body: Fields): NeutralResponseFormat | undefined {
  const config = body['output_config']
  const format = (isFields(config) ? config['format'] : undefined) ?? body['output_format']
  if (!isFields(format) || format['type'] !== 'json_schema' || !isFields(format['schema'])) return undefined
  return { type: 'json_schema', name: 'response', schema: format['schema'], strict: true }
}

const EFFORTS: Readonly<Record<string, ReasoningEffort>> = {
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'xhigh',
  max: 'xhigh',
}

/** How it was written is kept as well, for the same format. */
function parseReasoning(body: Fields, extra: Record<string, unknown>): NeutralReasoning | undefined {
  const { thinking, output_config: config, output_format: format } = body
  if (isFields(thinking)) extra['$thinking'] = thinking
  if (isFields(config)) extra['$output_config'] = config
  if (isFields(format)) extra['$output_format'] = format
  const effort = isFields(config) ? config['effort'] : undefined
  const named = typeof effort === 'string' && Object.hasOwn(EFFORTS, effort) ? EFFORTS[effort] : undefined
  if (!isFields(thinking)) return named === undefined ? undefined : { effort: named }
  if (thinking['type'] === 'disabled') return { effort: 'none' }
  return present<NeutralReasoning>({
    effort: named,
    budgetTokens: numberOrNone(thinking['budget_tokens'], 'thinking.budget_tokens'),
    show: thinking['display'] !== 'omitted',
  })
}
