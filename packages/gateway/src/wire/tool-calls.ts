/**
 * How many calls of its own tools a provider counts beside tokens, because it charges for each: searches, for most. Each
 * provider has words of its own; here the tool is named as most do, `web_search`, `x_search`, `file_search`.
 *
 * Not here: tools that are only counted by reading the answer (OpenAI's and Google's searches), and prices (`catalogue/`).
 */
import { type Fields, isFields } from './fields.ts'

type Counts = Readonly<Record<string, number>>

/** Of a `usage` in OpenAI's formats, as xAI, OpenRouter and Perplexity count there; OpenAI itself does not. */
export function toolCallsIn(usage: Fields): Counts | undefined {
  const counts = usage['server_side_tool_usage_details'] ?? usage['server_tool_use']
  if (counts !== undefined) return toolCallsOf(counts)
  const searches = usage['num_search_queries']
  return searches === undefined ? undefined : toolCallsOf({ web_search_calls: searches })
}

/** `{ web_search_requests: 2 }` or `{ web_search_calls: 2 }` is `{ web_search: 2 }`. Absent where nothing was counted. */
export function toolCallsOf(value: unknown): Counts | undefined {
  if (!isFields(value)) return undefined
  let found: Record<string, number> | undefined
  for (const [name, count] of Object.entries(value)) {
    const tool = TOOL.exec(name)?.[1]
    if (tool === undefined || typeof count !== 'number' || !(count > 0) || !Number.isSafeInteger(count))
      continue
    found ??= {}
    found[tool] = count
  }
  return found
}

/** A provider may name no end of tools; a name is kept in each record. */
const TOOL = /^([a-z][a-z0-9_]{0,31})_(?:requests|calls)$/
