/** OpenAI's `usage` object. Its prompt tokens include the cached ones, as the neutral form's do. */
import type { Usage } from '../../contract/neutral.ts'
import { isFields, present } from '../fields.ts'

/** `null` when it does not count tokens. */
export function parseOpenAIUsage(value: unknown): Usage | null {
  if (!isFields(value) || typeof value['prompt_tokens'] !== 'number') return null
  const output = value['completion_tokens']
  const usage: { -readonly [Name in keyof Usage]: Usage[Name] } = {
    inputTokens: value['prompt_tokens'],
    outputTokens: typeof output === 'number' ? output : 0,
  }
  // Field by field: this is read from every reply.
  const cached = detail(value['prompt_tokens_details'], 'cached_tokens')
  if (cached !== undefined) usage.cachedInputTokens = cached
  const written = detail(value['prompt_tokens_details'], 'cache_write_tokens')
  if (written !== undefined) usage.cacheWriteTokens = written
  const reasoning = detail(value['completion_tokens_details'], 'reasoning_tokens')
  if (reasoning !== undefined) usage.reasoningTokens = reasoning
  return usage
}

export function writeOpenAIUsage(usage: Usage): Record<string, unknown> {
  const { inputTokens, outputTokens, cachedInputTokens, cacheWriteTokens, reasoningTokens } = usage
  const written: Record<string, unknown> = {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
  }
  if (cachedInputTokens !== undefined || cacheWriteTokens !== undefined) {
    written['prompt_tokens_details'] = present({
      cached_tokens: cachedInputTokens,
      cache_write_tokens: cacheWriteTokens,
    })
  }
  if (reasoningTokens !== undefined) {
    written['completion_tokens_details'] = { reasoning_tokens: reasoningTokens }
  }
  return written
}

function detail(details: unknown, name: string): number | undefined {
  const value = isFields(details) ? details[name] : undefined
  return typeof value === 'number' ? value : undefined
}
