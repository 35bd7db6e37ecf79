/** One message of a chat request: its parts in the order in which the model should see them. */
import type { NeutralMessage, NeutralPart } from '../../contract/neutral.ts'
import { type Fields, fieldsOf, listOf, present, textOf, textOrNone, unexpected } from '../fields.ts'

type Role = NeutralMessage['role']

/** `developer` is what newer models call `system`; `function` is what older clients call `tool`. */
const ROLES: Readonly<Record<string, Role>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
  tool: 'tool',
  function: 'tool',
}

export function parseOpenAIMessage(value: unknown, index: number): NeutralMessage {
  const field = `messages[${index}]`
  const message = fieldsOf(value, field)
  const said = textOf(message['role'], `${field}.role`)
  const role = Object.hasOwn(ROLES, said) ? ROLES[said] : undefined
  if (role === undefined) {
    throw unexpected(`${field}.role`, said, 'system, developer, user, assistant or tool')
  }
  return role === 'tool'
    ? { role, parts: [parseToolResult(message, field)] }
    : present<NeutralMessage>({
        role,
        parts: [...parseContent(message['content'], `${field}.content`), ...parseToolCalls(message, field)],
        name: textOrNone(message['name'], `${field}.name`),
      })
}

function parseContent(value: unknown, field: string): readonly NeutralPart[] {
  if (value === undefined || value === null) return []
  if (typeof value === 'string') return [{ type: 'text', text: value }]
  if (!Array.isArray(value)) throw unexpected(field, value, 'a string or an array of parts')
  return value.map((it, i) => parsePart(it, `${field}[${i}]`))
}

function parsePart(value: unknown, field: string): NeutralPart {
  const part = fieldsOf(value, field)
  const type = textOf(part['type'], `${field}.type`)
  switch (type) {
    case 'text':
      return { type, text: textOf(part['text'], `${field}.text`) }
    case 'refusal':
      return { type: 'text', text: textOf(part['refusal'], `${field}.refusal`) }
    case 'image_url': {
      const image = fieldsOf(part['image_url'], `${field}.image_url`)
      return present<Extract<NeutralPart, { type: 'image' }>>({
        type: 'image',
        url: textOf(image['url'], `${field}.image_url.url`),
        detail: textOrNone(image['detail'], `${field}.image_url.detail`),
      })
    }
    default:
      return { type: 'other', kind: type, value: part }
  }
}

function parseToolCalls(message: Fields, field: string): readonly NeutralPart[] {
  const calls = message['tool_calls']
  if (calls === undefined || calls === null) return []
  return listOf(calls, `${field}.tool_calls`).map((it, i) => {
    const at = `${field}.tool_calls[${i}]`
    const call = fieldsOf(it, at)
    if (call['type'] !== undefined && call['type'] !== 'function') {
      return { type: 'other', kind: textOf(call['type'], `${at}.type`), value: call }
    }
    const named = fieldsOf(call['function'], `${at}.function`)
    return {
      type: 'tool_call',
      id: textOf(call['id'], `${at}.id`),
      name: textOf(named['name'], `${at}.function.name`),
      arguments: textOf(named['arguments'], `${at}.function.arguments`),
    }
  })
}

function parseToolResult(message: Fields, field: string): NeutralPart {
  // The older `function` role names its function instead of a call.
  const id = message['tool_call_id'] ?? message['name']
  return {
    type: 'tool_result',
    id: textOf(id, `${field}.tool_call_id`),
    parts: message['content'] === '' ? [] : parseContent(message['content'], `${field}.content`),
  }
}
