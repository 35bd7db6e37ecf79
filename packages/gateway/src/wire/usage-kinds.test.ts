/** Which tokens a provider counts as what, read from its own words; and whether a reply that passes is counted like one that is read. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compilePrice } from '../catalogue/price.ts'
import type { Usage } from '../contract/neutral.ts'
import type { WireName } from '../contract/wire.ts'
import { parseAnthropicUsage } from './anthropic-messages/usage.ts'
import { parseBedrockUsage } from './bedrock-converse/usage.ts'
import { foldReply } from './fold-reply.ts'
import { parseGeminiUsage } from './gemini/usage.ts'
import { wireOf } from './list.ts'
import { parseOpenAIUsage } from './openai-chat/usage.ts'
import { parseResponsesUsage } from './openai-responses/usage.ts'
import { scanRules } from './scan-rules.ts'
import { SseReader } from './sse.ts'
import { scanUsage, UsageScan } from './usage-scan.ts'

describe('the kinds of tokens', () => {
  it('that Anthropic counts: written for minutes and for an hour, thoughts, how it was served', () => {
    const usage = {
      input_tokens: 10,
      cache_read_input_tokens: 200,
      cache_creation_input_tokens: 70,
      cache_creation: { ephemeral_5m_input_tokens: 30, ephemeral_1h_input_tokens: 40 },
      output_tokens: 90,
      output_tokens_details: { thinking_tokens: 60 },
      service_tier: 'batch',
    }
    const read: Usage = {
      inputTokens: 280,
      outputTokens: 90,
      cachedInputTokens: 200,
      cacheWriteTokens: 70,
      cacheWriteHourTokens: 40,
      reasoningTokens: 60,
      serviceTier: 'batch',
    }
    expect(parseAnthropicUsage(usage, null)).toEqual(read)
    // What the end of a stream repeats is only a part, and takes nothing back.
    expect(parseAnthropicUsage({ output_tokens: 91 }, read)).toEqual({ ...read, outputTokens: 91 })
    expect(parseAnthropicUsage({ ...usage, speed: 'fast' }, null)?.serviceTier).toBe('fast')
    expect(parseAnthropicUsage({ ...usage, service_tier: 'standard' }, null)).not.toHaveProperty(
      'serviceTier',
    )
  })

  it('that Anthropic counts only among the steps: what shortened the conversation, and not an adviser', () => {
    const iterations = [
      { type: 'compaction', input_tokens: 60_385, output_tokens: 592 },
      { type: 'message', input_tokens: 682, output_tokens: 1320 },
      { type: 'advisor_message', model: 'claude-other', input_tokens: 2728, output_tokens: 874 },
    ]
    const usage = { input_tokens: 682, output_tokens: 1320, iterations }
    const read = parseAnthropicUsage(usage, null)
    expect(read).toEqual({ inputTokens: 61_067, outputTokens: 1912 })
    expect(parseAnthropicUsage(usage, read)).toEqual(read)
  })

  it('that are none: calls of tools for a fee, in each provider’s words', () => {
    const calls = { web_search: 3, x_search: 1 }
    const xai = {
      web_search_calls: 3,
      x_search_calls: 1,
      mcp_calls: 0,
      total: 4,
      X: 1,
      file_search_calls: 1.5,
    }
    const counted = { prompt_tokens: 1, completion_tokens: 1 }
    const read = (more: object) => parseOpenAIUsage({ ...counted, ...more })?.toolCalls
    expect(read({ server_side_tool_usage_details: xai })).toEqual(calls)
    expect(read({ server_tool_use: { web_search_requests: 2 } })).toEqual({ web_search: 2 })
    expect(read({ num_search_queries: 5 })).toEqual({ web_search: 5 })
    expect(read({ num_search_queries: 0 })).toBeUndefined()
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`t${i}_calls`, 1]))
    expect(Object.keys(read({ server_tool_use: many }) ?? {})).toHaveLength(16)
    expect(parseResponsesUsage({ input_tokens: 1, server_side_tool_usage_details: xai })?.toolCalls).toEqual(
      calls,
    )
    const claude = { input_tokens: 1, server_tool_use: { web_search_requests: 2, web_fetch_requests: 0 } }
    const before = parseAnthropicUsage(claude, null)
    expect(before?.toolCalls).toEqual({ web_search: 2 })
    expect(parseAnthropicUsage({ output_tokens: 9 }, before)).toMatchObject({ toolCalls: { web_search: 2 } })
  })

  it('that Bedrock counts', () => {
    const usage = {
      inputTokens: 10,
      outputTokens: 5,
      cacheReadInputTokens: 20,
      cacheWriteInputTokens: 70,
      cacheDetails: [
        { inputTokens: 30, ttl: '5m' },
        { inputTokens: 40, ttl: '1h' },
      ],
    }
    expect(parseBedrockUsage(usage, { type: 'flex' })).toEqual({
      inputTokens: 100,
      outputTokens: 5,
      cachedInputTokens: 20,
      cacheWriteTokens: 70,
      cacheWriteHourTokens: 40,
      serviceTier: 'flex',
    })
    expect(parseBedrockUsage({ inputTokens: 1, outputTokens: 1 }, { type: 'default' })).toEqual({
      inputTokens: 1,
      outputTokens: 1,
    })
  })

  it('that Google counts: by modality, in the prompt, from tools, from the cache and in the answer', () => {
    const modality = (of: string, tokenCount: number) => ({ modality: of, tokenCount })
    expect(
      parseGeminiUsage({
        promptTokenCount: 1000,
        promptTokensDetails: [modality('TEXT', 442), modality('AUDIO', 300), modality('IMAGE', 258)],
        cachedContentTokenCount: 200,
        cacheTokensDetails: [modality('AUDIO', 120), modality('TEXT', 80)],
        toolUsePromptTokenCount: 50,
        toolUsePromptTokensDetails: [modality('IMAGE', 50)],
        candidatesTokenCount: 1300,
        candidatesTokensDetails: [modality('TEXT', 10), modality('IMAGE', 1290)],
        thoughtsTokenCount: 40,
        trafficType: 'ON_DEMAND_FLEX',
      }),
    ).toEqual({
      inputTokens: 1050,
      outputTokens: 1340,
      cachedInputTokens: 200,
      reasoningTokens: 40,
      inputAudioTokens: 300,
      inputImageTokens: 308,
      outputImageTokens: 1290,
      cachedAudioTokens: 120,
      serviceTier: 'ON_DEMAND_FLEX',
    })
    const live = {
      promptTokenCount: 9,
      responseTokenCount: 25,
      responseTokensDetails: [modality('AUDIO', 25)],
    }
    expect(parseGeminiUsage(live)).toEqual({ inputTokens: 9, outputTokens: 25, outputAudioTokens: 25 })
  })

  it('that OpenAI counts, in both of its formats', () => {
    const asked = {
      cached_tokens: 300,
      cached_tokens_details: { audio_tokens: 100, image_tokens: 50 },
      cache_write_tokens: 40,
      audio_tokens: 200,
      image_tokens: 80,
    }
    const said = { reasoning_tokens: 30, audio_tokens: 20, image_tokens: 10 }
    const read: Usage = {
      inputTokens: 1000,
      outputTokens: 100,
      cachedInputTokens: 300,
      cacheWriteTokens: 40,
      inputAudioTokens: 200,
      inputImageTokens: 80,
      cachedAudioTokens: 100,
      cachedImageTokens: 50,
      reasoningTokens: 30,
      outputAudioTokens: 20,
      outputImageTokens: 10,
      serviceTier: 'priority',
    }
    const chat = { prompt_tokens: 1000, completion_tokens: 100, prompt_tokens_details: asked }
    expect(parseOpenAIUsage({ ...chat, completion_tokens_details: said }, 'priority')).toEqual(read)
    const response = { input_tokens: 1000, output_tokens: 100, input_tokens_details: asked }
    expect(parseResponsesUsage({ ...response, output_tokens_details: said }, 'priority')).toEqual(read)
    expect(parseOpenAIUsage(chat, 'auto')).not.toHaveProperty('serviceTier')
  })

  it.each([
    ['DeepSeek', { prompt_cache_hit_tokens: 64, prompt_cache_miss_tokens: 36 }, { cachedInputTokens: 64 }],
    ['Moonshot', { cached_tokens: 64 }, { cachedInputTokens: 64 }],
    [
      'xAI, beside the answer',
      { completion_tokens_details: { reasoning_tokens: 300 }, total_tokens: 450 },
      { outputTokens: 350, reasoningTokens: 300 },
    ],
    [
      'all others, in it',
      { completion_tokens: 350, completion_tokens_details: { reasoning_tokens: 300 }, total_tokens: 450 },
      { outputTokens: 350, reasoningTokens: 300 },
    ],
  ])('that others count who speak OpenAI’s format: %s', (_, own, read) => {
    const counts = { inputTokens: 100, outputTokens: 50 }
    expect(parseOpenAIUsage({ prompt_tokens: 100, completion_tokens: 50, ...own })).toEqual({
      ...counts,
      ...read,
    })
  })
})

describe('how a call was served', () => {
  const chat = scanRules['openai-chat']
  const counted = '"usage":{"prompt_tokens":1,"completion_tokens":2}'

  it.each([
    ['before the counts', `{"service_tier":"flex","choices":[],${counted}}`],
    ['behind them', `{${counted},"service_tier": "flex"}`],
    [
      'with other words in what the model says',
      `{"a":"\\"service_tier\\":\\"x\\"",${counted},"service_tier":"flex"}`,
    ],
  ])('is read %s, also where the reply is not', (_, text) => {
    if (chat === undefined) throw new Error('no rules')
    const scan = new UsageScan(chat)
    for (const byte of Buffer.from(`data: ${text}\n\n`)) scan.read(Buffer.from([byte]))
    scan.end()
    expect(scan.usage).toEqual({ inputTokens: 1, outputTokens: 2, serviceTier: 'flex' })
    expect(scanUsage(Buffer.from(text), chat)).toEqual(scan.usage)
  })
})

const count = fc.nat(99_999)
const details = fc.record(
  { cached_tokens: count, audio_tokens: count, image_tokens: count },
  { requiredKeys: [] },
)
const said = fc.record({ reasoning_tokens: count, audio_tokens: count }, { requiredKeys: [] })
const tier = fc.constantFrom('default', 'flex', 'priority')
/** A provider's counts, the answer that holds them, and the events of the same answer as a stream. */
type Counted = readonly [WireName, whole: object, events: readonly object[]]

