/**
 * Finish reasons, OpenAI's and those that others write into its format. It has none for a refusal by the model.
 *
 * `error` is OpenRouter's, Mistral's and vLLM's; `abort` vLLM's, `network_error` Zhipu's, `insufficient_system_resource`
 * DeepSeek's. Google's servers of this format name their own word behind the filter that stopped it, as in
 * `function_call_filter: MALFORMED_FUNCTION_CALL`; OpenRouter has that word in `native_finish_reason`.
 */
import type { FinishDelta, FinishReason } from '../../contract/neutral.ts'
import { type Fields, isFields } from '../fields.ts'
import { parseGeminiFinish } from '../gemini/finish-reason.ts'

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
  function_call_filter: 'malformed',
  error: 'error',
  abort: 'error',
  network_error: 'error',
  insufficient_system_resource: 'error',
}

export function parseOpenAIFinish(reason: string): FinishReason {
  const filter = reason.indexOf(':')
  const word = filter === -1 ? reason : reason.slice(0, filter)
  return (Object.hasOwn(REASONS, word) ? REASONS[word] : undefined) ?? 'stop'
}

/** What a choice tells of a failure that it ended with. */
export function failureOf(choice: Fields): Pick<FinishDelta, 'reason' | 'status'> {
  const native = choice['native_finish_reason']
  if (typeof native === 'string' && parseGeminiFinish(native, false) === 'malformed') {
    return { reason: 'malformed' }
  }
  if (choice['finish_reason'] === 'insufficient_system_resource') return { reason: 'error', status: 503 }
  const error = isFields(choice['error']) ? Number(choice['error']['code']) : Number.NaN
  return isStatus(error) ? { reason: 'error', status: error } : { reason: 'error' }
}

function isStatus(code: number): boolean {
  return Number.isInteger(code) && code >= 400 && code < 600
}

/** `older`: of a reply with a call in the first form. Where the caller had said which to call, it ends as any other. */
export function writeOpenAIEnd({ reason, raw }: FinishDelta, older: boolean): string {
  if (!older || reason !== 'tool_calls') return writeOpenAIFinish(reason)
  return raw === 'stop' ? raw : 'function_call'
}

export function writeOpenAIFinish(reason: FinishReason): string {
  switch (reason) {
    case 'refusal':
      return 'content_filter'
    case 'context_length':
      return 'length'
    case 'pause':
    case 'error':
    case 'malformed':
      return 'stop'
    case 'stop':
    case 'length':
    case 'tool_calls':
    case 'content_filter':
      return reason
  }
}
