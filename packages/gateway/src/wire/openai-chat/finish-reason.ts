/** OpenAI's finish reasons. It has none for a refusal by the model, which it calls filtered content. */
import type { FinishReason } from '../../contract/neutral.ts'

export function parseOpenAIFinish(reason: string): FinishReason {
  switch (reason) {
    case 'length':
    case 'content_filter':
    case 'tool_calls':
      return reason
    case 'function_call':
      return 'tool_calls'
    default:
      return 'stop'
  }
}

export function writeOpenAIFinish(reason: FinishReason): string {
  switch (reason) {
    case 'refusal':
      return 'content_filter'
    case 'context_length':
      return 'length'
    case 'pause':
    case 'error':
      return 'stop'
    default:
      return reason
  }
}
