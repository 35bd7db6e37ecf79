/**
 * Why a candidate ended, in Google's words and ours. Google says STOP for an answer of text and for one of
 * function calls alike; ours tells them apart. What it calls OTHER, or a call that cannot be read, is a failure: nothing that
 * came before it is the answer that was asked for.
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
  LANGUAGE: 'malformed',
  OTHER: 'malformed',
  IMAGE_OTHER: 'malformed',
  NO_IMAGE: 'malformed',
  MALFORMED_FUNCTION_CALL: 'malformed',
  MALFORMED_RESPONSE: 'malformed',
  UNEXPECTED_TOOL_CALL: 'malformed',
  TOO_MANY_TOOL_CALLS: 'malformed',
  MISSING_THOUGHT_SIGNATURE: 'malformed',
}

/** Before the reason for which a prompt was blocked, so that it can be told from a reason of a candidate. */
export const PROMPT_BLOCKED = 'PROMPT_'

export function parseGeminiFinish(reason: string, hasCalls: boolean): FinishReason {
  // A word that nobody here knows yet must not make a failure of what may be an answer.
  const known = (Object.hasOwn(REASONS, reason) ? REASONS[reason] : undefined) ?? 'stop'
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
  malformed: 'OTHER',
}

/** `raw`: the provider's own word, kept where it is one of Google's. */
export function writeGeminiFinish(reason: FinishReason, raw: string | undefined): string {
  const isOurs = raw !== undefined && Object.hasOwn(REASONS, raw)
  return isOurs && parseGeminiFinish(raw, reason === 'tool_calls') === reason ? raw : WORDS[reason]
}
