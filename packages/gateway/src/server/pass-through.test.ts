/** What is passed on as it is: pictures, sound, moderation, ranking, and raw requests. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import OpenAI, { toFile } from 'openai'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Caller } from '../contract/compiled.ts'
import type { CompiledGuards } from '../contract/guards.ts'
import type { Upstream } from '../contract/upstream.ts'
import { guardsOf } from '../guardrails/test-guards.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

let provider: FakeProvider
let upstream: Upstream
let gateway: TestGateway
let client: OpenAI
let allow: ReadonlySet<string> | null

let guards: CompiledGuards | null

beforeEach(async () => {
  provider = await startFakeProvider()
  upstream = openUpstream(provider.origin)
  allow = null
  guards = null
  const target = testTarget('media', { upstream })
  const raw = testTarget('*', { upstream })
  gateway = await TestGateway.start({
    routes: [
      testRoute('m', [target], { attempts: 2, fallback: [target] }),
      testRoute('claude', [testTarget('claude', { kind: 'anthropic', upstream })]),
    ],
    passThrough: [
      testRoute('providers/open', [raw]),
      testRoute('providers/google', [testTarget('*', { kind: 'gemini', upstream })]),
    ],
    guards: { of: () => guards },
    identity: {
      open: false,
      find: (): Caller => ({ tenant: 'acme', key: 'acme/ci', allow, allowance: null }),
    },
  })
  client = new OpenAI({ apiKey: 'sk-caller', baseURL: `${gateway.origin}/v1`, maxRetries: 0 })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

const raw = (type: string, ...chunks: (string | Uint8Array)[]) =>
  ({ kind: 'raw', headers: { 'content-type': type }, chunks }) as const

async function record() {
  await vi.waitFor(() => expect(gateway.records).not.toHaveLength(0))
  return gateway.records[0]
}

describe('what is passed on', () => {
  it('is asked for pictures under the model of the target, and counted', async () => {
    provider.script(
      raw(
        'application/json',
        JSON.stringify({
          created: 1,
          data: [{ b64_json: 'aGk=' }],
          usage: { input_tokens: 5, output_tokens: 7, total_tokens: 12 },
        }),
      ),
    )
    const images = await client.images.generate({ model: 'm', prompt: 'a reel' })
    const [request] = provider.requests

    expect(images.data?.[0]?.b64_json).toBe('aGk=')
    expect(request?.path).toBe('/v1/images/generations')
    expect(request?.headers.authorization).toBe('Bearer sk-test')
    expect(JSON.parse(request?.body.toString() ?? '')).toEqual({ model: 'media-upstream', prompt: 'a reel' })
    expect(await record()).toMatchObject({
      route: 'm',
      tenant: 'acme',
      inputTokens: 5,
      outputTokens: 7,
      status: 200,
    })
  })

  it('brings sound back byte for byte', async () => {
    const sound = Uint8Array.from({ length: 5000 }, (_, i) => i % 256)
    provider.script(raw('audio/mpeg', sound.subarray(0, 7), sound.subarray(7)))
    const speech = await client.audio.speech.create({ model: 'm', input: 'hi', voice: 'alloy' })

    expect(speech.headers.get('content-type')).toBe('audio/mpeg')
    expect(new Uint8Array(await speech.arrayBuffer())).toEqual(sound)
    expect(await record()).toMatchObject({ replyBytes: 5000, inputTokens: null })
  })

  it('takes forms with files, under the model of the target', async () => {
    provider.script(raw('application/json', '{"text":"hi"}'))
    const file = await toFile(Buffer.from([0, 255, 13, 10]), 'a.wav', { type: 'audio/wav' })
    const transcript = await client.audio.transcriptions.create({ model: 'm', file })
    const [request] = provider.requests

    expect(transcript.text).toBe('hi')
    expect(request?.headers['content-type']).toMatch(/^multipart\/form-data; ?boundary=/)
    expect(request?.body.includes(Buffer.from([0, 255, 13, 10]))).toBe(true)
    expect(request?.body.toString('latin1')).toContain('name="model"\r\n\r\nmedia-upstream\r\n')
    expect((await record())?.requestBytes).toBeGreaterThan(100)
  })

  it('is refused as a form, and raw, where guards demand to look and cannot, unless they let pass what they cannot read', async () => {
    const file = await toFile(Buffer.from([0, 255]), 'a.wav', { type: 'audio/wav' })
    const transcribe = () => client.audio.transcriptions.create({ model: 'm', file })
    const askRaw = () =>
      fetch(`${gateway.origin}/providers/open/things`, { headers: { authorization: 'Bearer sk-caller' } })
    guards = guardsOf([{ kind: 'secrets', action: 'mask', on: 'output' }])
    await expect(transcribe()).rejects.toMatchObject({ status: 400 })
    expect((await askRaw()).status).toBe(400)
    expect(provider.requests).toHaveLength(0)
    expect(await record()).toMatchObject({
      error: 'guard.input_blocked',
      guards: [
        { guard: 'house/secrets', did: 'blocked', count: 1 },
        { guard: 'house/secrets', did: 'unsure', count: 1 },
      ],
    })

    for (const open of [{ action: 'mask', failure: 'open' }, { action: 'log' }, { action: 'shadow' }]) {
      guards = guardsOf([{ kind: 'secrets', ...open }])
      provider.script(raw('application/json', '{"text":"hi"}'), raw('application/json', '{}'))
      expect((await transcribe()).text).toBe('hi')
      expect((await askRaw()).status).toBe(200)
    }
  })

  it('is retried before its answer begins, as every call', async () => {
    provider.script({ kind: 'refuse', status: 503 }, raw('application/json', '{"results":[]}'))
    const moderation = await client.moderations.create({ model: 'm', input: 'x' })
    expect(moderation.results).toEqual([])
    expect(provider.requests).toHaveLength(2)
  })

  it('is refused for a target that does not speak OpenAI’s formats', async () => {
    await expect(client.moderations.create({ model: 'claude', input: 'x' })).rejects.toMatchObject({
      status: 400,
      code: 'routing.not_passed',
    })
    expect(provider.requests).toHaveLength(0)
  })
})

const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${gateway.origin}${path}`, { headers: { authorization: 'Bearer sk-caller' }, ...init })

describe('a raw request', () => {
  it('goes below the address of the provider, with its key and not the caller’s', async () => {
    provider.script(raw('text/plain', 'content'))
    const response = await ask('/providers/open/files/f-1?limit=2&key=sk-caller', {
      headers: { authorization: 'Bearer sk-caller', 'x-secret': 'mine', cookie: 'a=b' },
    })
    const [request] = provider.requests

    expect([response.status, await response.text()]).toEqual([200, 'content'])
    expect([request?.method, request?.path]).toEqual(['GET', '/v1/files/f-1?limit=2'])
    expect(request?.headers.authorization).toBe('Bearer sk-test')
    expect(request?.headers).not.toHaveProperty('x-secret')
    expect(request?.headers).not.toHaveProperty('cookie')
    expect(request?.headers).not.toHaveProperty('content-type')
    expect(await record()).toMatchObject({
      route: 'providers/open',
      target: 'fake/*',
      key: 'acme/ci',
      status: 200,
    })
  })

  it('carries its body and its type, and counts where there is something to count', async () => {
    provider.script(raw('application/json', '{"usage":{"prompt_tokens":3,"completion_tokens":4}}'))
    const headers = { authorization: 'Bearer x', 'content-type': 'application/jsonl' }
    await (await ask('/providers/open/batches', { method: 'PUT', headers, body: '{}\n{}' })).text()
    const [request] = provider.requests

    expect([request?.method, request?.body.toString()]).toEqual(['PUT', '{}\n{}'])
    expect(request?.headers['content-type']).toBe('application/jsonl')
    expect(await record()).toMatchObject({ inputTokens: 3, outputTokens: 4, requestBytes: 5 })
  })

  it('counts the searches of an answer whose lines are no events', async () => {
    const groundingMetadata = { webSearchQueries: ['one', 'two'] }
    const said = {
      candidates: [{ content: { parts: [{ text: 'x'.repeat(100_000) }] }, groundingMetadata }],
      usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4 },
    }
    provider.script(raw('application/json', JSON.stringify(said, null, 2)))
    const headers = { authorization: 'Bearer x', 'content-type': 'application/json' }
    await (
      await ask('/providers/google/models/m:generateContent', { method: 'POST', headers, body: '{}' })
    ).text()

    expect(await record()).toMatchObject({
      inputTokens: 3,
      toolCalls: { web_search: 2, grounded_prompt: 1 },
    })
  })

  it('is refused for a provider that does not allow it', async () => {
    const response = await ask('/providers/closed/files')
    expect(response.status).toBe(404)
    expect(provider.requests).toHaveLength(0)
  })

  it('is refused for a caller who may not', async () => {
    allow = new Set(['m'])
    expect((await ask('/providers/open/files')).status).toBe(403)
    allow = new Set(['providers/open'])
    provider.script(raw('text/plain', 'x'))
    expect((await ask('/providers/open/files')).status).toBe(200)
  })

  it('is refused where its path could lead elsewhere', async () => {
    for (const path of [
      '/providers/open/%2e%2e/x',
      '/providers/open//evil.test/',
      '/providers/open/..%2fadmin',
    ]) {
      expect((await ask(path)).status).toBe(404)
    }
    expect((await ask('/providers/open/files', { method: 'OPTIONS' })).status).toBe(405)
    expect(provider.requests).toHaveLength(0)
  })
})
