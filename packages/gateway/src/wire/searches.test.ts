/** Searches that answers tell of and nobody counts: the same whole and streamed, read and passed, wherever bytes are cut. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Usage } from '../contract/neutral.ts'
import type { WireName } from '../contract/wire.ts'
import { foldReply } from './fold-reply.ts'
import { wireOf } from './list.ts'
import { scanRules } from './scan-rules.ts'
import { SseReader } from './sse.ts'
import { ToolCallWalk } from './tool-calls.ts'
import { scanUsage, UsageScan } from './usage-scan.ts'

type Fields = Readonly<Record<string, unknown>>

const usage = { input_tokens: 10, output_tokens: 5 }
const search = (type: string | null, status = 'completed') => ({
  type: 'web_search_call',
  id: 'ws',
  status,
  ...(type === null ? {} : { action: { type, query: 'it' } }),
})
const file = { type: 'file_search_call', id: 'fs', status: 'completed', queries: ['a', 'b'] }
const message = {
  type: 'message',
  role: 'assistant',
  content: [{ type: 'output_text', text: 'said "type":"web_search_call" in a text', annotations: [] }],
}
const item = fc.constantFrom<Fields[]>(
  search('search'),
  search('search'),
  search(null),
  search('open_page'),
  search('find_in_page'),
  search('search', 'failed'),
  file,
  message,
  { type: 'constructor_search_call', id: 'x' },
)
const isCharged = (it: Fields, type: string): boolean => {
  const action = it['action'] as Fields | undefined
  const isSearch = action === undefined || action['type'] === 'search'
  return it['type'] === type && it['status'] !== 'failed' && isSearch
}

const responses = fc
  .record({ items: fc.array(item, { maxLength: 6 }), told: fc.option(fc.nat(4)), keeps: fc.boolean() })
  .map(({ items, told, keeps }) => {
    // Where they are counted, the output has them.
    const isTold = told !== null && items.some((it) => String(it['type']).endsWith('_search_call'))
    const toolUsage = isTold ? { tool_usage: { web_search: { num_requests: told } } } : {}
    const response = (status: string, output: readonly Fields[]): Fields => ({
      id: 'r',
      object: 'response',
      status,
      output,
      ...toolUsage,
      ...(status === 'completed' ? { usage } : {}),
    })
    const made = (type: string) => items.filter((it) => isCharged(it, type)).length
    const web = isTold ? told : made('web_search_call')
    const counts = { web_search: web, file_search: made('file_search_call') }
    return {
      counts,
      whole: response('completed', items),
      // Some servers leave the output of the last event empty.
      events: [
        { type: 'response.created', response: { ...response('in_progress', []), tool_usage: NOTHING } },
        ...items.flatMap((it, index) => [
          { type: 'response.output_item.added', output_index: index, item: { ...it, status: 'in_progress' } },
          { type: 'response.output_item.done', output_index: index, item: it },
        ]),
        { type: 'response.completed', response: response('completed', keeps || isTold ? items : []) },
      ],
    }
  })
const NOTHING = { web_search: { num_requests: 0 } }

describe('searches that a response tells of', () => {
  it('are counted by the step that is charged for, or as the response counts them', () => {
    fc.assert(
      fc.property(responses, fc.integer({ min: 1, max: 200 }), ({ counts, whole, events }, size) => {
        const expected = { inputTokens: 10, outputTokens: 5, ...positive(counts) }
        const parsed = foldReply(wireOf('openai-responses').parseReply(whole))
        const scanned = scanUsage(Buffer.from(JSON.stringify(whole)), rulesOf('openai-responses'))
        const streamed = streamedUsage('openai-responses', events, size)
        const all = [parsed.usage, scanned, streamed.read, streamed.passed]
        expect(all).toEqual([expected, expected, expected, expected])
        expect(walked('openai-responses', whole, size)).toEqual(positive(counts))
      }),
    )
  })

  it('are found in an event longer than what is kept of a line, however it comes', () => {
    const long = { ...message, content: [{ type: 'output_text', text: 'x'.repeat(200_000) }] }
    const output = [search('search'), long, search('open_page'), search('search'), file, long]
    const at = (told: object) => [
      { type: 'response.completed', response: { id: 'r', status: 'completed', output, usage, ...told } },
    ]
    const counted = (events: readonly Fields[], size: number) =>
      streamedUsage('openai-responses', events, size).passed?.toolCalls
    for (const size of [1000, 65_536, 1_000_000]) {
      expect(counted(at({}), size)).toEqual({ web_search: 2, file_search: 1 })
      const told = { tool_usage: { web_search: { num_requests: 5 } } }
      expect(counted(at(told), size)).toEqual({ web_search: 5, file_search: 1 })
      expect(counted([...at({}), ...at({})], size)).toEqual({ web_search: 2, file_search: 1 })
    }
  })

  it('are known of a stream that breaks off before its count', () => {
    const done = { type: 'response.output_item.done', output_index: 0, item: search('search') }
    const scan = new UsageScan(rulesOf('openai-responses'))
    scan.read(Buffer.from(framed([done, { ...done, output_index: 1 }])))
    expect([scan.usage, scan.toolCalls]).toEqual([null, { web_search: 2 }])
  })
})

const query = fc.constantFrom('', ' ', 'a', 'b', 'c')
const grounded = fc
  .array(fc.record({ queries: fc.option(fc.array(query, { maxLength: 3 })), isFound: fc.boolean() }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((chunks) => {
    const all = chunks.flatMap(({ queries }) => queries ?? []).filter((it) => it.trim() !== '')
    const isGrounded = all.length > 0 || chunks.some((it) => it.isFound)
    return {
      counts: { web_search: new Set(all).size, grounded_prompt: isGrounded ? 1 : 0 },
      chunks: chunks.map(({ queries, isFound }, i) => ({
        candidates: [
          {
            content: { role: 'model', parts: [{ text: 'it is' }] },
            ...(i === chunks.length - 1 ? { finishReason: 'STOP' } : {}),
            groundingMetadata: {
              ...(queries === null ? {} : { webSearchQueries: queries }),
              groundingChunks: isFound ? [{ web: { uri: 'https://a.test/' } }] : [],
            },
          },
        ],
        usageMetadata: { promptTokenCount: 10, candidatesTokenCount: i + 1 },
      })),
    }
  })

describe('searches that Google tells of', () => {
  it('are counted by the query and by the request', () => {
    fc.assert(
      fc.property(grounded, fc.integer({ min: 1, max: 200 }), ({ counts, chunks }, size) => {
        const { read, passed } = streamedUsage('gemini', chunks, size)
        expect(passed).toEqual({ inputTokens: 10, outputTokens: chunks.length, ...positive(counts) })
        expect(read).toEqual(passed)
        const last = chunks.at(-1) ?? {}
        const parsed = scanUsage(Buffer.from(JSON.stringify(last)), rulesOf('gemini'))
        expect(walked('gemini', last, size)).toEqual(positive(parsed?.toolCalls ?? {}))
      }),
    )
  })

  it('are none of those that stand in what a model calls a tool with', () => {
    const args = { groundingMetadata: { webSearchQueries: ['a'] } }
    const parts = [{ functionCall: { name: 'f', args } }]
    const reply = {
      candidates: [{ content: { parts }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 1 },
    }
    expect(scanUsage(Buffer.from(JSON.stringify(reply)), rulesOf('gemini'))).toEqual({
      inputTokens: 1,
      outputTokens: 0,
    })
  })
})

function positive(counts: Readonly<Record<string, number>>): Pick<Usage, 'toolCalls'> {
  const made = Object.entries(counts).filter(([, count]) => count > 0)
  return made.length === 0 ? {} : { toolCalls: Object.fromEntries(made) }
}

/** As one that is too long to be kept is read. */
function walked(name: WireName, whole: Fields, size: number): Pick<Usage, 'toolCalls'> {
  const rules = rulesOf(name).toolCalls
  if (rules === null) throw new Error(`${name} tells of no tools`)
  const walk = new ToolCallWalk(rules)
  const bytes = Buffer.from(JSON.stringify(whole))
  for (let at = 0; at < bytes.length; at += size) walk.read(bytes.subarray(at, at + size))
  return positive(walk.counts ?? {})
}

function rulesOf(name: WireName) {
  const rules = scanRules[name]
  if (rules === undefined) throw new Error(`nothing is searched for in ${name}`)
  return rules
}

const framed = (events: readonly Fields[]) =>
  events.map((it) => `event: ${String(it['type'])}\ndata: ${JSON.stringify(it)}\n\n`).join('')

function streamedUsage(name: WireName, events: readonly Fields[], size: number) {
  const bytes = Buffer.from(framed(events))
  const scan = new UsageScan(rulesOf(name))
  const reader = wireOf(name).openReader()
  let read: Usage | null = null
  const sse = new SseReader((event, data) => {
    for (const it of reader.read(event, data)) if (it.type === 'usage') read = it.usage
  })
  for (let at = 0; at < bytes.length; at += size) {
    scan.read(bytes.subarray(at, at + size))
    sse.read(bytes.subarray(at, at + size))
  }
  scan.end()
  sse.end()
  return { read: read as Usage | null, passed: scan.usage }
}
