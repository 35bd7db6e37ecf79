/** Bedrock's `usage`. It counts tokens read from and written to the cache apart; the neutral form counts them in. */
import type { Usage } from '../../contract/neutral.ts'
import { isFields, present } from '../fields.ts'

export function parseBedrockUsage(value: unknown): Usage | null {
  if (!isFields(value)) return null
  const { inputTokens, outputTokens } = value
  if (typeof inputTokens !== 'number' && typeof outputTokens !== 'number') return null
  const cached = count(value['cacheReadInputTokens'])
  const written = count(value['cacheWriteInputTokens'])
  return present<Usage>({
    inputTokens: (count(inputTokens) ?? 0) + (cached ?? 0) + (written ?? 0),
    outputTokens: count(outputTokens) ?? 0,
    cachedInputTokens: cached,
    cacheWriteTokens: written,
  })
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