const countedReplies: fc.Arbitrary<Counted> = fc.oneof(
  fc.tuple(count, count, details, said, tier).map(([asked, out, inside, outside, service_tier]): Counted => {
    const usage = {
      prompt_tokens: asked,
      completion_tokens: out,
      prompt_tokens_details: inside,
      completion_tokens_details: outside,
    }
    const message = { role: 'assistant', content: 'hi "usage": {}' }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    const delta = { choices: [{ index: 0, delta: { content: 'hi' } }], usage: null, service_tier }
    return ['openai-chat', { choices, usage, service_tier }, [delta, { choices: [], service_tier, usage }]]
  }),
  fc.tuple(count, count, details, said, tier).map(([asked, out, inside, outside, service_tier]): Counted => {
    const usage = {
      input_tokens: asked,
      output_tokens: out,
      input_tokens_details: inside,
      output_tokens_details: outside,
    }
    const response = { id: 'r', status: 'completed', output: [], service_tier, usage }
    const created = { type: 'response.created', response: { ...response, usage: null, service_tier: 'auto' } }
    return ['openai-responses', response, [created, { type: 'response.completed', response }]]
  }),
  fc.tuple(count, count, count, count, count).map(([plain, cached, minutes, hour, out]): Counted => {
    const created = { ephemeral_5m_input_tokens: minutes, ephemeral_1h_input_tokens: hour }
    const asked = {
      input_tokens: plain,
      cache_read_input_tokens: cached,
      cache_creation_input_tokens: minutes + hour,
    }
    const usage = { ...asked, cache_creation: created, output_tokens: out }
    const message = { id: 'm', role: 'assistant', content: [], stop_reason: 'end_turn', usage }
    const start = { type: 'message_start', message: { ...message, usage: { ...usage, output_tokens: 1 } } }
    return [
      'anthropic-messages',
      message,
      [start, { type: 'message_delta', delta: {}, usage: { ...asked, output_tokens: out } }],
    ]
  }),
  fc.tuple(count, count, count, count).map(([asked, out, thought, heard]): Counted => {
    const promptTokensDetails = [{ modality: 'AUDIO', tokenCount: heard }]
    const usageMetadata = {
      promptTokenCount: asked,
      candidatesTokenCount: out,
      thoughtsTokenCount: thought,
      promptTokensDetails,
    }
    const candidates = [{ content: { parts: [{ text: 'hi' }], role: 'model' }, finishReason: 'STOP' }]
    const early = { candidates, usageMetadata: { ...usageMetadata, candidatesTokenCount: 0 } }
    return ['gemini', { candidates, usageMetadata }, [early, { candidates, usageMetadata }]]
  }),
)

