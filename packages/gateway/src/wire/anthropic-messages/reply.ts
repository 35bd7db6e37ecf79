/**
 * A whole message, as deltas and back.
 *
 * Tools that Anthropic runs itself (`server_tool_use` and the like) are not the caller's to answer, so they
 * are no tool calls here.
 */
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { ReplyAbout } from '../../contract/wire.ts'
import { type Fields, isFields, stringOr } from '../fields.ts'
import { foldReply } from '../fold-reply.ts'
import { parseAnthropicStop, writeAnthropicStop } from './stop-reason.ts'
import { parseAnthropicUsage, writeAnthropicUsage } from './usage.ts'

export function parseAnthropicReply(body: Fields): readonly NeutralDelta[] {
  const deltas: NeutralDelta[] = [
    { type: 'start', id: stringOr(body['id'], ''), model: stringOr(body['model'], '') },
  ]
  let calls = 0
  const blocks: readonly unknown[] = Array.isArray(body['content']) ? body['content'] : []
  for (const block of blocks) {
    if (!isFields(block)) continue
    if (block['type'] === 'text') deltas.push({ type: 'text', text: stringOr(block['text'], '') })
    else if (block['type'] === 'thinking') {
      deltas.push({ type: 'reasoning', text: stringOr(block['thinking'], '') })
    } else if (block['type'] === 'tool_use') {
      deltas.push({
        type: 'tool_call',
        index: calls,
        id: stringOr(block['id'], ''),
        name: stringOr(block['name'], ''),
        arguments: JSON.stringify(block['input'] ?? {}),
      })
      calls += 1
    }
  }
  const usage = parseAnthropicUsage(body['usage'], null)
  if (usage !== null) deltas.push({ type: 'usage', usage })
  if (typeof body['stop_reason'] === 'string') {
    deltas.push({ type: 'finish', reason: parseAnthropicStop(body['stop_reason']) })
  }
  return deltas
}

export function writeAnthropicReply(
  deltas: readonly NeutralDelta[],
  about: ReplyAbout,
): Record<string, unknown> {
  const reply = foldReply(deltas)
  const content: object[] = []
  if (reply.reasoning !== '') content.push({ type: 'thinking', thinking: reply.reasoning, signature: '' })
  if (reply.text !== '') content.push({ type: 'text', text: reply.text })
  for (const { id, name, arguments: text } of reply.toolCalls) {
    content.push({ type: 'tool_use', id, name, input: JSON.parse(text === '' ? '{}' : text) as unknown })
  }
  return {
    id: about.id,
    type: 'message',
    role: 'assistant',
    model: reply.model === '' ? about.model : reply.model,
    content,
    stop_reason: writeAnthropicStop(reply.finish),
    stop_sequence: null,
    usage: writeAnthropicUsage(reply.usage),
  }
}
