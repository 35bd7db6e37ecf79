/** OpenAI's and Google's callers in front, Gemini and Bedrock behind. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import OpenAI, { RateLimitError } from 'openai'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bedrockAt } from '../providers/bedrock.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

const recordings = join(import.meta.dirname, '../../../../tests/recordings')
const messages = [{ role: 'user' as const, content: 'hi' }]
const sse = { 'content-type': 'text/event-stream' }

let provider: FakeProvider
let gateway: TestGateway
let client: OpenAI

beforeEach(async () => {
  provider = await startFakeProvider()
  const upstream = openUpstream(provider.origin)
  const signer = bedrockAt({ region: 'eu-central-1', signed: true })
  const sign = (request: Parameters<NonNullable<typeof signer.sign>>[0]) =>
    signer.sign?.(request, 'AKID:secret') ?? []
  const bedrock = testTarget('claude', {
    kind: 'bedrock',
    upstream,
    upstreamModel: 'eu.anthropic.claude-4:0',
    more: { sign, headers: () => signer.headers('AKID:secret') },
  })
  gateway = await TestGateway.start({
    routes: [
      testRoute('gem', [testTarget('gem', { kind: 'gemini', upstream, upstreamModel: 'gemini-2.5-flash' })]),
      testRoute('claude', [bedrock], { attempts: 2, retryBaseMs: 1 }),
      testRoute('gpt', [testTarget('gpt', { upstream })]),
      testRoute('vertex', [testTarget('sonnet', { kind: 'vertex-anthropic', upstream })]),
    ],
  })
  client = new OpenAI({ apiKey: 'sk-caller', baseURL: `${gateway.origin}/v1`, maxRetries: 0 })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

/** Cut where it hurts: in the middle of lines, frames and characters. */
function pieces(bytes: Buffer, size = 37): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
    bytes.subarray(i * size, (i + 1) * size),
  )
}

const recorded = (path: string) => readFileSync(join(recordings, path))
const raw = (headers: Record<string, string>, chunks: readonly (string | Buffer)[]) =>
  ({ kind: 'raw', headers, chunks, chunkMs: 1 }) as const
const json = { 'content-type': 'application/json' }

async function record() {
  await vi.waitFor(() => expect(gateway.records).not.toHaveLength(0))
  return gateway.records[0]
}

const google = (method: string, body: object) =>
  fetch(`${gateway.origin}/v1beta/models/${method}`, {
    method: 'POST',
    headers: { 'x-goog-api-key': 'sk-caller' },
    body: JSON.stringify(body),
  })
const contents = [{ role: 'user', parts: [{ text: 'hi' }] }]

