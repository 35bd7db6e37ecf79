/**
 * Golden bills: what a call costs, worked out by hand from a provider's price list and its own words for what it counted,
 * and read from the record that the gateway wrote. Each bill is asked for four times, in the provider's own format and in
 * another one, whole and as a stream, and is the same to the micro-dollar.
 *
 * Not here: calls that are cut short, retried or fallen back (`bills-of-failures.test.ts`).
 */
import { startFakeProvider } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { type Bill, type BillCase, billOf, FRONTS, type FrontName } from './test-bills.ts'

/** The day of all bills that do not say another one: a Saturday in summer, at noon in Greenwich. */
const NOON = '2026-07-04T12:00:00Z'

const claude = { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75, cacheWriteHour: 6 }
const geminiFlash = { input: 0.3, output: 2.5, cachedInput: 0.03, inputAudio: 1, cachedAudio: 0.1 }
const searched = (action: object) => ({ type: 'web_search_call', id: 'ws_1', status: 'completed', action })
const modality = (of: string, tokenCount: number) => ({ modality: of, tokenCount })

const cases: readonly BillCase[] = [
  {
    name: 'openai, plain',
    kind: 'openai',
    fronts: ['chat', 'messages'],
    prices: [{ input: 2, output: 8, cachedInput: 0.5 }],
    usage: { prompt_tokens: 1234, completion_tokens: 567, total_tokens: 1801 },
    // 1234 × 2 + 567 × 8
    costs: 7004,
  },
  {
    name: 'openai, cached',
    kind: 'openai',
    fronts: ['chat', 'messages'],
    prices: [{ input: 2, output: 8, cachedInput: 0.5 }],
    usage: { prompt_tokens: 3000, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 2816 } },
    // 184 × 2 + 2816 × 0.5 + 10 × 8
    costs: 368 + 1408 + 80,
  },
  {
    name: 'openai, reasoning, which is output',
    kind: 'openai',
    fronts: ['chat', 'gemini'],
    prices: [{ input: 1.25, output: 10 }],
    usage: {
      prompt_tokens: 100,
      completion_tokens: 900,
      completion_tokens_details: { reasoning_tokens: 832 },
    },
    // 100 × 1.25 + 900 × 10
    costs: 9125,
  },
  {
    name: 'openai, audio both ways',
    kind: 'openai',
    fronts: ['chat', 'messages'],
    prices: [{ input: 2.5, output: 10, inputAudio: 40, outputAudio: 80 }],
    usage: {
      prompt_tokens: 500,
      completion_tokens: 300,
      prompt_tokens_details: { audio_tokens: 420, cached_tokens: 0 },
      completion_tokens_details: { audio_tokens: 250 },
    },
    // 80 × 2.5 + 420 × 40 + 50 × 10 + 250 × 80
    costs: 200 + 16_800 + 500 + 20_000,
  },
  {
    name: 'openai, a picture in the request',
    kind: 'openai',
    fronts: ['chat', 'messages'],
    prices: [{ input: 5, output: 20, inputImage: 8 }],
    usage: { prompt_tokens: 865, completion_tokens: 5, prompt_tokens_details: { image_tokens: 765 } },
    // 100 × 5 + 765 × 8 + 5 × 20
    costs: 500 + 6120 + 100,
  },
  {
    name: 'openai, the flex class, which is half',
    kind: 'openai',
    fronts: ['chat', 'messages'],
    prices: [{ input: 1.25, output: 10, services: { flex: 0.5, priority: 2 } }],
    usage: { prompt_tokens: 1000, completion_tokens: 100 },
    served: { service_tier: 'flex' },
    // (1000 × 1.25 + 100 × 10) ÷ 2
    costs: 1125,
  },
  {
    name: 'openai, the usual class by its name',
    kind: 'openai',
    fronts: ['chat', 'messages'],
    prices: [{ input: 1.25, output: 10, services: { flex: 0.5 } }],
    usage: { prompt_tokens: 1000, completion_tokens: 100 },
    served: { service_tier: 'default' },
    costs: 2250,
  },
  {
    name: 'openai, a long request, of which all costs more',
    kind: 'openai',
    fronts: ['chat', 'messages'],
    prices: [
      {
        input: 2.5,
        output: 15,
        cachedInput: 0.25,
        above: [{ tokens: 272_000, input: 5, output: 22.5, cachedInput: 0.5 }],
      },
    ],
    usage: {
      prompt_tokens: 272_001,
      completion_tokens: 1000,
      prompt_tokens_details: { cached_tokens: 200_000 },
    },
    // 72001 × 5 + 200000 × 0.5 + 1000 × 22.5
    costs: 360_005 + 100_000 + 22_500,
  },
  {
    name: 'openai, a request as long as is not long yet',
    kind: 'openai',
    fronts: ['chat', 'messages'],
    prices: [{ input: 2.5, output: 15, above: [{ tokens: 272_000, input: 5, output: 22.5 }] }],
    usage: { prompt_tokens: 272_000, completion_tokens: 1000 },
    costs: 680_000 + 15_000,
  },
  {
    name: 'xai, which counts what it looked up for a fee',
    kind: 'xai',
    fronts: ['chat', 'messages'],
    prices: [{ input: 3, output: 15, tools: { web_search: 0.005, x_search: 0.0025, file_search: 1 } }],
    usage: {
      prompt_tokens: 100,
      completion_tokens: 20,
      server_side_tool_usage_details: {
        web_search_calls: 3,
        x_search_calls: 1,
        mcp_calls: 2,
        file_search_calls: 0,
      },
    },
    // 100 × 3 + 20 × 15 + three times half a cent + a quarter of one; nobody said what the others cost
    costs: 300 + 300 + 15_000 + 2500,
  },
  {
    name: 'perplexity, by search',
    kind: 'perplexity',
    fronts: ['chat', 'messages'],
    prices: [{ input: 2, output: 8, request: 0.006, tools: { web_search: 0.005 } }],
    usage: { prompt_tokens: 10, completion_tokens: 20, num_search_queries: 7 },
    // 20 + 160, the request and seven searches
    costs: 180 + 6000 + 35_000,
  },
  {
    name: 'anthropic, searches at a cent, which a class of service makes no cheaper',
    kind: 'anthropic',
    fronts: ['messages', 'chat'],
    prices: [{ ...claude, services: { batch: 0.5 }, tools: { web_search: 0.01 } }],
    usage: {
      input_tokens: 100,
      output_tokens: 20,
      server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
      service_tier: 'batch',
    },
    // half of 300 + 300, and two searches; fetching is free
    costs: 300 + 20_000,
  },
  {
    name: 'openai’s responses, searches of the web by the step that is charged for, and of files',
    kind: 'openai',
    fronts: ['responses'],
    prices: [{ input: 2, output: 8, tools: { web_search: 0.01, file_search: 0.0025 } }],
    usage: { input_tokens: 100, output_tokens: 20 },
    items: [
      searched({ type: 'search', query: 'one' }),
      searched({ type: 'open_page', url: 'https://a.test/' }),
      searched({ type: 'find_in_page', pattern: 'it' }),
      searched({ type: 'search', query: 'two' }),
      { type: 'file_search_call', id: 'fs_1', status: 'completed', queries: ['three', 'four'] },
    ],
    // 200 + 160, two searches at a cent, and one at a quarter of one
    costs: 360 + 20_000 + 2500,
  },
  {
    name: 'openai’s responses, searches as they count them',
    kind: 'openai',
    fronts: ['responses'],
    prices: [{ input: 2, output: 8, services: { flex: 0.5 }, tools: { web_search: 0.01 } }],
    usage: { input_tokens: 100, output_tokens: 20 },
    served: { service_tier: 'flex', tool_usage: { image_gen: {}, web_search: { num_requests: 1 } } },
    items: [searched({ type: 'search', query: 'one' }), searched({ type: 'search', query: 'one again' })],
    // half of 200 + 160, and one search
    costs: 180 + 10_000,
  },
  {
    name: 'openai, a model that searches for each call and counts nothing',
    kind: 'openai',
    fronts: ['chat', 'messages'],
    prices: [{ input: 2.5, output: 10, request: 0.025 }],
    usage: { prompt_tokens: 100, completion_tokens: 20 },
    // 250 + 200, and the call
    costs: 450 + 25_000,
  },
  {
    name: 'gemini, searches by the query: neither empty ones nor the same twice',
    kind: 'gemini',
    fronts: ['gemini', 'chat', 'messages'],
    prices: [{ input: 0.3, output: 2.5, tools: { web_search: 0.014 } }],
    usage: { promptTokenCount: 1000, candidatesTokenCount: 100 },
    grounding: {
      webSearchQueries: ['', 'who won', 'by how much', 'who won'],
      groundingChunks: [{ web: { uri: 'https://a.test/', title: 'a' } }],
    },
    // 300 + 250, and two queries
    costs: 550 + 28_000,
  },
  {
    name: 'gemini, searches by the request, however many queries',
    kind: 'vertex',
    fronts: ['gemini', 'chat'],
    prices: [{ input: 0.3, output: 2.5, tools: { grounded_prompt: 0.035 } }],
    usage: { promptTokenCount: 1000, candidatesTokenCount: 100 },
    grounding: { webSearchQueries: ['who won', 'by how much'] },
    costs: 550 + 35_000,
  },
  {
    name: 'gemini, an answer that had no need to search',
    kind: 'gemini',
    fronts: ['gemini', 'chat'],
    prices: [{ input: 0.3, output: 2.5, tools: { grounded_prompt: 0.035, web_search: 0.014 } }],
    usage: { promptTokenCount: 1000, candidatesTokenCount: 100 },
    grounding: { webSearchQueries: [''] },
    costs: 550,
  },
  {
    name: 'gemini, searches as it counts them',
    kind: 'gemini',
    fronts: ['gemini', 'chat'],
    prices: [{ input: 0.3, output: 2.5, tools: { web_search: 0.014 } }],
    usage: {
      promptTokenCount: 1000,
      candidatesTokenCount: 100,
      billedToolCalls: [{ tool: 'GOOGLE_SEARCH_RETRIEVAL', successfulToolCallCount: 3 }],
    },
    grounding: { webSearchQueries: ['who won', 'by how much'] },
    costs: 550 + 42_000,
  },
  {
    name: 'openai’s responses, cached, written and reasoned',
    kind: 'openai',
    fronts: ['responses'],
    prices: [{ input: 1.25, output: 10, cachedInput: 0.125, cacheWrite: 1.5, services: { priority: 2 } }],
    usage: {
      input_tokens: 2000,
      input_tokens_details: { cached_tokens: 1024, cache_write_tokens: 512 },
      output_tokens: 700,
      output_tokens_details: { reasoning_tokens: 640 },
      total_tokens: 2700,
    },
    served: { service_tier: 'priority' },
    // 2 × (464 × 1.25 + 1024 × 0.125 + 512 × 1.5 + 700 × 10)
    costs: 2 * (580 + 128 + 768 + 7000),
  },
  {
    name: 'openai’s older completions',
    kind: 'openai',
    fronts: ['completions'],
    prices: [{ input: 1.5, output: 2 }],
    usage: { prompt_tokens: 33, completion_tokens: 7, total_tokens: 40 },
    // 33 × 1.5 + 7 × 2 = 63.5
    costs: 64,
  },
  {
    name: 'azure, as openai counts',
    kind: 'azure',
    fronts: ['chat', 'messages'],
    prices: [{ input: 2.5, output: 10, cachedInput: 1.25 }],
    usage: { prompt_tokens: 1500, completion_tokens: 20, prompt_tokens_details: { cached_tokens: 1024 } },
    // 476 × 2.5 + 1024 × 1.25 + 20 × 10
    costs: 1190 + 1280 + 200,
  },
  {
    name: 'deepseek, by day',
    kind: 'deepseek',
    fronts: ['chat', 'messages'],
    prices: [deepSeek()],
    usage: {
      prompt_tokens: 1000,
      completion_tokens: 500,
      prompt_cache_hit_tokens: 640,
      prompt_cache_miss_tokens: 360,
    },
    // 360 × 0.27 + 640 × 0.07 + 500 × 1.10
    costs: Math.round(97.2 + 44.8 + 550),
  },
  {
    name: 'deepseek, the last minute of the night',
    kind: 'deepseek',
    fronts: ['chat', 'messages'],
    prices: [deepSeek()],
    at: '2026-07-05T00:29:59.999Z',
    usage: {
      prompt_tokens: 1000,
      completion_tokens: 500,
      prompt_cache_hit_tokens: 640,
      prompt_cache_miss_tokens: 360,
    },
    // 360 × 0.135 + 640 × 0.035 + 500 × 0.55
    costs: Math.round(48.6 + 22.4 + 275),
  },
  {
    name: 'deepseek, the first minute of the day',
    kind: 'deepseek',
    fronts: ['chat', 'messages'],
    prices: [deepSeek()],
    at: '2026-07-05T00:30:00Z',
    usage: {
      prompt_tokens: 1000,
      completion_tokens: 500,
      prompt_cache_hit_tokens: 640,
      prompt_cache_miss_tokens: 360,
    },
    costs: 692,
  },
  {
    name: 'xai, which counts reasoning beside the answer',
    kind: 'xai',
    fronts: ['chat', 'messages'],
    prices: [{ input: 3, output: 15, cachedInput: 0.75 }],
    usage: {
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 420,
      prompt_tokens_details: { cached_tokens: 64, text_tokens: 100 },
      completion_tokens_details: { reasoning_tokens: 300 },
    },
    // 36 × 3 + 64 × 0.75 + 320 × 15
    costs: 108 + 48 + 4800,
  },
  {
    name: 'mistral, which counts in the last chunk of its answer',
    kind: 'mistral',
    fronts: ['chat', 'messages'],
    prices: [{ input: 0.5, output: 1.5 }],
    usage: { prompt_tokens: 4001, completion_tokens: 101, total_tokens: 4102 },
    // 2000.5 + 151.5
    costs: 2152,
  },
  {
    name: 'perplexity, whose reasoning has a price of its own, and each call',
    kind: 'perplexity',
    fronts: ['responses', 'chat'],
    prices: [{ input: 2, output: 8, reasoning: 3, request: 0.005 }],
    usage: { input_tokens: 30, output_tokens: 1000, output_tokens_details: { reasoning_tokens: 600 } },
    // 30 × 2 + 400 × 8 + 600 × 3 + 5000
    costs: 60 + 3200 + 1800 + 5000,
  },
  {
    name: 'anthropic, plain',
    kind: 'anthropic',
    fronts: ['messages', 'chat', 'responses'],
    prices: [claude],
    usage: { input_tokens: 2095, output_tokens: 503, service_tier: 'standard' },
    // 2095 × 3 + 503 × 15
    costs: 6285 + 7545,
  },
  {
    name: 'anthropic, read from the cache, and written to it for minutes and for an hour',
    kind: 'anthropic',
    fronts: ['messages', 'chat', 'gemini'],
    prices: [claude],
    usage: {
      input_tokens: 21,
      cache_read_input_tokens: 188_086,
      cache_creation_input_tokens: 456,
      cache_creation: { ephemeral_5m_input_tokens: 356, ephemeral_1h_input_tokens: 100 },
      output_tokens: 393,
    },
    // 21 × 3 + 188086 × 0.3 + 356 × 3.75 + 100 × 6 + 393 × 15 = 63 + 56425.8 + 1335 + 600 + 5895
    costs: 64_319,
  },
  {
    name: 'anthropic, a long request by all that it takes in, the cache included',
    kind: 'anthropic',
    fronts: ['messages', 'chat'],
    prices: [
      { ...claude, above: [{ tokens: 200_000, input: 6, output: 22.5, cachedInput: 0.6, cacheWrite: 7.5 }] },
    ],
    usage: {
      input_tokens: 10_000,
      cache_read_input_tokens: 180_000,
      cache_creation_input_tokens: 10_001,
      output_tokens: 100,
    },
    // 10000 × 6 + 180000 × 0.6 + 10001 × 7.5 + 100 × 22.5 = 60000 + 108000 + 75007.5 + 2250
    costs: 245_258,
  },
  {
    name: 'anthropic, a conversation that had to be shortened first',
    kind: 'anthropic',
    fronts: ['messages', 'chat'],
    prices: [claude],
    usage: {
      input_tokens: 682,
      output_tokens: 1320,
      iterations: [
        { type: 'compaction', input_tokens: 60_385, output_tokens: 592 },
        { type: 'message', input_tokens: 682, output_tokens: 1320 },
      ],
    },
    // 61067 × 3 + 1912 × 15
    costs: 183_201 + 28_680,
  },
  {
    name: 'anthropic on vertex',
    kind: 'vertex-anthropic',
    fronts: ['messages', 'chat'],
    prices: [claude],
    usage: {
      input_tokens: 7,
      cache_read_input_tokens: 1000,
      cache_creation_input_tokens: 0,
      output_tokens: 1,
    },
    // 21 + 300 + 15
    costs: 336,
  },
  {
    name: 'bedrock, read from the cache and written to it',
    kind: 'bedrock',
    fronts: ['chat', 'messages'],
    prices: [{ ...claude, services: { flex: 0.5 } }],
    usage: {
      inputTokens: 100,
      outputTokens: 50,
      totalTokens: 10_150,
      cacheReadInputTokens: 8000,
      cacheWriteInputTokens: 2000,
      cacheDetails: [
        { inputTokens: 1500, ttl: '5m' },
        { inputTokens: 500, ttl: '1h' },
      ],
    },
    // 100 × 3 + 8000 × 0.3 + 1500 × 3.75 + 500 × 6 + 50 × 15
    costs: 300 + 2400 + 5625 + 3000 + 750,
  },
  {
    name: 'bedrock, the flex class',
    kind: 'bedrock',
    fronts: ['chat', 'messages'],
    prices: [{ ...claude, services: { flex: 0.5 } }],
    usage: { inputTokens: 101, outputTokens: 51, totalTokens: 152 },
    served: { serviceTier: { type: 'flex' } },
    // (303 + 765) ÷ 2
    costs: 534,
  },
  {
    name: 'gemini, with thoughts beside the answer and tools beside the prompt',
    kind: 'gemini',
    fronts: ['gemini', 'chat', 'messages'],
    prices: [geminiFlash],
    usage: {
      promptTokenCount: 1000,
      cachedContentTokenCount: 400,
      toolUsePromptTokenCount: 200,
      candidatesTokenCount: 100,
      thoughtsTokenCount: 300,
      totalTokenCount: 1600,
    },
    // 800 × 0.3 + 400 × 0.03 + 400 × 2.5
    costs: 240 + 12 + 1000,
  },
  {
    name: 'gemini, audio, some of it cached',
    kind: 'gemini',
    fronts: ['gemini', 'chat'],
    prices: [geminiFlash],
    usage: {
      promptTokenCount: 2000,
      promptTokensDetails: [modality('TEXT', 500), modality('AUDIO', 1500)],
      cachedContentTokenCount: 1100,
      cacheTokensDetails: [modality('TEXT', 100), modality('AUDIO', 1000)],
      candidatesTokenCount: 10,
      candidatesTokensDetails: [modality('TEXT', 10)],
    },
    // 400 × 0.3 + 100 × 0.03 + 1000 × 0.1 + 500 × 1 + 10 × 2.5
    costs: 120 + 3 + 100 + 500 + 25,
  },
  {
    name: 'gemini, a picture in the answer',
    kind: 'gemini',
    fronts: ['gemini', 'chat'],
    prices: [{ input: 0.3, output: 2.5, outputImage: 30 }],
    usage: {
      promptTokenCount: 268,
      promptTokensDetails: [modality('TEXT', 10), modality('IMAGE', 258)],
      candidatesTokenCount: 1300,
      candidatesTokensDetails: [modality('TEXT', 10), modality('IMAGE', 1290)],
    },
    // 268 × 0.3 + 10 × 2.5 + 1290 × 30 = 80.4 + 25 + 38700
    costs: 38_805,
  },
  {
    name: 'vertex, the batch class by Google’s word for it',
    kind: 'vertex',
    fronts: ['gemini', 'chat'],
    prices: [{ input: 1.25, output: 10, services: { ON_DEMAND_FLEX: 0.5 } }],
    usage: { promptTokenCount: 1000, candidatesTokenCount: 100, trafficType: 'ON_DEMAND_FLEX' },
    costs: 1125,
  },
  {
    name: 'a price that begins with the day',
    kind: 'openai',
    fronts: ['chat'],
    prices: [
      { input: 3, output: 0 },
      { from: '2026-07-05', input: 1, output: 0 },
    ],
    at: '2026-07-05T00:00:00Z',
    usage: { prompt_tokens: 1000, completion_tokens: 9 },
    costs: 1000,
  },
  {
    name: 'the same, the millisecond before',
    kind: 'openai',
    fronts: ['chat'],
    prices: [
      { input: 3, output: 0 },
      { from: '2026-07-05', input: 1, output: 0 },
    ],
    at: '2026-07-04T23:59:59.999Z',
    usage: { prompt_tokens: 1000, completion_tokens: 9 },
    costs: 3000,
  },
]

