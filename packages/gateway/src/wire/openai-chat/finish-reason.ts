/** Finish reasons, OpenAI's and those that others write into its format. It has none for a refusal by the model. */
import type { FinishReason } from '../../contract/neutral.ts'

const REASONS: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  eos: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'context_length',
  content_filter: 'content_filter',
  sensitive: 'content_filter',
  tool_calls: 'tool_calls',
  function_call: 'tool_calls',
  error: 'error',
  network_error: 'error',
  insufficient_system_resource: 'error',
}

export function parseOpenAIFinish(reason: string): FinishReason {
  return (Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined) ?? 'stop'
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
    case 'stop':
    case 'length':
    case 'tool_calls':
    case 'content_filter':
      return reason
  }
}
