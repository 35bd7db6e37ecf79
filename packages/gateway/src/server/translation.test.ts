/** OpenAI's client in front, Anthropic's format behind. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import OpenAI, { BadRequestError, InternalServerError } from 'openai'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

const recordings = join(import.meta.dirname, '../../../../tests/recordings/anthropic-messages')
const messages = [{ role: 'user' as const, content: 'hi' }]
const sse = { 'content-type': 'text/event-stream' }

let provider: FakeProvider
let gateway: TestGateway
let client: OpenAI

beforeEach(async () => {
  provider = await startFakeProvider()
  const target = testTarget('claude', { kind: 'anthropic', upstream: openUpstream(provider.origin) })
  gateway = await TestGateway.start({ routes: [testRoute('chat', [target])] })
  client = new OpenAI({ apiKey: 'sk-caller', baseURL: `${gateway.origin}/v1`, maxRetries: 0 })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

async function record() {
  await vi.waitFor(() => expect(gateway.records).not.toHaveLength(0))
  return gateway.records[0]
}

describe('an Anthropic target', () => {
  it('is asked in its own format, with its own headers', async () => {
    await client.chat.completions.create({
      model: 'chat',
      max_tokens: 9,
      messages: [{ role: 'system', content: 'be brief' }, ...messages],
    })
    const [request] = provider.requests

    expect(request).toMatchObject({ path: '/v1/messages' })
    expect(request?.headers).toMatchObject({ 'x-api-key': 'sk-test', 'anthropic-version': '2023-06-01' })
    expect(JSON.parse(request?.body.toString() ?? '')).toEqual({
      model: 'claude-upstream',
      max_tokens: 9,
      system: 'be brief',
      messages: [{ role: 'user', content: 'hi' }],
    })
  })

  it('answers as OpenAI would, and what it could not be told stands in a header and the record', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'chat', messages, seed: 3 })
      .withResponse()

    expect(data).toMatchObject({ object: 'chat.completion', model: 'claude-upstream' })
    expect(data.choices[0]).toMatchObject({
      message: { role: 'assistant', content: 'Hello there, friend.' },
      finish_reason: 'stop',
    })
    expect(data.usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 })
    expect(response.headers.get('x-changeover-warnings')).toContain('seed: not supported')
    expect(await record()).toMatchObject({
      inputTokens: 11,
      cachedInputTokens: 3,
      outputTokens: 7,
      warnings: [expect.stringContaining('max_tokens'), 'seed: not supported'],
    })
  })

  it('of a route that refuses what a target lacks is not asked, and what is filled in is no reason', async () => {
    const target = testTarget('claude', { kind: 'anthropic', upstream: openUpstream(provider.origin) })
    gateway.swap('1.2', { routes: [testRoute('chat', [target], { unsupported: 'refuse' })] })
    const refused = await client.chat.completions
      .create({ model: 'chat', messages, seed: 3 })
      .catch((it) => it)

    expect(refused).toBeInstanceOf(BadRequestError)
    expect(refused).toMatchObject({ code: 'request.unsupported' })
    expect(refused.message).toContain('seed: not supported')
    expect(provider.requests).toHaveLength(0)
    await expect(client.chat.completions.create({ model: 'chat', messages })).resolves.toHaveProperty(
      'choices',
    )
  })

  it('streams text, tool calls and usage', async () => {
    const bytes = readFileSync(join(recordings, 'tool-use.stream'))
    // Cut where it hurts: in the middle of lines and of characters.
    const chunks = Array.from({ length: Math.ceil(bytes.length / 37) }, (_, i) =>
      bytes.subarray(i * 37, i * 37 + 37),
    )
    provider.script({ kind: 'raw', headers: sse, chunks, chunkMs: 1 })
    const runner = client.chat.completions.stream({
      model: 'chat',
      messages,
      stream_options: { include_usage: true },
    })
    const reply = await runner.finalChatCompletion()

    expect(reply.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'Okay.',
        tool_calls: [
          { id: 'toolu_1', function: { name: 'get_weather', arguments: '{"location": "Rome"}' } },
          { id: 'toolu_2', function: { name: 'now', arguments: '{}' } },
        ],
      },
    })
    expect(reply.usage).toMatchObject({ prompt_tokens: 482, completion_tokens: 89 })
    expect(await record()).toMatchObject({ stream: true, inputTokens: 482, outputTokens: 89, error: '' })
  })

  it('leaves out usage that was not asked for, and closes the stream as OpenAI does', async () => {
    const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'chat', messages, stream: true }),
    })
    const text = await response.text()

    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(text).not.toContain('"usage"')
    expect(text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it('that refuses the request is quoted in OpenAI’s shape', async () => {
    provider.script({ kind: 'refuse', status: 400 })
    const failure = await client.chat.completions.create({ model: 'chat', messages }).catch((error) => error)

    expect(failure).toBeInstanceOf(BadRequestError)
    expect(failure).toMatchObject({ code: 'upstream.refused', message: '400 fake refusal 400' })
  })

  it('that has too much to do is a 503', async () => {
    provider.script({ kind: 'refuse', status: 529 })
    const failure = await client.chat.completions.create({ model: 'chat', messages }).catch((error) => error)

    expect(failure).toBeInstanceOf(InternalServerError)
    expect(failure).toMatchObject({ status: 503, code: 'upstream.overloaded' })
  })

  it('that fails in the middle of a stream ends it with an error event', async () => {
    const begun = readFileSync(join(recordings, 'text.stream'), 'utf8').split('event: message_delta')[0] ?? ''
    const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    const chunks = [begun, `event: error\ndata: ${JSON.stringify(error)}\n\n`]
    provider.script({ kind: 'raw', headers: sse, chunks, chunkMs: 5 })
    const read = async () => {
      for await (const _ of await client.chat.completions.create({ model: 'chat', messages, stream: true })) {
        // Only its end matters.
      }
    }

    await expect(read()).rejects.toThrow('has too much to do')
    expect(await record()).toMatchObject({ error: 'upstream.overloaded', status: 200 })
  })

  it('that stops in the middle of a stream is not taken for one that is done', async () => {
    const begun = readFileSync(join(recordings, 'text.stream'), 'utf8').split('event: message_delta')[0] ?? ''
    provider.script({ kind: 'raw', headers: sse, chunks: [begun] })
    const read = async () => {
      for await (const _ of await client.chat.completions.create({ model: 'chat', messages, stream: true })) {
        // Only its end matters.
      }
    }

    await expect(read()).rejects.toThrow('closed the connection')
  })

  it.each([
    ['half JSON', { 'content-type': 'application/json' }, '{"id":"msg'],
    ['a page', { 'content-type': 'text/html' }, '<html></html>'],
    ['a stream nobody asked for', sse, 'data: {}\n\n'],
  ])('that answers with %s has failed', async (_, headers, body) => {
    provider.script({ kind: 'raw', headers, chunks: [body] })
    const failure = await client.chat.completions.create({ model: 'chat', messages }).catch((error) => error)

    expect(failure).toMatchObject({ status: 502, code: 'upstream.protocol' })
  })

  it('cannot be told what cannot be translated, and the caller learns which field', async () => {
    const tool_calls = [{ id: 'a', type: 'function' as const, function: { name: 'w', arguments: '{' } }]
    const failure = await client.chat.completions
      .create({ model: 'chat', messages: [{ role: 'assistant', tool_calls }] })
      .catch((error) => error)

    expect(failure).toBeInstanceOf(BadRequestError)
    expect(failure).toMatchObject({ param: 'messages[0].tool_calls.function.arguments' })
    expect(provider.requests).toHaveLength(0)
  })
})
