/**
 * What kind of failure an attempt ended with: by our own code where nothing came, by status where a provider refused,
 * and by what it says where the status alone says too little.
 *
 * Providers have no common code for a prompt that is too long or a policy that refuses; they have few words for
 * it. A refusal whose words are not known is of its status' kind, and is never taken for more than that.
 */
import type { FailureClass } from '../contract/routing.ts'
import type { FailureCode, Refusal } from './attempt-host.ts'

/** `null`: the request itself is at fault, and would be anywhere. */
export function classOf(
  code: FailureCode,
  status: number | null,
  refusal: Refusal | null,
): FailureClass | null {
  if (code === 'upstream.timeout') return 'timeout'
  if (code === 'upstream.connect' || code === 'upstream.reset') return 'connection'
  if (code !== 'upstream.failed') return 'failed'
  switch (status ?? 0) {
    case 429:
      return 'rate_limited'
    case 401:
    case 402:
    case 404:
      return 'auth'
    case 403:
      return saysPolicy(refusal) ? 'content_policy' : 'auth'
    case 408:
    case 504:
      return 'timeout'
    case 503:
    case 529:
      return 'overloaded'
    default:
      return status === null || status >= 500 ? 'failed' : classOfRequest(refusal)
  }
}

function classOfRequest(refusal: Refusal | null): FailureClass | null {
  if (saysTooLong(refusal)) return 'context_too_long'
  return saysPolicy(refusal) ? 'content_policy' : null
}

/** In lower case, as OpenAI, Azure, Anthropic, Gemini, Bedrock, Mistral, Cohere, vLLM and others say it. */
const TOO_LONG = [
  'context_length_exceeded',
  'maximum context length',
  'context window',
  'prompt is too long',
  'input is too long',
  'input token count',
  'too many tokens',
  'too large for model',
  'reduce the length',
  'string_above_max_length',
] as const

const POLICY = [
  'content_policy_violation',
  'content_filter',
  'content management policy',
  'responsibleaipolicyviolation',
  'content policy',
  'safety system',
  'prohibited_content',
  'moderation_blocked',
] as const

function saysTooLong(refusal: Refusal | null): boolean {
  return refusal !== null && (refusal.status === 413 || says(refusal, TOO_LONG))
}

function saysPolicy(refusal: Refusal | null): boolean {
  return refusal !== null && says(refusal, POLICY)
}

function says({ body }: Refusal, words: readonly string[]): boolean {
  const text = body.toString('latin1').toLowerCase()
  return words.some((it) => text.includes(it))
}

/** Counts against the target: that it cannot be reached or fails, not that it refuses. */
export function isTargetsFault(code: FailureCode, status: number | null): boolean {
  // Whoever asks for what a model cannot do must not close it to all others.
  if (code === 'apis.output' || code === 'upstream.malformed') return false
  return code !== 'upstream.failed' || status === null || status >= 500
}

/** Refusals that say something about our credential or this model there, and nothing about the request. */
export function isTargetsOwn(status: number | null): boolean {
  return status === 401 || status === 402 || status === 403 || status === 404
}
