/**
 * How many calls of its own tools a provider makes, because it charges for each: searches, for most. Each provider has
 * words of its own; here the tool is named as most do, `web_search`, `x_search`, `file_search`.
 *
 * Most providers count them beside tokens. OpenAI and Google only tell of them in their answers, several times each: those
 * are read, and only those. What a provider counts itself goes before what was counted here.
 *
 * Not here: how a format tells of them (`openai-responses/searches.ts`, `gemini/searches.ts`), and prices (`catalogue/`).
 */
import type { Usage } from '../contract/neutral.ts'
import { type Fields, isFields } from './fields.ts'
import { PrunedJson, type Shape } from './pruned-json.ts'
import { callCount } from './token-count.ts'

export type ToolCounts = Readonly<Record<string, number>>

/** Where answers of a format tell of such calls. */
export interface ToolCallRules {
  /** Bytes that each answer or event has that tells of one; what has none is not read. */
  readonly mark: Buffer
  /** All that `note` reads, for what is too long to be parsed. */
  readonly shape: Shape
  /** `said`: an answer, or an event of one. */
  note(said: Fields, count: ToolCallCount): void
}

/** Of one answer, however often it tells of the same call. */
export class ToolCallCount {
  readonly #calls = new Map<string, Set<string | number>>()
  readonly #told = new Map<string, number>()

  /** `call`: what tells it from others of the tool. */
  add(tool: string, call: string | number): void {
    const known = this.#calls.get(tool)
    if (known === undefined) this.#calls.set(tool, new Set([call]))
    else known.add(call)
  }

  /** The provider's own count, which is what it charges for. */
  tell(tool: string, count: number): void {
    this.#told.set(tool, count)
  }

  /** Absent where there were none. */
  get counts(): ToolCounts | undefined {
    if (this.#calls.size === 0 && this.#told.size === 0) return undefined
    const counted = [...this.#calls].map(([tool, calls]): [string, number] => [tool, calls.size])
    const made = [...new Map([...counted, ...this.#told])].filter(([, count]) => count > 0)
    return made.length === 0 ? undefined : Object.fromEntries(made)
  }
}

/** Counts in an answer, or an event of one, of any length, in whatever pieces it comes. */
export class ToolCallWalk {
  readonly #rules: ToolCallRules
  readonly #json: PrunedJson

  constructor(rules: ToolCallRules) {
    this.#rules = rules
    this.#json = new PrunedJson(rules.shape)
  }

  read(bytes: Buffer): void {
    this.#json.read(bytes)
  }

  /** What it has told of so far. */
  note(count: ToolCallCount): void {
    if (this.#json.value !== null) this.#rules.note(this.#json.value, count)
  }

  get counts(): ToolCounts | undefined {
    const count = new ToolCallCount()
    this.note(count)
    return count.counts
  }
}

/** With what an answer told beside its count of tokens. */
export function withToolCalls(usage: Usage, counted: ToolCounts | undefined): Usage {
  return counted === undefined ? usage : { ...usage, toolCalls: { ...counted, ...usage.toolCalls } }
}

/** Of a `usage` in OpenAI's formats, as xAI, OpenRouter and Perplexity count there; OpenAI itself does not. */
export function toolCallsIn(usage: Fields): ToolCounts | undefined {
  const counts = usage['server_side_tool_usage_details'] ?? usage['server_tool_use']
  if (counts !== undefined) return toolCallsOf(counts)
  const searches = usage['num_search_queries']
  return searches === undefined ? undefined : toolCallsOf({ web_search_calls: searches })
}

/** `{ web_search_requests: 2 }` or `{ web_search_calls: 2 }` is `{ web_search: 2 }`. Absent where nothing was counted. */
export function toolCallsOf(value: unknown): ToolCounts | undefined {
  if (!isFields(value)) return undefined
  const found: [string, number][] = []
  for (const [name, count] of Object.entries(value)) {
    const tool = TOOL.exec(name)?.[1]
    const calls = callCount(count) ?? 0
    if (tool !== undefined && calls > 0) found.push([tool, calls])
    if (found.length === MOST_TOOLS) break
  }
  return found.length === 0 ? undefined : Object.fromEntries(found)
}

/** A provider may name no end of tools, and at any length; names are kept in each record. */
const MOST_TOOLS = 16
const TOOL = /^([a-z][a-z0-9_]{0,31})_(?:requests|calls)$/
