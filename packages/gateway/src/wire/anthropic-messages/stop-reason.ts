/** Anthropic's stop reasons. */
import type { FinishDelta, FinishReason } from '../../contract/neutral.ts'
import type { Fields } from '../fields.ts'

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  tool_use: 'tool_calls',
  pause_turn: 'pause',
  refusal: 'refusal',
  model_context_window_exceeded: 'context_length',
}

export function parseAnthropicStop(reason: string): FinishReason {
  return (Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined) ?? 'stop'
}

/** `stopSequence`: what the model was stopped by, where the provider said it. */
export function writeAnthropicStop(reason: FinishReason, stopSequence?: string): string {
  switch (reason) {
    case 'length':
      return 'max_tokens'
    case 'tool_calls':
      return 'tool_use'
    case 'refusal':
    case 'content_filter':
      return 'refusal'
    case 'context_length':
      return 'model_context_window_exceeded'
    case 'pause':
      return 'pause_turn'
    case 'stop':
    case 'error':
    case 'malformed':
      return stopSequence === undefined ? 'end_turn' : 'stop_sequence'
  }
}

/** The end that a message, or the delta of one, tells of. `null` while it goes on. */
export function finishOf(message: Fields): FinishDelta | null {
  const raw = message['stop_reason']
  if (typeof raw !== 'string') return null
  const stopSequence = message['stop_sequence']
  return {
    type: 'finish',
    reason: parseAnthropicStop(raw),
    raw,
    ...(typeof stopSequence === 'string' ? { stopSequence } : null),
  }
}
