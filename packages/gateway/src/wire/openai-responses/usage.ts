/** The `usage` object of a response. Its input tokens include the cached ones, as the neutral form's do. */
import type { Usage } from '../../contract/neutral.ts'
import { type Fields, isFields, present } from '../fields.ts'
import { serviceTierOf } from '../service-tier.ts'
import { tokenCount } from '../token-count.ts'
import { toolCallsIn } from '../tool-calls.ts'

/** `null` when it does not count tokens. `served`: what the response says beside it of how it was served. */
export function parseResponsesUsage(value: unknown, served?: unknown): Usage | null {
  if (!isFields(value)) return null
  // Azure counts for models of others as in chat completions.
  const input = tokenCount(value['input_tokens'] ?? value['prompt_tokens'])
  const output = tokenCount(value['output_tokens'] ?? value['completion_tokens'])
  if (input === undefined) return null
  return present<Usage>({
    inputTokens: input,
    outputTokens: output ?? 0,
    cachedInputTokens: detail(value, 'input_tokens_details', 'cached_tokens'),
    cacheWriteTokens: detail(value, 'input_tokens_details', 'cache_write_tokens'),
    reasoningTokens: detail(value, 'output_tokens_details', 'reasoning_tokens'),
    inputAudioTokens: detail(value, 'input_tokens_details', 'audio_tokens'),
    outputAudioTokens: detail(value, 'output_tokens_details', 'audio_tokens'),
    inputImageTokens: detail(value, 'input_tokens_details', 'image_tokens'),
    outputImageTokens: detail(value, 'output_tokens_details', 'image_tokens'),
    cachedAudioTokens: cachedDetail(value, 'audio_tokens'),
    cachedImageTokens: cachedDetail(value, 'image_tokens'),
    serviceTier: serviceTierOf(served),
    toolCalls: toolCallsIn(value),
  })
}

/** The details are always there: clients read them without asking whether they are. */
export function writeResponsesUsage(usage: Usage): Fields {
  return {
    input_tokens: usage.inputTokens,
    input_tokens_details: present({
      cached_tokens: usage.cachedInputTokens ?? 0,
      cache_write_tokens: usage.cacheWriteTokens ?? 0,
      audio_tokens: usage.inputAudioTokens,
      image_tokens: usage.inputImageTokens,
    }),
    output_tokens: usage.outputTokens,
    output_tokens_details: present({
      reasoning_tokens: usage.reasoningTokens ?? 0,
      audio_tokens: usage.outputAudioTokens,
      image_tokens: usage.outputImageTokens,
    }),
    total_tokens: usage.inputTokens + usage.outputTokens,
  }
}

function cachedDetail(usage: Fields, name: string): number | undefined {
  const details = usage['input_tokens_details']
  return isFields(details) ? detail(details, 'cached_tokens_details', name) : undefined
}

function detail(usage: Fields, group: string, name: string): number | undefined {
  const details = usage[group]
  return isFields(details) ? tokenCount(details[name]) : undefined
}
