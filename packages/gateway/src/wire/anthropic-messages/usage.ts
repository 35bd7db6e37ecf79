/**
 * Anthropic's `usage`. It counts tokens read from and written to its cache apart from `input_tokens`; the
 * neutral form counts them in, as OpenAI does. What it took to shorten a long conversation is billed as well and stands
 * only among the `iterations`; the neutral form counts that in too. An adviser's tokens, which are of another model and
 * have another price, are left out.
 */
import type { Usage } from '../../contract/neutral.ts'
import { type Fields, isFields, present } from '../fields.ts'
import { serviceTierOf } from '../service-tier.ts'
import { tokenCount } from '../token-count.ts'
import { toolCallsOf } from '../tool-calls.ts'

/** `before` is what the stream said earlier: later events repeat only some of the numbers. */
export function parseAnthropicUsage(value: unknown, before: Usage | null): Usage | null {
  if (!isFields(value)) return before
  const cached = tokenCount(value['cache_read_input_tokens']) ?? before?.cachedInputTokens
  const written = tokenCount(value['cache_creation_input_tokens']) ?? before?.cacheWriteTokens
  const plainBefore =
    before === null
      ? undefined
      : before.inputTokens - (before.cachedInputTokens ?? 0) - (before.cacheWriteTokens ?? 0)
  const plain = counted(value, 'input_tokens') ?? plainBefore
  const output = counted(value, 'output_tokens') ?? before?.outputTokens
  if (plain === undefined && output === undefined) return before
  return present<Usage>({
    inputTokens: (plain ?? 0) + (cached ?? 0) + (written ?? 0),
    outputTokens: output ?? 0,
    cachedInputTokens: cached,
    cacheWriteTokens: written,
    cacheWriteHourTokens:
      detail(value, 'cache_creation', 'ephemeral_1h_input_tokens') ?? before?.cacheWriteHourTokens,
    reasoningTokens: detail(value, 'output_tokens_details', 'thinking_tokens') ?? before?.reasoningTokens,
    serviceTier: serviceOf(value) ?? before?.serviceTier,
    toolCalls: toolCallsOf(value['server_tool_use']) ?? before?.toolCalls,
  })
}

/** Some counts come only at the end, and are 0 where there were none: that is worth no field. */
function detail(value: Fields, group: string, name: string): number | undefined {
  const details = value[group]
  const count = isFields(details) ? tokenCount(details[name]) : undefined
  return count === 0 ? undefined : count
}

/** With what was needed to shorten the conversation before. */
function counted(value: Fields, name: 'input_tokens' | 'output_tokens'): number | undefined {
  const count = tokenCount(value[name])
  if (count === undefined) return undefined
  const { iterations } = value
  if (!Array.isArray(iterations)) return count
  const shortened = iterations.filter(isFields).filter((it) => it['type'] === 'compaction')
  return shortened.reduce((sum, it) => sum + (tokenCount(it[name]) ?? 0), count)
}

function serviceOf(value: Fields): string | undefined {
  return value['speed'] === 'fast' ? 'fast' : serviceTierOf(value['service_tier'])
}

/** The counts of the cache are always there: clients add them up without asking whether they are. */
export function writeAnthropicUsage(usage: Usage | null): Record<string, unknown> {
  const cached = usage?.cachedInputTokens ?? 0
  const written = usage?.cacheWriteTokens ?? 0
  const hour = usage?.cacheWriteHourTokens
  return {
    input_tokens: Math.max(0, (usage?.inputTokens ?? 0) - cached - written),
    cache_creation_input_tokens: written,
    ...(hour === undefined
      ? null
      : {
          cache_creation: { ephemeral_5m_input_tokens: written - hour, ephemeral_1h_input_tokens: hour },
        }),
    cache_read_input_tokens: cached,
    output_tokens: usage?.outputTokens ?? 0,
    ...(usage?.toolCalls === undefined ? null : { server_tool_use: requestsOf(usage.toolCalls) }),
  }
}

function requestsOf(calls: Readonly<Record<string, number>>): Fields {
  return Object.fromEntries(Object.entries(calls).map(([tool, count]) => [`${tool}_requests`, count]))
}
