/** Anthropic's stop reasons. A full context window is a limit on length, as the caller sees it. */
import type { FinishReason } from '../../contract/neutral.ts'

export function parseAnthropicStop(reason: string): FinishReason {
  switch (reason) {
    case 'max_tokens':
      return 'length'
    case 'model_context_window_exceeded':
      return 'context_length'
    case 'pause_turn':
      return 'pause'
    case 'tool_use':
      return 'tool_calls'
    case 'refusal':
      return 'refusal'
    default:
      return 'stop'
  }
}

export function writeAnthropicStop(reason: FinishReason): string {
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
      return 'end_turn'
  }
}