/** What no provider counts, and some have written. */
const wrong = fc.oneof(
  fc.constantFrom(-1, -1000, 0.5, 1e9, 1e300, Number.MAX_SAFE_INTEGER, null, 'many', '12', true, {}, []),
  fc.double(),
  fc.nat(2000),
)
const NAMES = {
  input_tokens: wrong,
  output_tokens: wrong,
  prompt_tokens: wrong,
  completion_tokens: wrong,
  reasoning_tokens: wrong,
  num_search_queries: wrong,
  cache_read_input_tokens: wrong,
  cache_creation_input_tokens: wrong,
  promptTokenCount: wrong,
  candidatesTokenCount: wrong,
  thoughtsTokenCount: wrong,
  cachedContentTokenCount: wrong,
  toolUsePromptTokenCount: wrong,
  inputTokens: wrong,
  outputTokens: wrong,
  cacheReadInputTokens: wrong,
  cacheWriteInputTokens: wrong,
}
const DETAILS = { cached_tokens: wrong, audio_tokens: wrong, image_tokens: wrong, reasoning_tokens: wrong }
const wrongUsage = fc.record({
  ...NAMES,
  prompt_tokens_details: fc.record(DETAILS),
  completion_tokens_details: fc.record(DETAILS),
  input_tokens_details: fc.record(DETAILS),
  output_tokens_details: fc.record({ ...DETAILS, thinking_tokens: wrong }),
  server_tool_use: fc.record({ web_search_requests: wrong }),
  cache_creation: fc.record({ ephemeral_1h_input_tokens: wrong }),
})

