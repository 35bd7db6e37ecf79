import { describe, expect, it } from 'vitest'
import { keyOpenAI, markAnthropic, markBedrock } from './prompt-marks.ts'

const long = 'word '.repeat(1000)
const bytesOf = (body: object) => Buffer.from(JSON.stringify(body))
const anthropic = (body: object, caching: 'auto' | 'hour' = 'auto') =>
  JSON.parse(markAnthropic(bytesOf(body), caching).toString()) as unknown
const bedrock = (body: object, model = 'anthropic.claude-sonnet-4-5', caching: 'auto' | 'hour' = 'auto') =>
  JSON.parse(markBedrock(bytesOf(body), model, caching).toString()) as unknown
const mark = { cache_control: { type: 'ephemeral' } }
const point = { cachePoint: { type: 'default' } }
const user = (content: unknown) => ({ role: 'user', content })
const said = { role: 'assistant', content: 'yes' }

describe('marks for Anthropic', () => {
  it('go behind tools, system prompt, and the last message of a conversation', () => {
    const body = {
      model: 'm',
      tools: [{ name: 'a' }, { name: 'b' }],
      system: long,
      messages: [user('one'), said, user('two')],
    }
    expect(anthropic(body)).toEqual({
      model: 'm',
      tools: [{ name: 'a' }, { name: 'b', ...mark }],
      system: [{ type: 'text', text: long, ...mark }],
      messages: [user('one'), said, user([{ type: 'text', text: 'two', ...mark }])],
    })
  })

  it('go behind the last block of several, and not behind a single question', () => {
    const body = {
      system: [
        { type: 'text', text: 'a' },
        { type: 'text', text: long },
      ],
      messages: [user(long)],
    }
    expect(anthropic(body, 'hour')).toEqual({
      system: [
        { type: 'text', text: 'a' },
        { type: 'text', text: long, cache_control: { type: 'ephemeral', ttl: '1h' } },
      ],
      messages: [user(long)],
    })
  })

  it('go behind results of tools, and never behind what cannot be kept', () => {
    const result = { type: 'tool_result', tool_use_id: 't', content: long }
    expect(anthropic({ messages: [user('x'), said, user([result])] })).toEqual({
      messages: [user('x'), said, user([{ ...result, ...mark }])],
    })
    for (const block of [
      { type: 'thinking', thinking: long },
      { type: 'text', text: '' },
    ]) {
      const body = { system: [block], tools: [{ name: long, defer_loading: true }], messages: [user('x')] }
      expect(anthropic(body)).toEqual(body)
    }
  })

  it.each([
    [
      'the caller marks something himself',
      { system: long, messages: [user([{ type: 'text', text: 'x', ...mark }])] },
    ],
    ['the caller leaves it to the provider', { system: long, ...mark, messages: [user('x')] }],
    ['nothing of it is long enough to be kept', { system: 'short', messages: [user('x')] }],
    ['there is nothing to mark', { messages: [user(long)] }],
  ])('are not there where %s', (_, body) => {
    expect(anthropic(body)).toEqual(body)
  })

  it('leave a body alone that would not be the same', () => {
    const body = Buffer.from(`{"system":"${long}","n":12345678901234567890,"messages":[]}`)
    expect(markAnthropic(body, 'auto')).toBe(body)
  })
})

describe('marks for Bedrock', () => {
  const body = {
    toolConfig: { tools: [{ toolSpec: { name: 'a' } }] },
    system: [{ text: long }],
    messages: [user([{ text: 'one' }]), said, user([{ text: 'two' }])],
  }

  it('stand behind tools, system prompt and the last message', () => {
    expect(bedrock(body)).toEqual({
      toolConfig: { tools: [{ toolSpec: { name: 'a' } }, point] },
      system: [{ text: long }, point],
      messages: [user([{ text: 'one' }]), said, user([{ text: 'two' }, point])],
    })
    expect(
      JSON.stringify(bedrock(body, 'eu.anthropic.claude-opus-4-5', 'hour')).match(/"ttl":"1h"/g),
    ).toHaveLength(3)
  })

  it('are only what the model takes', () => {
    expect(bedrock(body, 'us.amazon.nova-pro-v1:0', 'hour')).toMatchObject({
      toolConfig: body.toolConfig,
      system: [{ text: long }, point],
    })
    expect(bedrock(body, 'meta.llama3-70b')).toEqual(body)
    expect(bedrock({ ...body, system: [{ text: long }, point] })).toMatchObject({
      toolConfig: body.toolConfig,
    })
  })
})

describe('the key for OpenAI', () => {
  const keyed = (parts: readonly (string | null)[]) =>
    JSON.parse(keyOpenAI(Buffer.from(' {"model":"m"}'), parts).toString()) as Record<string, unknown>

  it('is the same for one tenant and prompt, another for others, and names nobody', () => {
    const { prompt_cache_key: key, ...rest } = keyed(['acme', 'support@1.0.0'])
    expect(rest).toEqual({ model: 'm' })
    expect(key).toMatch(/^[\w-]{32}$/)
    expect(keyed(['acme', 'support@1.0.0'])['prompt_cache_key']).toBe(key)
    expect(keyed(['acme', 'support@1.1.0'])['prompt_cache_key']).not.toBe(key)
    expect(keyed(['globex', 'support@1.0.0'])['prompt_cache_key']).not.toBe(key)
  })
})
