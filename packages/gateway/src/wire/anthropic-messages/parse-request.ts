/** A Messages request in the neutral form. */
import type { NeutralMessage, NeutralPart, NeutralRequest, NeutralTool } from '../../contract/neutral.ts'
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

const UNDERSTOOD: ReadonlySet<string> = new Set([
  'model',
  'messages',
  'system',
  'stream',
  'max_tokens',
  'temperature',
  'top_p',
  'stop_sequences',
  'metadata',
  'tools',
  'tool_choice',
])

export function parseAnthropicRequest(body: Fields): NeutralRequest {
  const extra: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(body)) if (!UNDERSTOOD.has(name)) extra[name] = value
  const metadata = isFields(body['metadata']) ? body['metadata'] : {}
  const stop = listOrNone(body['stop_sequences'], 'stop_sequences')
  const choice = isFields(body['tool_choice']) ? body['tool_choice'] : {}
  return present<NeutralRequest>({
    model: textOf(body['model'], 'model'),
    messages: [...parseSystem(body['system']), ...listOf(body['messages'], 'messages').map(parseMessage)],
    stream: body['stream'] === true,
    maxTokens: numberOrNone(body['max_tokens'], 'max_tokens'),
    temperature: numberOrNone(body['temperature'], 'temperature'),
    topP: numberOrNone(body['top_p'], 'top_p'),
    stop: stop?.map((it, i) => textOf(it, `stop_sequences[${i}]`)),
    user: textOrNone(metadata['user_id'], 'metadata.user_id'),
    tools: listOrNone(body['tools'], 'tools')?.map(parseTool),
    toolChoice: parseToolChoice(body['tool_choice']),
    parallelToolCalls: choice['disable_parallel_tool_use'] === true ? false : undefined,
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
  if (role !== 'user' && role !== 'assistant') {
    throw unexpected(`${field}.role`, role, 'user or assistant')
  }
  const parts = parseContent(message['content'], `${field}.content`)
  const answers = parts.length > 0 && parts.every((part) => part.type === 'tool_result')
  return { role: answers ? 'tool' : role, parts }
}

function parseContent(value: unknown, field: string): readonly NeutralPart[] {
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  return listOf(value, field).map((it, i) => parseBlock(it, `${field}[${i}]`))
}

function parseBlock(value: unknown, field: string): NeutralPart {
  const block = fieldsOf(value, field)
  const type = textOf(block['type'], `${field}.type`)
  switch (type) {
    case 'text':
      return { type, text: textOf(block['text'], `${field}.text`) }
    case 'image':
      return { type, url: parseImageSource(fieldsOf(block['source'], `${field}.source`), `${field}.source`) }
    case 'tool_use':
      return {
        type: 'tool_call',
        id: textOf(block['id'], `${field}.id`),
        name: textOf(block['name'], `${field}.name`),
        arguments: JSON.stringify(block['input'] ?? {}),
      }
    case 'tool_result':
      return present<Extract<NeutralPart, { type: 'tool_result' }>>({
        type,
        id: textOf(block['tool_use_id'], `${field}.tool_use_id`),
        parts: parseResult(block['content'], `${field}.content`),
        isError: block['is_error'] === true ? true : undefined,
      })
    default:
      return { type: 'other', kind: type, value: block }
  }
}

function parseResult(value: unknown, field: string): readonly NeutralPart[] {
  return value === undefined || value === null ? [] : parseContent(value, field)
}

function parseImageSource(source: Fields, field: string): string {
  if (source['type'] === 'url') return textOf(source['url'], `${field}.url`)
  const mediaType = textOf(source['media_type'], `${field}.media_type`)
  return `data:${mediaType};base64,${textOf(source['data'], `${field}.data`)}`
}

function parseTool(value: unknown, index: number): NeutralTool {
  const field = `tools[${index}]`
  const tool = fieldsOf(value, field)
  return present<NeutralTool>({
    name: textOf(tool['name'], `${field}.name`),
    description: textOrNone(tool['description'], `${field}.description`),
    parameters: isFields(tool['input_schema']) ? tool['input_schema'] : { type: 'object', properties: {} },
    strict: typeof tool['strict'] === 'boolean' ? tool['strict'] : undefined,
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