/** Half as dear from 16:30 until 00:30 in Greenwich. */
function deepSeek() {
  const night = { from: '16:30', until: '00:30', input: 0.135, cachedInput: 0.035, output: 0.55 }
  return { input: 0.27, cachedInput: 0.07, output: 1.1, hours: [night] }
}

const each = cases.flatMap((bill) =>
  bill.fronts.flatMap((front): [string, BillCase, FrontName][] => [
    [`${bill.name}, asked as ${front}`, bill, front],
  ]),
)

describe('a golden bill', () => {
  it.each(each)('%s: whole and streamed', async (_, bill, front) => {
    const provider = await startFakeProvider()
    const ask = (stream: boolean): Promise<Bill> =>
      billOf({ provider, bill: { at: NOON, ...bill }, front, stream: stream && FRONTS[front].streams })
    try {
      const [whole, streamed] = [await ask(false), await ask(true)]
      expect(whole.record).toMatchObject({ status: 200, costMicroUsd: bill.costs, pricedBy: 'settings' })
      expect(whole.record.price).toMatch(/^golden\/bill@[0-9a-f]{12}$/)
      expect(whole.record).not.toHaveProperty('estimated')
      expect(streamed.tokens).toEqual(whole.tokens)
      expect(streamed.record).toMatchObject({ costMicroUsd: bill.costs, price: whole.record.price })
    } finally {
      await provider.close()
    }
  })
})

