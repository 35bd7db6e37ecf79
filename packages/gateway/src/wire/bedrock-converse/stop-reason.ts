/** Why a model of Bedrock stopped, in our words. */
import type { FinishReason } from '../../contract/neutral.ts'

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool_calls',
  max_tokens: 'length',
  model_context_window_exceeded: 'context_length',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
  malformed_model_output: 'malformed',
  malformed_tool_use: 'malformed',
}

export function parseBedrockStop(reason: string): FinishReason {
  return (Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined) ?? 'stop'
}
