/**
 * The items of `input` as neutral messages.
 *
 * Items are flat, messages are turns: what the assistant thought, said and called in one turn becomes one
 * message, and the results of its calls become one more. Where each item began is kept as a mark on its first
 * part, so that the same items can be written again.
 */
import type {
  NeutralMessage,
  NeutralPart,
  ReasoningPart,
  ToolCallPart,
  ToolResultPart,
} from '../../contract/neutral.ts'
import { type Fields, fieldsOf, isFields, present, textOf, textOrNone, unexpected } from '../fields.ts'
import { parseContent, restOf, textOfSummary } from './content.ts'

/** What a tool answered, in kinds of items that the neutral form lacks. */
const OUTPUT_KIND = /_output$|^mcp_approval_response$/

export function parseInput(value: unknown): readonly NeutralMessage[] {
  if (typeof value === 'string') return [{ role: 'user', parts: [{ type: 'text', text: value }] }]
  if (!Array.isArray(value)) throw unexpected('input', value, 'a string or an array of items')
  const messages: NeutralMessage[] = []
  value.forEach((it, i) => addItem(messages, it, `input[${i}]`))
  return messages
}

function addItem(messages: NeutralMessage[], value: unknown, field: string): void {
  const item = fieldsOf(value, field)
  const type = item['type'] === undefined ? 'message' : textOf(item['type'], `${field}.type`)
  switch (type) {
    case 'message':
      addMessage(messages, item, field)
      return
    case 'reasoning':
      addTo(messages, 'assistant', [parseReasoning(item, field)])
      return
    case 'function_call':
      addTo(messages, 'assistant', [parseCall(item, field)])
      return
    case 'function_call_output':
      addTo(messages, 'tool', [parseResult(item, field)])
      return
    default:
      addTo(messages, OUTPUT_KIND.test(type) ? 'tool' : 'assistant', [
        { type: 'other', kind: type, value: item },
      ])
  }
}

function addMessage(messages: NeutralMessage[], item: Fields, field: string): void {
  const { type: _type, role: said, content, id, status, ...rest } = item
  const role = textOf(said, `${field}.role`)
  const parts = parseContent(content, `${field}.content`)
  if (role === 'assistant') {
    addTo(messages, 'assistant', markItem(messages, parts, present({ id, status, ...rest })))
    return
  }
  if (role !== 'user' && role !== 'system' && role !== 'developer') {
    throw unexpected(`${field}.role`, said, 'user, assistant, system or developer')
  }
  const marks = { $id: id, $status: status, $role: role === 'developer' ? role : undefined }
  const extra = restOf(rest, marks)
  messages.push(present<NeutralMessage>({ role: role === 'developer' ? 'system' : role, parts, extra }))
}

/** Says on the first part where an item begins, if that would not be seen. */
function markItem(
  messages: readonly NeutralMessage[],
  parts: readonly NeutralPart[],
  item: Fields,
): readonly NeutralPart[] {
  const [first, ...others] = parts
  if (first === undefined) return []
  if (first.type === 'other')
    return [{ type: 'other', kind: first.kind, value: wrapped(item, first.value) }, ...others]
  const before = messages.at(-1)
  const last = before?.role === 'assistant' ? before.parts.at(-1) : undefined
  const isSeen = last?.type !== 'text' && last?.type !== 'refusal'
  if (isSeen && Object.keys(item).length === 0) return parts
  return [{ ...first, extra: { ...first.extra, $item: item } }, ...others]
}

/** A part of an assistant's message that this form lacks stays inside of an item of its own. */
function wrapped(item: Fields, part: Fields): Fields {
  return { type: 'message', role: 'assistant', ...item, content: [part] }
}

function addTo(messages: NeutralMessage[], role: 'assistant' | 'tool', parts: readonly NeutralPart[]): void {
  const last = messages.at(-1)
  if (last?.role === role) messages[messages.length - 1] = { ...last, parts: [...last.parts, ...parts] }
  else messages.push({ role, parts })
}

function parseReasoning(item: Fields, field: string): ReasoningPart {
  const { type: _type, id, summary, content, encrypted_content: secret, status, ...rest } = item
  const summaries = textOfSummary(summary)
  const thoughts = textOfSummary(content)
  return present<ReasoningPart>({
    type: 'reasoning',
    text: (summaries.length > 0 ? summaries : thoughts).join('\n\n'),
    id: textOrNone(id, `${field}.id`),
    signature: textOrNone(secret, `${field}.encrypted_content`),
    extra: restOf(rest, {
      $status: status,
      $summary: summaries.length > 1 || thoughts.length > 0 ? summary : undefined,
      $content: thoughts.length > 0 ? content : undefined,
    }),
  })
}

function parseCall(item: Fields, field: string): ToolCallPart {
  const { type: _type, id, call_id: callId, name, arguments: said, status, ...rest } = item
  return present<ToolCallPart>({
    type: 'tool_call',
    id: textOf(callId, `${field}.call_id`),
    name: textOf(name, `${field}.name`),
    arguments: textOf(said, `${field}.arguments`),
    extra: restOf(rest, { $id: id, $status: status }),
  })
}

function parseResult(item: Fields, field: string): ToolResultPart {
  const { type: _type, id, call_id: callId, output, name, status, ...rest } = item
  return present<ToolResultPart>({
    type: 'tool_result',
    id: textOf(callId, `${field}.call_id`),
    parts: parseOutput(output, `${field}.output`),
    name: textOrNone(name, `${field}.name`),
    extra: restOf(rest, { $id: id, $status: status }),
  })
}

/** Some clients send an object where the format wants text. */
function parseOutput(output: unknown, field: string): readonly NeutralPart[] {
  if (output === '') return []
  return isFields(output) ? [{ type: 'text', text: JSON.stringify(output) }] : parseContent(output, field)
}
