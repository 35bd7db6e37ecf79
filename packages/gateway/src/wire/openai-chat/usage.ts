/**
 * OpenAI's `usage` object, and what others put into it. Its prompt tokens include the cached ones, as the neutral
 * form's do; its completion tokens include reasoning, except where a provider counts that beside them, which
 * shows in the total.
 */
import type { Usage } from '../../contract/neutral.ts'
import { type Fields, isFields, present } from '../fields.ts'

/** `null` when it does not count tokens. */
export function parseOpenAIUsage(value: unknown): Usage | null {
  if (!isFields(value) || typeof value['prompt_tokens'] !== 'number') return null
  const input = value['prompt_tokens']
  const output = count(value, 'completion_tokens') ?? 0
  const usage: { -readonly [Name in keyof Usage]: Usage[Name] } = { inputTokens: input, outputTokens: output }
  // Field by field: this is read from every reply.
  const asked = value['prompt_tokens_details']
  const said = value['completion_tokens_details']
  const cached =
    count(asked, 'cached_tokens') ?? count(value, 'prompt_cache_hit_tokens') ?? count(value, 'cached_tokens')
  if (cached !== undefined) usage.cachedInputTokens = cached
  const written = count(asked, 'cache_write_tokens')
  if (written !== undefined) usage.cacheWriteTokens = written
  const reasoning = count(said, 'reasoning_tokens') ?? count(value, 'reasoning_tokens')
  if (reasoning !== undefined) {
    usage.reasoningTokens = reasoning
    if (count(value, 'total_tokens') === input + output + reasoning) usage.outputTokens += reasoning
  }
  const heard = count(asked, 'audio_tokens')
  if (heard !== undefined) usage.inputAudioTokens = heard
  const seen = count(asked, 'image_tokens')
  if (seen !== undefined) usage.inputImageTokens = seen
  const spoken = count(said, 'audio_tokens')
  if (spoken !== undefined) usage.outputAudioTokens = spoken
  return usage
}

export function writeOpenAIUsage(usage: Usage): Record<string, unknown> {
  const asked = present({
    cached_tokens: usage.cachedInputTokens,
    cache_write_tokens: usage.cacheWriteTokens,
    audio_tokens: usage.inputAudioTokens,
    image_tokens: usage.inputImageTokens,
  })
  const said = present({ reasoning_tokens: usage.reasoningTokens, audio_tokens: usage.outputAudioTokens })
  return present({
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: given(asked),
    completion_tokens_details: given(said),
  })
}

function given(details: Fields): Fields | undefined {
  return Object.keys(details).length === 0 ? undefined : details
}

function count(of: unknown, name: string): number | undefined {
  const value = isFields(of) ? of[name] : undefined
  return typeof value === 'number' ? value : undefined
}