const vectors: readonly (readonly [string, string, object, number])[] = [
  [
    'openai',
    'openai',
    {
      object: 'list',
      data: [{ index: 0, embedding: [1] }],
      usage: { prompt_tokens: 5000, total_tokens: 5000 },
    },
    100,
  ],
  [
    'gemini',
    'gemini',
    { embedding: { values: [1] }, embeddings: [{ values: [1] }], usageMetadata: { promptTokenCount: 5000 } },
    100,
  ],
  [
    'cohere',
    'cohere',
    {
      object: 'list',
      data: [{ index: 0, embedding: [1] }],
      usage: { prompt_tokens: 5000, total_tokens: 5000 },
    },
    100,
  ],
  [
    'vertex',
    'vertex',
    { predictions: [{ embeddings: { values: [1], statistics: { token_count: 5000 } } }] },
    100,
  ],
  ['bedrock', 'bedrock', { embedding: [1], inputTextTokenCount: 5000 }, 100],
]

describe('a golden bill of an answer that is too long to be kept', () => {
  const text = 'x'.repeat(1_200_000)
  const said = {
    type: 'message',
    role: 'assistant',
    content: [{ type: 'output_text', text, annotations: [] }],
  }
  const parts = [{ inlineData: { mimeType: 'image/png', data: text } }]
  const groundingMetadata = { webSearchQueries: ['one', 'two', 'one'] }
  const answers: readonly [kind: string, front: FrontName, prices: object, body: object, costs: number][] = [
    [
      'openai',
      'responses',
      { input: 2, output: 8, tools: { web_search: 0.01, file_search: 0.0025 } },
      {
        id: 'r',
        status: 'completed',
        output: [
          searched({ type: 'search', query: 'one' }),
          searched({ type: 'open_page', url: 'https://a.test/' }),
          said,
          { type: 'file_search_call', id: 'fs_1', status: 'completed', queries: ['three'] },
        ],
        usage: { input_tokens: 100, output_tokens: 20 },
      },
      360 + 10_000 + 2500,
    ],
    [
      'gemini',
      'gemini',
      { input: 0.3, output: 2.5, tools: { web_search: 0.014 } },
      {
        candidates: [{ content: { parts }, finishReason: 'STOP', groundingMetadata }],
        usageMetadata: { promptTokenCount: 1000, candidatesTokenCount: 100 },
      },
      550 + 28_000,
    ],
  ]

  it.each(answers)('has its searches: %s', async (kind, front, prices, body, costs) => {
    const provider = await startFakeProvider()
    try {
      const step = { kind: 'raw', chunks: [JSON.stringify(body, null, 2)] } as const
      const bill = { name: kind, kind, fronts: [], prices: [{ ...prices }], costs, step }
      const { record, answer } = await billOf({ provider, bill, front, stream: false })
      expect(answer.length).toBeGreaterThan(text.length)
      expect(record).toMatchObject({ status: 200, error: '', costMicroUsd: costs })
    } finally {
      await provider.close()
    }
  })
})

describe('a golden bill of vectors', () => {
  it.each(vectors)('%s', async (_, kind, body, costs) => {
    const provider = await startFakeProvider()
    const step = { kind: 'raw', chunks: [JSON.stringify(body)] } as const
    const prices = [{ input: 0.02, output: 0 }]
    try {
      const bill = {
        name: kind,
        kind,
        fronts: [],
        prices,
        costs,
        at: NOON,
        step,
        model: 'amazon.titan-embed-text-v2:0',
      }
      const { record } = await billOf({ provider, bill, front: 'embeddings', stream: false })
      expect(record).toMatchObject({ status: 200, inputTokens: 5000, outputTokens: 0, costMicroUsd: costs })
    } finally {
      await provider.close()
    }
  })
})