describe('counts that are none', () => {
  const dear = { input: 100_000, cachedInput: 1, inputAudio: 2, output: 3, outputAudio: 90_000, reasoning: 5 }
  const price = compilePrice([{ ...dear, cacheWriteHour: 7, tools: { web_search: 100_000 } }])

  it('are never read: what a call costs is a whole amount, and not below nothing', () => {
    fc.assert(
      fc.property(wrongUsage, (usage) => {
        const all = [
          parseOpenAIUsage(usage),
          parseResponsesUsage(usage),
          parseAnthropicUsage(usage, null),
          parseGeminiUsage(usage),
          parseBedrockUsage(usage),
        ]
        for (const it of all) {
          if (it === null) continue
          const { serviceTier, toolCalls, ...tokens } = it
          expect(serviceTier).toBeUndefined()
          for (const count of Object.values({ ...tokens, ...toolCalls })) {
            expect(Number.isSafeInteger(count) && count >= 0).toBe(true)
          }
          const cost = price?.costMicroUsd(it, 0) ?? -1
          expect(Number.isSafeInteger(cost) && cost >= 0).toBe(true)
        }
      }),
    )
  })
})

describe('an answer', () => {
  it('is counted the same whole and streamed, read and passed, wherever its bytes are cut', () => {
    fc.assert(
      fc.property(countedReplies, fc.integer({ min: 1, max: 99 }), ([name, whole, events], size) => {
        const rules = scanRules[name]
        if (rules === undefined) throw new Error(`nothing is searched for in ${name}`)
        const lines = events.map((it) => JSON.stringify(it)).join('\n')
        const read = foldReply(wireOf(name).parseReply(whole as Record<string, unknown>)).usage
        expect(read).not.toBeNull()
        expect(scanUsage(Buffer.from(JSON.stringify(whole)), rules)).toEqual(read)
        expect(passedUsage(lines, name, size)).toEqual(read)
        expect(readUsage(lines, name)).toEqual(read)
      }),
    )
  })
})