describe('a Gemini target', () => {
  it('is asked in its own format and answers as OpenAI would', async () => {
    provider.script(raw(json, [recorded('gemini/calls.response.json')]))
    const reply = await client.chat.completions.create({ model: 'gem', messages, max_tokens: 9 })
    const [request] = provider.requests

    expect(request?.path).toBe('/v1/models/gemini-2.5-flash:generateContent')
    expect(request?.headers['x-goog-api-key']).toBe('sk-test')
    expect(JSON.parse(request?.body.toString() ?? '')).toEqual({
      contents,
      generationConfig: { maxOutputTokens: 9 },
    })
    expect(reply.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        tool_calls: [{ id: 'fc-1', function: { name: 'weather', arguments: '{"city":"Oslo"}' } }, {}],
      },
    })
    expect(await record()).toMatchObject({ inputTokens: 29, outputTokens: 15, error: '' })
  })

  it('streams, wherever its stream is cut', async () => {
    provider.script(raw(sse, pieces(recorded('gemini/thoughts-and-call.stream'))))
    const runner = client.chat.completions.stream({
      model: 'gem',
      messages,
      stream_options: { include_usage: true },
    })
    const reply = await runner.finalChatCompletion()

    expect(provider.requests[0]?.path).toBe('/v1/models/gemini-2.5-flash:streamGenerateContent?alt=sse')
    expect(reply.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'weather', arguments: '{"city":"Zürich"}' } }] },
    })
    expect(reply.usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 17 })
  })

  it('may stream as one array, though it was asked for events', async () => {
    const bytes = recorded('gemini/text.stream').toString()
    const array = `[${bytes
      .trim()
      .split(/\s*data: /)
      .filter((it) => it !== '')
      .join(',\r\n')}]`
    provider.script(raw(json, pieces(Buffer.from(array), 23)))
    const reply = await client.chat.completions.stream({ model: 'gem', messages }).finalChatCompletion()

    expect(reply.choices[0]?.message.content).toBe('Guten Tag, 世界 🎞️')
  })

  it('says in its own words what is wrong with a request', async () => {
    const error = { code: 429, message: 'quota', status: 'RESOURCE_EXHAUSTED' }
    provider.script({ kind: 'raw', status: 429, headers: json, chunks: [JSON.stringify({ error })] })
    const failed = client.chat.completions.create({ model: 'gem', messages })
    await expect(failed).rejects.toThrow(RateLimitError)
    await expect(failed).rejects.toMatchObject({ message: expect.stringContaining('quota') })
  })

  it('is passed what callers of Google say, untouched', async () => {
    provider.script(raw(json, ['{"candidates":[],"unheardOf":1.10}']))
    const body = { contents, unheardOf: { a: 1 } }
    const response = await google('gem:generateContent', body)

    expect(await response.text()).toBe('{"candidates":[],"unheardOf":1.10}')
    expect(JSON.parse(provider.requests[0]?.body.toString() ?? '')).toEqual(body)
    expect(provider.requests[0]?.path).toBe('/v1/models/gemini-2.5-flash:generateContent')
  })

  it('streams to callers of Google as events, and as one array to those who do not ask for them', async () => {
    const bytes = recorded('gemini/text.stream')
    provider.script(raw(sse, pieces(bytes)), raw(sse, pieces(bytes)))
    const events = await google('gem:streamGenerateContent?alt=sse', { contents })
    expect(Buffer.from(await events.arrayBuffer()).equals(bytes)).toBe(true)

    const array = await google('gem:streamGenerateContent', { contents })
    expect(array.headers.get('content-type')).toBe('application/json')
    const chunks = (await array.json()) as { candidates: { content: { parts?: { text?: string }[] } }[] }[]
    const texts = chunks.flatMap(
      (it) => it.candidates[0]?.content.parts?.map((part) => part.text ?? '') ?? [],
    )
    expect(texts.join('')).toBe('Guten Tag, 世界 🎞️')
  })
})

describe('a caller of Google', () => {
  it('is answered by a target of OpenAI, whole and streamed', async () => {
    const whole = (await (await google('gpt:generateContent', { contents })).json()) as object
    expect(whole).toMatchObject({
      candidates: [
        { content: { role: 'model', parts: [{ text: expect.any(String) }] }, finishReason: 'STOP' },
      ],
      usageMetadata: { promptTokenCount: expect.any(Number) },
    })
    const streamed = await (await google('gpt:streamGenerateContent?alt=sse', { contents })).text()
    expect(streamed).toMatch(/^data: \{"candidates"/)
    expect(streamed).toContain('"finishReason":"STOP"')
  })

  it('reads refusals in the shape of Google', async () => {
    const response = await google('nothing:generateContent', { contents })
    expect(response.status).toBe(404)
    expect(await response.json()).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } })
  })
})

describe('a model of Anthropic on Vertex', () => {
  it('is asked in Anthropic’s format with Google’s spelling, by callers of any format', async () => {
    const body = { model: 'vertex', max_tokens: 9, messages }
    const reply = raw(json, [recorded('anthropic-messages/text.response.json')])
    provider.script(reply, reply)
    await client.chat.completions.create(body)
    await fetch(`${gateway.origin}/v1/messages`, { method: 'POST', body: JSON.stringify(body) })

    for (const request of provider.requests) {
      expect(request.path).toBe('/v1/publishers/anthropic/models/sonnet-upstream:rawPredict')
      expect(JSON.parse(request.body.toString())).toEqual({
        anthropic_version: 'vertex-2023-10-16',
        max_tokens: 9,
        messages,
      })
    }
    expect(provider.requests).toHaveLength(2)
  })
})

