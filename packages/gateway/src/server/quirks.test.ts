/** Providers that want things otherwise, or answer otherwise, as OpenAI's client sees them through the gateway. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

const KINDS = ['together', 'mistral', 'perplexity', 'deepseek', 'openai']
const sse = { 'content-type': 'text/event-stream' }

let provider: FakeProvider
let gateway: TestGateway
let client: OpenAI

beforeEach(async () => {
  provider = await startFakeProvider()
  const targets = KINDS.map((kind) => testTarget(kind, { kind, upstream: openUpstream(provider.origin) }))
  gateway = await TestGateway.start({ routes: targets.map((it) => testRoute(it.model, [it])) })
  client = new OpenAI({ apiKey: 'sk-caller', baseURL: `${gateway.origin}/v1`, maxRetries: 0 })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

const messages = [{ role: 'user' as const, content: 'hi' }]
const sent = (i = 0) => JSON.parse(provider.requests[i]?.body.toString() ?? 'null') as Record<string, unknown>

function stream(...chunks: readonly object[]) {
  const lines = chunks.map((it) => `data: ${JSON.stringify(it)}\n\n`)
  provider.script({ kind: 'raw', headers: sse, chunks: [...lines, 'data: [DONE]\n\n'] })
}

describe('a request', () => {
  it('without anything that the provider wants otherwise reaches it byte for byte', async () => {
    const body =
      '{ "model" : "together",\n "messages":[{"role":"user","content":"hi"}], "seed": 12345678901234567890 }'
    await fetch(`${gateway.origin}/v1/chat/completions`, { method: 'POST', body })

    expect(provider.requests[0]?.body.toString()).toBe(body.replace('"together"', '"together-upstream"'))
  })

  it('has the names that the provider knows, though caller and provider speak one format', async () => {
    await client.chat.completions.create({
      model: 'together',
      max_completion_tokens: 9,
      messages: [{ role: 'developer', content: 'be brief' }, ...messages],
    })

    expect(sent()).toEqual({
      model: 'together-upstream',
      max_tokens: 9,
      messages: [{ role: 'system', content: 'be brief' }, ...messages],
    })
  })

  it('tells what it lost, in a header and in the record', async () => {
    const { response } = await client.chat.completions
      .create({ model: 'deepseek', messages, seed: 4, parallel_tool_calls: false })
      .withResponse()

    expect(response.headers.get('x-changeover-warnings')).toBe('seed: not supported')
    await vi.waitFor(() => expect(gateway.records[0]?.warnings).toEqual(['seed: not supported']))
  })

  it('reaches a provider of another format by way of that format, without its quirks', async () => {
    const { usage, choices } = await client.chat.completions.create({
      model: 'perplexity',
      max_completion_tokens: 20,
      messages,
    })

    expect(provider.requests[0]?.path).toBe('/v1/responses')
    expect(sent()).toMatchObject({ model: 'perplexity-upstream', max_output_tokens: 20, store: false })
    expect(choices[0]?.message.content).toBe('Hello there, friend.')
    expect(usage?.total_tokens).toBe(18)
  })
})

describe('an answer that is not quite of the format', () => {
  const chunk = (choice: object, more: object = {}) => ({
    id: 'x',
    model: 'mistral-small',
    choices: [{ index: 0, finish_reason: null, ...choice }],
    ...more,
  })

  it('has roles, types and indexes again when it reaches the caller', async () => {
    const call = (id: string) => ({ id, function: { name: 'w', arguments: '{}' } })
    stream(
      chunk({ delta: { content: '' } }),
      chunk(
        {
          delta: { content: null, tool_calls: [call('gSIMJiOkT'), call('hSIMJiOkT')] },
          finish_reason: 'tool_calls',
        },
        {
          usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
        },
      ),
    )
    const events = await client.chat.completions.create({ model: 'mistral', messages, stream: true })
    const calls: OpenAI.ChatCompletionChunk.Choice.Delta.ToolCall[] = []
    const roles: unknown[] = []
    for await (const { choices } of events) {
      if (choices[0]?.delta.role !== undefined) roles.push(choices[0].delta.role)
      calls.push(...(choices[0]?.delta.tool_calls ?? []))
    }

    expect(roles).toEqual(['assistant'])
    expect(calls.filter((it) => it.id !== undefined).map((it) => [it.index, it.id, it.type])).toEqual([
      [0, 'gSIMJiOkT', 'function'],
      [1, 'hSIMJiOkT', 'function'],
    ])
    await vi.waitFor(() => expect(gateway.records[0]).toMatchObject({ inputTokens: 3, outputTokens: 4 }))
  })

  it('is text where the provider sends thoughts among parts', async () => {
    const content = [
      { type: 'thinking', thinking: [{ type: 'text', text: 'hm' }] },
      { type: 'text', text: '4' },
    ]
    const whole = {
      id: 'x',
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    }
    provider.script({ kind: 'raw', chunks: [JSON.stringify(whole)] })
    const { choices } = await client.chat.completions.create({ model: 'mistral', messages })

    expect(choices[0]?.message.content).toBe('4')
  })

  it('counts for a caller only where he asks, and for the record always', async () => {
    const usage = { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 }
    const counted = async (more: object) => {
      stream(
        chunk({ delta: { role: 'assistant', content: 'x' } }),
        chunk({ delta: {}, finish_reason: 'stop' }, { usage }),
      )
      const events = await client.chat.completions.create({
        model: 'mistral',
        messages,
        stream: true,
        ...more,
      })
      const seen: unknown[] = []
      for await (const it of events) if (it.usage) seen.push(it.usage.total_tokens)
      return seen
    }

    expect(await counted({})).toEqual([])
    expect(await counted({ stream_options: { include_usage: true } })).toEqual([7])
  })

  it('is an error with the provider’s words, wherever it writes them', async () => {
    const detail = [{ type: 'extra_forbidden', loc: ['body', 'x'], msg: 'Extra inputs are not permitted' }]
    provider.script({
      kind: 'raw',
      status: 422,
      chunks: [JSON.stringify({ object: 'error', message: { detail } })],
    })

    await expect(client.chat.completions.create({ model: 'mistral', messages })).rejects.toThrow(
      'Extra inputs are not permitted',
    )
  })
})

describe('a stream', () => {
  const ask = async (body: object) => {
    const asked = { method: 'POST', body: JSON.stringify({ messages, stream: true, ...body }) }
    return await (await fetch(`${gateway.origin}/v1/chat/completions`, asked)).text()
  }
  const counted = { inputTokens: 11, outputTokens: 7 }

  it('is counted, and the caller who has not asked for it sees nothing of it', async () => {
    const text = await ask({ model: 'openai' })

    expect(sent()).toMatchObject({ stream_options: { include_usage: true } })
    expect(text).toContain('Hello')
    expect(text).not.toContain('"usage":{')
    expect(text).toMatch(/data: \[DONE\]\n\n$/)
    await vi.waitFor(() => expect(gateway.records[0]).toMatchObject(counted))
  })

  it('shows its count to the caller who has asked', async () => {
    const text = await ask({ model: 'openai', stream_options: { include_usage: true } })

    expect(text).toContain('"usage":{"prompt_tokens":11')
    await vi.waitFor(() => expect(gateway.records[0]).toMatchObject(counted))
  })

  it('is not counted where the caller says so, or the provider takes no such field', async () => {
    await ask({ model: 'openai', stream_options: { include_usage: false } })
    await ask({ model: 'mistral' })

    expect(sent(0)).toMatchObject({ stream_options: { include_usage: false } })
    expect(sent(1)).not.toHaveProperty('stream_options')
  })
})

describe('the Responses API', () => {
  it('passes to a provider that speaks it, with what only that has', async () => {
    const response = await client.responses.create({
      model: 'openai',
      input: 'hi',
      previous_response_id: 'resp_7',
    })

    expect(provider.requests[0]?.path).toBe('/v1/responses')
    expect(sent()).toEqual({ model: 'openai-upstream', input: 'hi', previous_response_id: 'resp_7' })
    expect(response.output_text).toBe('Hello there, friend.')
    await vi.waitFor(() => expect(gateway.records[0]).toMatchObject({ inputTokens: 11, outputTokens: 7 }))
  })

  it('reaches providers that do not, streamed, so that the client follows', async () => {
    // It counts in the last chunk, without being asked.
    const word = { id: 'c', model: 'm', choices: [{ index: 0, delta: { content: 'Hello there, friend.' } }] }
    const usage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 }
    const end = { ...word, choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage }
    stream(word, end)
    const response = await client.responses
      .stream({ model: 'together', input: 'hi', instructions: 'be brief' })
      .finalResponse()

    expect(sent()).toMatchObject({ messages: [{ role: 'system', content: 'be brief' }, messages[0]] })
    expect(response).toMatchObject({
      status: 'completed',
      output_text: 'Hello there, friend.',
      instructions: 'be brief',
    })
    expect(response.usage?.total_tokens).toBe(18)
  })

  it('is refused there when it builds on what only its own providers keep', async () => {
    const asked = client.responses.create({ model: 'mistral', input: 'and?', previous_response_id: 'resp_7' })

    await expect(asked).rejects.toMatchObject({ status: 400, code: 'request.not_translatable' })
    expect(provider.requests).toEqual([])
  })
})
