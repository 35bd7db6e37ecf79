/** Folds a stream of deltas into the reply it spells. */
import type { FinishReason, NeutralDelta, Usage } from '../contract/neutral.ts'

export interface FoldedReply {
  readonly id: string
  readonly model: string
  readonly text: string
  readonly reasoning: string
  readonly toolCalls: readonly { readonly id: string; readonly name: string; readonly arguments: string }[]
  readonly usage: Usage | null
  readonly finish: FinishReason
}

export function foldReply(deltas: readonly NeutralDelta[]): FoldedReply {
  const reply = { id: '', model: '', text: '', reasoning: '', finish: 'stop' as FinishReason }
  const toolCalls: { id: string; name: string; arguments: string }[] = []
  let usage: Usage | null = null
  for (const delta of deltas) {
    switch (delta.type) {
      case 'start':
        reply.id = delta.id
        reply.model = delta.model
        break
      case 'refusal':
      case 'text':
        reply.text += delta.text
        break
      case 'reasoning':
        reply.reasoning += delta.text
        break
      case 'tool_call': {
        const call = (toolCalls[delta.index] ??= { id: '', name: '', arguments: '' })
        call.id ||= delta.id ?? ''
        call.name ||= delta.name ?? ''
        call.arguments += delta.arguments ?? ''
        break
      }
      case 'usage':
        usage = delta.usage
        break
      case 'finish':
        reply.finish = delta.reason
        break
      case 'reasoning_end':
      case 'citation':
      case 'logprobs':
      case 'media':
      case 'other':
      case 'error':
        break
    }
  }
  return { ...reply, toolCalls: toolCalls.filter((it) => it !== undefined), usage }
}