const others = join(import.meta.dirname, '../../../../../shared/data/vercel-ai/packages')
const FOLDERS: readonly (readonly [string, WireName])[] = [
  ['alibaba/src', 'openai-chat'],
  ['anthropic/src', 'anthropic-messages'],
  ['azure/src', 'openai-responses'],
  ['deepseek/src/chat', 'openai-chat'],
  ['google/src', 'gemini'],
  ['groq/src', 'openai-chat'],
  ['mistral/src', 'openai-chat'],
  ['moonshotai/src', 'openai-chat'],
  ['openai-compatible/src/chat', 'openai-chat'],
  ['openai/src/chat', 'openai-chat'],
  ['openai/src/completion', 'openai-completions'],
  ['openai/src/responses', 'openai-responses'],
  ['perplexity/src', 'openai-chat'],
  ['xai/src', 'openai-chat'],
  ['xai/src/responses', 'openai-responses'],
]
/** Two replies in one stream; not JSON; transcriptions, which count otherwise; a chat among responses; framed already. */
const LEFT_OUT = /spliced-message-start|wrapper\.1\.chunks|transcription|azure-deepseek-reasoning|\.sse$/
const recordings = FOLDERS.flatMap(([folder, name]) => {
  const path = join(others, folder, '__fixtures__')
  const files = existsSync(path) ? readdirSync(path) : []
  return files
    .filter((it) => !LEFT_OUT.test(it))
    .map((it) => [`${folder}/${it}`, name, join(path, it)] as const)
})

describe.skipIf(recordings.length === 0)(
  'recordings of others (skipped where ../shared/data/vercel-ai is not beside the repository)',
  () => {
    it.each(recordings)('%s is counted the same, read or passed', (_, name, path) => {
      const [rules, text] = [scanRules[name], readFileSync(path, 'utf8')]
      if (rules === undefined) throw new Error(`nothing is searched for in ${name}`)
      const isWhole = path.endsWith('.json')
      const passed = isWhole ? scanUsage(Buffer.from(text), rules) : passedUsage(text, name)
      const read = isWhole
        ? foldReply(wireOf(name).parseReply(JSON.parse(text) as Record<string, unknown>)).usage
        : readUsage(text, name)
      expect(passed).toEqual(read)
    })
  },
)

function framesOf(lines: string): string {
  const events = lines.split('\n').filter((it) => it.trim() !== '')
  return events
    .map((it) => {
      const { type } = it === '[DONE]' ? {} : (JSON.parse(it) as { type?: string })
      return `${type === undefined ? '' : `event: ${type}\n`}data: ${it}\n\n`
    })
    .join('')
}

function passedUsage(text: string, name: WireName, size = 1000): Usage | null {
  const rules = scanRules[name]
  if (rules === undefined) return null
  const scan = new UsageScan(rules)
  const bytes = Buffer.from(framesOf(text))
  for (let at = 0; at < bytes.length; at += size) scan.read(bytes.subarray(at, at + size))
  scan.end()
  return scan.usage
}

function readUsage(text: string, name: WireName): Usage | null {
  const reader = wireOf(name).openReader()
  let usage: Usage | null = null
  const take = (deltas: ReturnType<typeof reader.end>) => {
    for (const it of deltas) if (it.type === 'usage') ({ usage } = it)
  }
  const events = new SseReader((event, data) => {
    if (data !== '[DONE]') take(reader.read(event, data))
  })
  events.read(Buffer.from(framesOf(text)))
  events.end()
  take(reader.end())
  return usage
}
