/**
 * Why a candidate ended, in Google's words and ours. Google says STOP for an answer of text and for one of
 * function calls alike; ours tells them apart.
 */
import type { FinishReason } from '../../contract/neutral.ts'

const REASONS: Readonly<Record<string, FinishReason>> = {
  STOP: 'stop',
  MAX_TOKENS: 'length',
  SAFETY: 'content_filter',
  RECITATION: 'content_filter',
  BLOCKLIST: 'content_filter',
  PROHIBITED_CONTENT: 'content_filter',
  SPII: 'content_filter',
  MODEL_ARMOR: 'content_filter',
  IMAGE_SAFETY: 'content_filter',
  IMAGE_PROHIBITED_CONTENT: 'content_filter',
  IMAGE_RECITATION: 'content_filter',
  LANGUAGE: 'error',
  OTHER: 'error',
  IMAGE_OTHER: 'error',
  NO_IMAGE: 'error',
  MALFORMED_FUNCTION_CALL: 'error',
  MALFORMED_RESPONSE: 'error',
  UNEXPECTED_TOOL_CALL: 'error',
  TOO_MANY_TOOL_CALLS: 'error',
  MISSING_THOUGHT_SIGNATURE: 'error',
}

/** Before the reason for which a prompt was blocked, so that it can be told from a reason of a candidate. */
export const PROMPT_BLOCKED = 'PROMPT_'

export function parseGeminiFinish(reason: string, hasCalls: boolean): FinishReason {
  const known = Object.hasOwn(REASONS, reason) ? (REASONS[reason] ?? 'error') : 'error'
  return known === 'stop' && hasCalls ? 'tool_calls' : known
}

const WORDS: Readonly<Record<FinishReason, string>> = {
  stop: 'STOP',
  tool_calls: 'STOP',
  pause: 'STOP',
  length: 'MAX_TOKENS',
  context_length: 'MAX_TOKENS',
  content_filter: 'SAFETY',
  refusal: 'PROHIBITED_CONTENT',
  error: 'OTHER',
}

/** `raw`: the provider's own word, kept where it is one of Google's. */
export function writeGeminiFinish(reason: FinishReason, raw: string | undefined): string {
  const isOurs = raw !== undefined && Object.hasOwn(REASONS, raw)
  return isOurs && parseGeminiFinish(raw, reason === 'tool_calls') === reason ? raw : WORDS[reason]
}
