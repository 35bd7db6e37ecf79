/** Bedrock's `usage`. It counts tokens read from and written to the cache apart; the neutral form counts them in. */
import type { Usage } from '../../contract/neutral.ts'
import { isFields, present } from '../fields.ts'
import { serviceTierOf } from '../service-tier.ts'

/** `served`: what the reply says beside its usage of how it was served. */
export function parseBedrockUsage(value: unknown, served?: unknown): Usage | null {
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
    cacheWriteHourTokens: writtenForAnHour(value['cacheDetails']),
    serviceTier: isFields(served) ? serviceTierOf(served['type']) : undefined,
  })
}

function writtenForAnHour(details: unknown): number | undefined {
  if (!Array.isArray(details)) return undefined
  const found = details.filter(isFields).find((it) => it['ttl'] === '1h')
  return found === undefined ? undefined : count(found['inputTokens'])
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
