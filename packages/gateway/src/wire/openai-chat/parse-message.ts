/** One message of a chat request: its parts in the order in which the model should see them. */
import type { NeutralMessage, NeutralPart } from '../../contract/neutral.ts'
import {
  type Fields,
  fieldsOf,
  isFields,
  listOf,
  present,
  textOf,
  textOrNone,
  unexpected,
} from '../fields.ts'
import { signatureOf } from './choice-reader.ts'
import { parseContent, restOf } from './parse-content.ts'

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

const UNDERSTOOD = [
  'role',
  'content',
  'name',
  'refusal',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'tool_calls',
  'function_call',
]

export function parseOpenAIMessage(value: unknown, index: number): NeutralMessage {
  const field = `messages[${index}]`
  const message = fieldsOf(value, field)
  const said = textOf(message['role'], `${field}.role`)
  const role = Object.hasOwn(ROLES, said) ? ROLES[said] : undefined
  if (role === undefined) {
    throw unexpected(`${field}.role`, said, 'system, developer, user, assistant or tool')
  }
  // How the role was spelled: nothing to other formats.
  const spelled = said === role ? undefined : { $role: said }
  if (role === 'tool') return parseToolMessage(message, field, spelled)
  const rest = restOf(message, ...UNDERSTOOD)
  return present<NeutralMessage>({
    role,
    parts: [
      ...parseThoughts(message),
      ...parseContent(message['content'], `${field}.content`),
      ...parseRefusal(message, `${field}.refusal`),
      ...parseToolCalls(message, field),
    ],
    name: textOrNone(message['name'], `${field}.name`),
    extra: rest === undefined && spelled === undefined ? undefined : { ...rest, ...spelled },
  })
}

/** The thoughts of an earlier turn, each with what proves it, or all in one. */
function parseThoughts(message: Fields): readonly NeutralPart[] {
  const details = message['reasoning_details']
  const thoughts = Array.isArray(details) ? details.filter(isFields).map(parseThought) : []
  if (thoughts.length > 0) return thoughts
  const text = message['reasoning_content'] ?? message['reasoning']
  return typeof text === 'string' && text !== '' ? [{ type: 'reasoning', text }] : []
}

function parseThought(detail: Fields): NeutralPart {
  const text = detail['text'] ?? detail['summary']
  return present<Extract<NeutralPart, { type: 'reasoning' }>>({
    type: 'reasoning',
    text: typeof text === 'string' ? text : '',
    id: typeof detail['id'] === 'string' ? detail['id'] : undefined,
    signature: typeof detail['signature'] === 'string' ? detail['signature'] : undefined,
    redacted: typeof detail['data'] === 'string' ? detail['data'] : undefined,
  })
}

function parseRefusal(message: Fields, field: string): readonly NeutralPart[] {
  const text = textOrNone(message['refusal'], field)
  return text === undefined || text === '' ? [] : [{ type: 'refusal', text }]
}

function parseToolCalls(message: Fields, field: string): readonly NeutralPart[] {
  const older = message['function_call']
  if (isFields(older)) return [parseOlderCall(older, `${field}.function_call`)]
  const calls = message['tool_calls']
  if (calls === undefined || calls === null) return []
  return listOf(calls, `${field}.tool_calls`).map((it, i) => {
    const at = `${field}.tool_calls[${i}]`
    const call = fieldsOf(it, at)
    if (call['type'] !== undefined && call['type'] !== 'function') {
      return { type: 'other', kind: textOf(call['type'], `${at}.type`), value: call }
    }
    const named = fieldsOf(call['function'], `${at}.function`)
    return present<Extract<NeutralPart, { type: 'tool_call' }>>({
      type: 'tool_call',
      id: textOf(call['id'], `${at}.id`),
      name: textOf(named['name'], `${at}.function.name`),
      arguments: textOf(named['arguments'], `${at}.function.arguments`),
      signature: signatureOf(call),
      extra: restOf(call, 'id', 'type', 'index', 'function', 'extra_content'),
    })
  })
}

/** Its call has no id: the function's name stands for it, here and in the answer. */
function parseOlderCall(call: Fields, field: string): NeutralPart {
  const name = textOf(call['name'], `${field}.name`)
  const said = textOf(call['arguments'], `${field}.arguments`)
  return { type: 'tool_call', id: name, name, arguments: said, extra: { $older: true } }
}

function parseToolMessage(message: Fields, field: string, spelled: Fields | undefined): NeutralMessage {
  const content = message['content']
  const name = textOrNone(message['name'], `${field}.name`)
  const result = present<Extract<NeutralPart, { type: 'tool_result' }>>({
    type: 'tool_result',
    id: textOf(message['tool_call_id'] ?? name, `${field}.tool_call_id`),
    parts: content === '' ? [] : parseContent(content, `${field}.content`),
    name,
    extra: restOf(message, 'role', 'content', 'name', 'tool_call_id'),
  })
  return present<NeutralMessage>({ role: 'tool', parts: [result], extra: spelled })
}
