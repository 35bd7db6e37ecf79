/** A whole chat completion, as deltas and back. Of several choices only the first is read. */
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { ReplyAbout } from '../../contract/wire.ts'
import { type Fields, isFields, stringOr } from '../fields.ts'
import { foldReply } from '../fold-reply.ts'
import { parseOpenAIFinish, writeOpenAIFinish } from './finish-reason.ts'
import { parseOpenAIUsage, writeOpenAIUsage } from './usage.ts'

export function parseOpenAIReply(body: Fields): readonly NeutralDelta[] {
  const deltas: NeutralDelta[] = [
    { type: 'start', id: stringOr(body['id'], ''), model: stringOr(body['model'], '') },
  ]
  const choices: readonly unknown[] = Array.isArray(body['choices']) ? body['choices'] : []
  const choice = isFields(choices[0]) ? choices[0] : {}
  const message = isFields(choice['message']) ? choice['message'] : {}
  const reasoning = message['reasoning_content'] ?? message['reasoning']
  if (typeof reasoning === 'string' && reasoning !== '') deltas.push({ type: 'reasoning', text: reasoning })
  const text = stringOr(message['content'], '') || stringOr(message['refusal'], '')
  if (text !== '') deltas.push({ type: 'text', text })
  deltas.push(...parseCalls(message['tool_calls']))
  const usage = parseOpenAIUsage(body['usage'])
  if (usage !== null) deltas.push({ type: 'usage', usage })
  if (typeof choice['finish_reason'] === 'string') {
    deltas.push({ type: 'finish', reason: parseOpenAIFinish(choice['finish_reason']) })
  }
  return deltas
}

function parseCalls(value: unknown): readonly NeutralDelta[] {
  if (!Array.isArray(value)) return []
  return value.filter(isFields).map((call, index) => {
    const named = isFields(call['function']) ? call['function'] : {}
    return {
      type: 'tool_call',
      index,
      id: stringOr(call['id'], ''),
      name: stringOr(named['name'], ''),
      arguments: stringOr(named['arguments'], ''),
    }
  })
}

export function writeOpenAIReply(
  deltas: readonly NeutralDelta[],
  about: ReplyAbout,
): Record<string, unknown> {
  const reply = foldReply(deltas)
  const message: Record<string, unknown> = {
    role: 'assistant',
    content: reply.text === '' && reply.toolCalls.length > 0 ? null : reply.text,
    refusal: null,
  }
  if (reply.reasoning !== '') message['reasoning_content'] = reply.reasoning
  if (reply.toolCalls.length > 0) {
    message['tool_calls'] = reply.toolCalls.map(({ id, name, arguments: text }) => ({
      id,
      type: 'function',
      function: { name, arguments: text },
    }))
  }
  const written: Record<string, unknown> = {
    id: about.id,
    object: 'chat.completion',
    created: about.created,
    model: reply.model === '' ? about.model : reply.model,
    choices: [{ index: 0, message, logprobs: null, finish_reason: writeOpenAIFinish(reply.finish) }],
  }
  if (reply.usage !== null) written['usage'] = writeOpenAIUsage(reply.usage)
  return written
}
