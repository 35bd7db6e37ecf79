/** OpenAI's and Google's callers in front, providers of vectors behind. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

let provider: FakeProvider
let gateway: TestGateway
let client: OpenAI

beforeEach(async () => {
  provider = await startFakeProvider()
  const upstream = openUpstream(provider.origin)
  const target = (name: string, kind: string) => testTarget(name, { kind, upstream })
  gateway = await TestGateway.start({
    routes: [
      testRoute('plain', [target('small', 'openai')]),
      testRoute('google', [target('gem', 'gemini')]),
      testRoute('spare', [target('gem', 'gemini')], { fallback: [target('small', 'openai')], attempts: 2 }),
      testRoute('mute', [target('claude', 'anthropic')]),
    ],
  })
  client = new OpenAI({ apiKey: 'sk-caller', baseURL: `${gateway.origin}/v1`, maxRetries: 0 })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

const json = (body: object) =>
  ({ kind: 'raw', headers: { 'content-type': 'application/json' }, chunks: [JSON.stringify(body)] }) as const
const plainReply = json({
  object: 'list',
  model: 'small-1',
  data: [{ object: 'embedding', index: 0, embedding: 'AACAPwAAAEA=' }],
  usage: { prompt_tokens: 4, total_tokens: 4 },
})
const googleReply = json({
  embeddings: [{ values: [1, 2] }, { values: [3, 4] }],
  usageMetadata: { promptTokenCount: 6 },
})

function sent(at = 0): { path: string; body: unknown } {
  const request = provider.requests[at]
  return { path: request?.path ?? '', body: JSON.parse(request?.body.toString() ?? 'null') }
}

async function record() {
  await vi.waitFor(() => expect(gateway.records).not.toHaveLength(0))
  return gateway.records[0]
}

describe('embeddings', () => {
  it('pass as they are where caller and provider speak the same', async () => {
    provider.script(plainReply)
    const reply = await client.embeddings.create({ model: 'plain', input: 'hi' })

    expect(reply.data[0]?.embedding).toEqual([1, 2])
    expect(sent()).toEqual({
      path: '/v1/embeddings',
      body: { model: 'small-upstream', input: 'hi', encoding_format: 'base64' },
    })
    expect(await record()).toMatchObject({ route: 'plain', inputTokens: 4, outputTokens: 0, status: 200 })
  })

  it('are translated where they do not, in the encoding that the client asks for', async () => {
    provider.script(googleReply)
    const { data, response } = await client.embeddings
      .create({ model: 'google', input: ['a', 'b'], dimensions: 2, user: 'u' })
      .withResponse()

    expect(data.data.map((it) => it.embedding)).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(data.usage).toEqual({ prompt_tokens: 6, total_tokens: 6 })
    expect(response.headers.get('x-changeover-warnings')).toBe('user: not supported')
    const entry = (text: string) => ({
      model: 'models/gem-upstream',
      content: { parts: [{ text }] },
      outputDimensionality: 2,
    })
    expect(sent()).toEqual({
      path: '/v1/models/gem-upstream:batchEmbedContents',
      body: { requests: [entry('a'), entry('b')] },
    })
    expect(await record()).toMatchObject({
      route: 'google',
      inputTokens: 6,
      warnings: ['user: not supported'],
    })
  })

  it('go to the fallback when the target fails, in that one’s format', async () => {
    provider.script({ kind: 'refuse', status: 503 }, plainReply)
    const reply = await client.embeddings.create({ model: 'spare', input: 'hi' })

    expect(reply.data[0]?.embedding).toEqual([1, 2])
    expect([sent(0).path, sent(1).path]).toEqual([
      '/v1/models/gem-upstream:batchEmbedContents',
      '/v1/embeddings',
    ])
  })

  it('are those of the texts that were asked for, or none', async () => {
    provider.script(json({ embeddings: [{ values: [1, 2] }] }))
    await expect(client.embeddings.create({ model: 'google', input: ['a', 'b'] })).rejects.toMatchObject({
      status: 502,
      code: 'upstream.protocol',
    })
  })

  it('are refused by a provider that makes none, before anything is sent', async () => {
    await expect(client.embeddings.create({ model: 'mute', input: 'a' })).rejects.toMatchObject({
      status: 400,
      code: 'routing.no_embeddings',
    })
    expect(provider.requests).toHaveLength(0)
  })

  it('are asked for at the paths of Google too, with one input and with several', async () => {
    const ask = async (method: string, body: object) => {
      const url = `${gateway.origin}/v1beta/models/google:${method}`
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
      return await response.json()
    }
    const content = { parts: [{ text: 'a' }] }
    provider.script(json({ embedding: { values: [1] } }), json({ embeddings: [{ values: [2] }] }))

    expect(await ask('embedContent', { content, unheardOf: 1 })).toEqual({ embedding: { values: [1] } })
    expect(await ask('batchEmbedContents', { requests: [{ content }] })).toEqual({
      embeddings: [{ values: [2] }],
    })
    expect(sent(0)).toEqual({
      path: '/v1/models/gem-upstream:embedContent',
      body: { content, unheardOf: 1, model: 'models/gem-upstream' },
    })
    expect(sent(1).body).toEqual({ requests: [{ content, model: 'models/gem-upstream' }] })
  })

  it('of OpenAI’s models reach callers of Google', async () => {
    provider.script(json({ data: [{ index: 0, embedding: [1, 2] }], usage: { prompt_tokens: 4 } }))
    const response = await fetch(`${gateway.origin}/v1beta/models/plain:embedContent`, {
      method: 'POST',
      body: JSON.stringify({ content: { parts: [{ text: 'a' }] } }),
    })

    expect(await response.json()).toEqual({
      embedding: { values: [1, 2] },
      usageMetadata: { promptTokenCount: 4 },
    })
    expect(sent().body).toEqual({ model: 'small-upstream', input: 'a', encoding_format: 'float' })
  })
})