function frame(name: string, payload: unknown, type = 'event'): Buffer {
  const text = (key: string, value: string) => {
    const length = Buffer.alloc(2)
    length.writeUInt16BE(Buffer.byteLength(value))
    return Buffer.concat([
      Buffer.from([key.length]),
      Buffer.from(key),
      Buffer.from([7]),
      length,
      Buffer.from(value),
    ])
  }
  const head = Buffer.concat([text(':message-type', type), text(`:${type}-type`, name)])
  const body = Buffer.from(JSON.stringify(payload))
  const sum = (bytes: Buffer) => {
    const written = Buffer.alloc(4)
    written.writeUInt32BE(crc32(bytes))
    return written
  }
  const prelude = Buffer.alloc(8)
  prelude.writeUInt32BE(16 + head.length + body.length, 0)
  prelude.writeUInt32BE(head.length, 4)
  const message = Buffer.concat([prelude, sum(prelude), head, body])
  return Buffer.concat([message, sum(message)])
}

const eventStream = { 'content-type': 'application/vnd.amazon.eventstream' }
const events = (
  JSON.parse(recorded('bedrock-converse/stream.events.json').toString()) as Record<string, unknown>[]
).map((it) => {
  const [[name, payload] = ['', null]] = Object.entries(it)
  return frame(name, payload)
})

describe('a Bedrock target', () => {
  it('is asked in its own format, signed over the body as it goes out', async () => {
    provider.script(raw(json, [recorded('bedrock-converse/text.response.json')]))
    const reply = await client.chat.completions.create({ model: 'claude', messages })
    const [request] = provider.requests

    expect(request?.path).toBe('/v1/model/eu.anthropic.claude-4%3A0/converse')
    expect(request?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-central-1\/bedrock\/aws4_request, SignedHeaders=content-type;host;x-amz-date, Signature=[0-9a-f]{64}$/,
    )
    expect(JSON.parse(request?.body.toString() ?? '')).toEqual({
      messages: [{ role: 'user', content: [{ text: 'hi' }] }],
    })
    expect(reply.choices[0]?.message.content).toBe('Guten Tag, 世界')
    expect(reply.usage).toMatchObject({ prompt_tokens: 17, completion_tokens: 5 })
  })

  it('streams messages of Amazon, wherever they are cut', async () => {
    provider.script(raw(eventStream, pieces(Buffer.concat(events), 19)))
    const reply = await client.chat.completions.stream({ model: 'claude', messages }).finalChatCompletion()

    expect(provider.requests[0]?.path).toBe('/v1/model/eu.anthropic.claude-4%3A0/converse-stream')
    expect(reply.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: {
        content: 'Guten Tag',
        tool_calls: [
          { id: 'tooluse_1', function: { name: 'weather', arguments: '{"city":"Oslo"}' } },
          { id: 'tooluse_2', function: { name: 'now', arguments: '{}' } },
        ],
      },
    })
    expect(await record()).toMatchObject({ stream: true, inputTokens: 3, outputTokens: 9, error: '' })
  })

  it('is tried again when its stream fails before the first token, each time with a signature of its own', async () => {
    const slow = frame('throttlingException', { message: 'slow down' }, 'exception')
    provider.script(raw(eventStream, [slow]), raw(eventStream, [Buffer.concat(events)]))
    const reply = await client.chat.completions.stream({ model: 'claude', messages }).finalChatCompletion()

    expect(reply.choices[0]?.message.content).toBe('Guten Tag')
    expect(provider.requests).toHaveLength(2)
    expect((await record())?.attempts.map((it) => it.error)).toEqual(['upstream.failed', ''])
  })

  it('whose stream is damaged is a failure, and never half a word more', async () => {
    const broken = Buffer.from(events[2] ?? '')
    broken[broken.length - 1] = (broken[broken.length - 1] ?? 0) ^ 1
    provider.script(raw(eventStream, [...events.slice(0, 2), broken]))
    const runner = client.chat.completions.stream({ model: 'claude', messages })
    await expect(runner.finalChatCompletion()).rejects.toThrow()
    expect(await record()).toMatchObject({ error: 'upstream.protocol' })
  })
})
