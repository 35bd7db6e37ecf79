/**
 * Searches that a response tells of, each for a fee: of the web, and of files. They are items of its output, and stand in
 * three events of a stream and at its end. Of a search of the web each step is an item, of which only the step `search` is
 * charged for: opening a page that was found, and looking through it, are free. Newer responses count them beside their
 * usage, and that is what is billed.
 */
import { type Fields, isFields } from '../fields.ts'
import type { Shape } from '../pruned-json.ts'
import { callCount } from '../token-count.ts'
import type { ToolCallCount, ToolCallRules } from '../tool-calls.ts'

const TOOLS: ReadonlyMap<unknown, string> = new Map([
  ['web_search_call', 'web_search'],
  ['file_search_call', 'file_search'],
])

const ITEM: Shape = { type: true, id: true, status: true, action: { type: true } }
const RESPONSE: Shape = {
  status: true,
  output: { '*': ITEM },
  tool_usage: { web_search: { num_requests: true } },
}

export const responsesToolCalls: ToolCallRules = {
  mark: Buffer.from('_search_call"'),
  shape: { ...RESPONSE, type: true, output_index: true, item: ITEM, response: RESPONSE },
  note(said, count) {
    const { type, item, response } = said
    if (type === 'response.output_item.done') noteSearch(item, said['output_index'], count)
    else if (isFields(response)) noteSearches(response, count)
    else if (type === undefined) noteSearches(said, count)
  },
}

/** Of a response, as far as it has come. */
export function noteSearches(response: Fields, count: ToolCallCount): void {
  const output: readonly unknown[] = Array.isArray(response['output']) ? response['output'] : []
  output.forEach((item, index) => noteSearch(item, index, count))
  const told = isFields(response['tool_usage']) ? response['tool_usage']['web_search'] : undefined
  const searches = isFields(told) ? told['num_requests'] : undefined
  // It is there from the first event on, when nothing has been searched yet.
  const isOver = response['status'] !== 'in_progress' && response['status'] !== 'queued'
  const made = callCount(searches)
  if (isOver && made !== undefined) count.tell('web_search', made)
}

/** By its place: ids differ between events with some servers. */
export function noteSearch(item: unknown, index: unknown, count: ToolCallCount): void {
  if (!isFields(item) || item['status'] === 'failed') return
  const tool = TOOLS.get(item['type'])
  if (tool === undefined || !isCharged(item['action'])) return
  count.add(tool, typeof index === 'number' ? index : String(item['id']))
}

/** Older ones do not say which step it was: there was only one. */
function isCharged(action: unknown): boolean {
  return !isFields(action) || action['type'] === undefined || action['type'] === 'search'
}
