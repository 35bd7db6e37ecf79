/**
 * Anthropic's `usage`. It counts tokens read from and written to its cache apart from `input_tokens`; the
 * neutral form counts them in, as OpenAI does.
 */
import type { Usage } from '../../contract/neutral.ts'
import { isFields, present } from '../fields.ts'

/** `before` is what the stream said earlier: later events repeat only some of the numbers. */
export function parseAnthropicUsage(value: unknown, before: Usage | null): Usage | null {
  if (!isFields(value)) return before
  const cached = numberOr(value['cache_read_input_tokens'], before?.cachedInputTokens)
  const written = numberOr(value['cache_creation_input_tokens'], before?.cacheWriteTokens)
  const plainBefore =
    before === null
      ? undefined
      : before.inputTokens - (before.cachedInputTokens ?? 0) - (before.cacheWriteTokens ?? 0)
  const plain = numberOr(value['input_tokens'], plainBefore)
  const output = numberOr(value['output_tokens'], before?.outputTokens)
  if (plain === undefined && output === undefined) return before
  return present<Usage>({
    inputTokens: (plain ?? 0) + (cached ?? 0) + (written ?? 0),
    outputTokens: output ?? 0,
    cachedInputTokens: cached,
    cacheWriteTokens: written,
  })
}

/** The counts of the cache are always there: clients add them up without asking whether they are. */
export function writeAnthropicUsage(usage: Usage | null): Record<string, unknown> {
  const cached = usage?.cachedInputTokens ?? 0
  const written = usage?.cacheWriteTokens ?? 0
  return {
    input_tokens: Math.max(0, (usage?.inputTokens ?? 0) - cached - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: cached,
    output_tokens: usage?.outputTokens ?? 0,
  }
}

function numberOr(value: unknown, other: number | undefined): number | undefined {
  return typeof value === 'number' ? value : other
}
