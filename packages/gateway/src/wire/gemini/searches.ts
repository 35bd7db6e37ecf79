/**
 * Searches that Google made for an answer, each for a fee. Its newer models are charged by the query, which is counted
 * here as `web_search`; the older ones by the request that any of them was made for, which is `grounded_prompt`. A price
 * names one of the two. Each chunk of a stream repeats the queries so far; a query that is empty, or the same as
 * another, is free.
 *
 * Some answers count themselves what is billed, in their usage: that goes before.
 */
import { isFields } from '../fields.ts'
import type { Shape } from '../pruned-json.ts'
import { callCount } from '../token-count.ts'
import type { ToolCallCount, ToolCallRules, ToolCounts } from '../tool-calls.ts'
import { camelFields } from './proto-fields.ts'

const QUERIES: Shape = { '*': true }
const CHUNKS: Shape = { '*': { web: { uri: true } } }
const GROUNDING: Shape = {
  webSearchQueries: QUERIES,
  web_search_queries: QUERIES,
  groundingChunks: CHUNKS,
  grounding_chunks: CHUNKS,
}

export const geminiToolCalls: ToolCallRules = {
  mark: Buffer.from('"groundingMetadata"'),
  shape: { candidates: { '*': { groundingMetadata: GROUNDING } } },
  note(said, count) {
    const { candidates } = said
    if (!Array.isArray(candidates)) return
    for (const it of candidates) if (isFields(it)) noteGrounding(it['groundingMetadata'], count)
  },
}

/** Of one candidate. */
export function noteGrounding(value: unknown, count: ToolCallCount): void {
  if (!isFields(value)) return
  const { webSearchQueries: queries, groundingChunks: chunks } = camelFields(value)
  const isFound = Array.isArray(chunks) && chunks.some((it) => isFields(it) && isFields(it['web']))
  if (isFound) count.add('grounded_prompt', 0)
  if (!Array.isArray(queries)) return
  for (const it of queries) {
    if (typeof it !== 'string' || it.trim() === '') continue
    count.add('web_search', it)
    count.add('grounded_prompt', 0)
  }
}

/** `billedToolCalls` of a usage. */
export function billedSearches(value: unknown): ToolCounts | undefined {
  if (!Array.isArray(value)) return undefined
  let searches = 0
  for (const it of value) {
    const call = isFields(it) ? camelFields(it) : {}
    if (!isSearch(call['tool'])) continue
    searches += callCount(Number(call['successfulToolCallCount'])) ?? 0
  }
  return searches === 0 ? undefined : { web_search: searches }
}

function isSearch(tool: unknown): boolean {
  return typeof tool === 'string' && /google_?search/i.test(tool)
}
