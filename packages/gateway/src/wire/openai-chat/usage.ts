/**
 * OpenAI's `usage` object, and what others put into it. Its prompt tokens include the cached ones, as the neutral
 * form's do; its completion tokens include reasoning, except where a provider counts that beside them, which
 * shows in the total.
 */
import type { Usage } from '../../contract/neutral.ts'
import { type Fields, isFields, present } from '../fields.ts'
import { serviceTierOf } from '../service-tier.ts'
import { tokenCount } from '../token-count.ts'
import { toolCallsIn } from '../tool-calls.ts'

/** `null` when it does not count tokens. `served`: what the answer says beside it of how it was served. */
export function parseOpenAIUsage(value: unknown, served?: unknown): Usage | null {
  if (!isFields(value)) return null
  const input = tokenCount(value['prompt_tokens'])
  if (input === undefined) return null
  const output = tokenCount(value['completion_tokens']) ?? 0
  const usage: { -readonly [Name in keyof Usage]: Usage[Name] } = { inputTokens: input, outputTokens: output }
  // Field by field, and each by its own name: this is read from every reply.
  const asked = fieldsOrNone(value['prompt_tokens_details'])
  const said = fieldsOrNone(value['completion_tokens_details'])
  const cached =
    tokenCount(asked['cached_tokens']) ??
    tokenCount(value['prompt_cache_hit_tokens']) ??
    tokenCount(value['cached_tokens'])
  if (cached !== undefined) usage.cachedInputTokens = cached
  const written = tokenCount(asked['cache_write_tokens'])
  if (written !== undefined) usage.cacheWriteTokens = written
  const hour = tokenCount(fieldsOrNone(asked['cache_creation_token_details'])['ephemeral_1h_input_tokens'])
  if (hour !== undefined) usage.cacheWriteHourTokens = hour
  const reasoning = tokenCount(said['reasoning_tokens']) ?? tokenCount(value['reasoning_tokens'])
  if (reasoning !== undefined) {
    usage.reasoningTokens = reasoning
    if (tokenCount(value['total_tokens']) === input + output + reasoning) usage.outputTokens += reasoning
  }
  const heard = tokenCount(asked['audio_tokens'])
  if (heard !== undefined) usage.inputAudioTokens = heard
  const seen = tokenCount(asked['image_tokens'])
  if (seen !== undefined) usage.inputImageTokens = seen
  const spoken = tokenCount(said['audio_tokens'])
  if (spoken !== undefined) usage.outputAudioTokens = spoken
  const drawn = tokenCount(said['image_tokens'])
  if (drawn !== undefined) usage.outputImageTokens = drawn
  const ofCached = fieldsOrNone(asked['cached_tokens_details'])
  const cachedAudio = tokenCount(ofCached['audio_tokens'])
  if (cachedAudio !== undefined) usage.cachedAudioTokens = cachedAudio
  const cachedImage = tokenCount(ofCached['image_tokens'])
  if (cachedImage !== undefined) usage.cachedImageTokens = cachedImage
  const tier = serviceTierOf(served)
  if (tier !== undefined) usage.serviceTier = tier
  const called = toolCallsIn(value)
  if (called !== undefined) usage.toolCalls = called
  return usage
}

const NONE: Fields = Object.freeze({})

function fieldsOrNone(value: unknown): Fields {
  return isFields(value) ? value : NONE
}

export function writeOpenAIUsage(usage: Usage): Record<string, unknown> {
  const asked = present({
    cached_tokens: usage.cachedInputTokens,
    cached_tokens_details: given(
      present({ audio_tokens: usage.cachedAudioTokens, image_tokens: usage.cachedImageTokens }),
    ),
    cache_write_tokens: usage.cacheWriteTokens,
    cache_creation_token_details: given(present({ ephemeral_1h_input_tokens: usage.cacheWriteHourTokens })),
    audio_tokens: usage.inputAudioTokens,
    image_tokens: usage.inputImageTokens,
  })
  const said = present({
    reasoning_tokens: usage.reasoningTokens,
    audio_tokens: usage.outputAudioTokens,
    image_tokens: usage.outputImageTokens,
  })
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
