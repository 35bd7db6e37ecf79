/** Bedrock's `usage`. It counts tokens read from and written to the cache apart; the neutral form counts them in. */
import type { Usage } from '../../contract/neutral.ts'
import { isFields, present } from '../fields.ts'
import { serviceTierOf } from '../service-tier.ts'
import { tokenCount } from '../token-count.ts'

/** `served`: what the reply says beside its usage of how it was served. */
export function parseBedrockUsage(value: unknown, served?: unknown): Usage | null {
  if (!isFields(value)) return null
  const [inputTokens, outputTokens] = [tokenCount(value['inputTokens']), tokenCount(value['outputTokens'])]
  if (inputTokens === undefined && outputTokens === undefined) return null
  const cached = tokenCount(value['cacheReadInputTokens'])
  const written = tokenCount(value['cacheWriteInputTokens'])
  return present<Usage>({
    inputTokens: (inputTokens ?? 0) + (cached ?? 0) + (written ?? 0),
    outputTokens: outputTokens ?? 0,
    cachedInputTokens: cached,
    cacheWriteTokens: written,
    cacheWriteHourTokens: writtenForAnHour(value['cacheDetails']),
    serviceTier: isFields(served) ? serviceTierOf(served['type']) : undefined,
  })
}

function writtenForAnHour(details: unknown): number | undefined {
  if (!Array.isArray(details)) return undefined
  const found = details.filter(isFields).find((it) => it['ttl'] === '1h')
  return found === undefined ? undefined : tokenCount(found['inputTokens'])
}
