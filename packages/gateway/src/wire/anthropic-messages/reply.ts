/** A whole message, as deltas and back. Of several replies only the first can be told. */
import type { NeutralDelta } from '../../contract/neutral.ts'
import type { ReplyAbout } from '../../contract/wire.ts'
import { type Fields, isFields, stringOr } from '../fields.ts'
import { type FoldedPart, foldCandidates } from '../fold-reply.ts'
import { BlockReader } from './block-reader.ts'
import { writeAnthropicCitation } from './citations.ts'
import { finishOf, writeAnthropicStop } from './stop-reason.ts'
import { parseAnthropicUsage, writeAnthropicUsage } from './usage.ts'

export function parseAnthropicReply(body: Fields): readonly NeutralDelta[] {
  const deltas: NeutralDelta[] = [
    { type: 'start', id: stringOr(body['id'], ''), model: stringOr(body['model'], '') },
  ]
  const reader = new BlockReader()
  const blocks: readonly unknown[] = Array.isArray(body['content']) ? body['content'] : []
  for (const block of blocks) if (isFields(block)) deltas.push(...reader.readWhole(block))
  const usage = parseAnthropicUsage(body['usage'], null)
  if (usage !== null) deltas.push({ type: 'usage', usage })
  const finish = finishOf(body)
  if (finish !== null) deltas.push(finish)
  return deltas
}

export function writeAnthropicReply(
  deltas: readonly NeutralDelta[],
  about: ReplyAbout,
): Record<string, unknown> {
  const reply = foldCandidates(deltas)
  const [first] = reply.candidates
  const { reason = 'stop', stopSequence } = first?.finish ?? {}
  return {
    id: about.id,
    type: 'message',
    role: 'assistant',
    model: reply.model === '' ? about.model : reply.model,
    content: first?.parts.flatMap(writeBlock) ?? [],
    stop_reason: writeAnthropicStop(reason, stopSequence),
    stop_sequence: stopSequence ?? null,
    usage: writeAnthropicUsage(reply.usage),
  }
}

function writeBlock(part: FoldedPart): readonly Fields[] {
  switch (part.type) {
    case 'text': {
      const citations = part.citations.map(writeAnthropicCitation).filter((it) => it !== null)
      if (part.text === '') return []
      return [{ type: 'text', text: part.text, ...(citations.length === 0 ? null : { citations }) }]
    }
    case 'refusal':
      return [{ type: 'text', text: part.text }]
    case 'reasoning':
      if (part.redacted !== undefined) return [{ type: 'redacted_thinking', data: part.redacted }]
      return [{ type: 'thinking', thinking: part.text, signature: part.signature ?? '' }]
    case 'tool_call':
      return [{ type: 'tool_use', id: part.id, name: part.name, input: parseInput(part.arguments) }]
    case 'other':
      return part.from === 'anthropic-messages' ? [part.value] : []
    case 'media':
      return part.transcript === undefined ? [] : [{ type: 'text', text: part.transcript }]
  }
}

/** What a full context cut off in the middle is no JSON; an object is asked for. */
function parseInput(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return isFields(value) ? value : {}
  } catch {
    return {}
  }
}
