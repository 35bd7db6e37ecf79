/** Callers of every format in front, providers of every format behind. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { NeutralDelta } from '../contract/neutral.ts'
import type { WireName } from '../contract/wire.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { foldReply } from '../wire/fold-reply.ts'
import { wireOf } from '../wire/list.ts'
import { SseReader } from '../wire/sse.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

interface Caller {
  readonly wire: WireName
  path(stream: boolean): string
  body(stream: boolean): object
  /** Where its clients put the key. */
  readonly keyHeader: string
}

const callers: readonly Caller[] = [
  {
    wire: 'openai-chat',
    path: () => '/v1/chat/completions',
    body: (stream) => ({
      model: 'route/a',
      stream,
      ...(stream ? { stream_options: { include_usage: true } } : {}),
      messages: [
        { role: 'system', content: 'be brief' },
        { role: 'user', content: 'hi' },
      ],
    }),
    keyHeader: 'authorization',
  },
  {
    wire: 'openai-responses',
    path: () => '/v1/responses',
    body: (stream) => ({ model: 'route/a', stream, instructions: 'be brief', input: 'hi' }),
    keyHeader: 'authorization',
  },
  {
    wire: 'anthropic-messages',
    path: () => '/v1/messages',
    body: (stream) => ({
      model: 'route/a',
      stream,
      max_tokens: 50,
      system: 'be brief',
      messages: [{ role: 'user', content: 'hi' }],
    }),
    keyHeader: 'x-api-key',
  },
  {
    wire: 'gemini',
    path: (stream) =>
      `/v1beta/models/route/a:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: () => ({
      systemInstruction: { parts: [{ text: 'be brief' }] },
      contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
    }),
    keyHeader: 'x-goog-api-key',
  },
]

const kinds = ['openai', 'anthropic'] as const
const cases = callers.flatMap((caller) => kinds.map((kind) => [caller.wire, kind, caller] as const))

let provider: FakeProvider
let gateway: TestGateway

beforeEach(async () => {
  provider = await startFakeProvider()
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

/** A target that speaks nothing but its own format, so that everything else is translated. */
async function serve(kind: string, identity?: TestGateway['snapshot']['parts']['gateway']['identity']) {
  const target = testTarget('m', { kind, upstream: openUpstream(provider.origin) })
  const only = { [target.provider.wire]: target.paths[target.provider.wire] }
  const routes = [testRoute('route/a', [{ ...target, paths: only }])]
  gateway = await TestGateway.start(identity === undefined ? { routes } : { routes, identity })
}

function ask(caller: Caller, stream: boolean, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(gateway.origin + caller.path(stream), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(caller.body(stream)),
  })
}

async function readStream(wire: WireName, response: Response) {
  const reader = wireOf(wire).openReader()
  const deltas: NeutralDelta[] = []
  const events = new SseReader((event, data) => deltas.push(...reader.read(event, data)))
  events.read(Buffer.from(await response.arrayBuffer()))
  events.end()
  return foldReply([...deltas, ...reader.end()])
}

describe.each(cases)('a caller of %s before a provider of kind %s', (wire, kind, caller) => {
  it('gets a whole answer in his own shape, with its counts', async () => {
    await serve(kind)
    const response = await ask(caller, false)
    const reply = foldReply(wireOf(wire).parseReply((await response.json()) as Record<string, unknown>))

    expect(response.status).toBe(200)
    expect(reply).toMatchObject({ text: 'Hello there, friend.', finish: 'stop' })
    expect(reply.usage).toMatchObject({ inputTokens: 11, outputTokens: 7, cachedInputTokens: 3 })
    await vi.waitFor(() => expect(gateway.records).toHaveLength(1))
    expect(gateway.records[0]).toMatchObject({
      route: 'route/a',
      inputTokens: 11,
      outputTokens: 7,
      error: '',
    })
  })

  it('gets a stream in his own shape, with its counts', async () => {
    await serve(kind)
    const response = await ask(caller, true)
    const reply = await readStream(wire, response)

    expect(response.headers.get('content-type')).toContain('text/event-stream')
    expect(reply).toMatchObject({ text: 'Hello there, friend.', finish: 'stop' })
    expect(reply.usage).toMatchObject({ inputTokens: 11, outputTokens: 7 })
    await vi.waitFor(() => expect(gateway.records).toHaveLength(1))
    expect(gateway.records[0]).toMatchObject({ stream: true, inputTokens: 11, outputTokens: 7, error: '' })
  })

  it('has what he asked passed on in the provider’s shape', async () => {
    await serve(kind)
    await ask(caller, false)
    const sent = JSON.parse(provider.requests[0]?.body.toString() ?? '') as Record<string, unknown>
    const asked = wireOf(kind === 'openai' ? 'openai-chat' : 'anthropic-messages').parseRequest(sent)

    expect(asked.model).toBe('m-upstream')
    expect(asked.messages).toMatchObject([
      { role: 'system', parts: [{ type: 'text', text: 'be brief' }] },
      { role: 'user', parts: [{ type: 'text', text: 'hi' }] },
    ])
  })

  it('reads errors of the gateway and of the provider in his own shape', async () => {
    await serve(kind)
    provider.script({ kind: 'refuse', status: 400, headers: { 'request-id': 'req-9' } })
    const refused = await ask(caller, false)
    expect(refused.headers.get(wireOf(wire).requestIdHeader)).toBe('req-9')
    const said = wireOf(wire).readError(await refused.json())

    expect(refused.status).toBe(400)
    expect(said).toContain('fake refusal 400')
  })
})

describe.each(callers.map((it) => [it.wire, it] as const))('a caller of %s', (wire, caller) => {
  it('is known by the key where his client puts it', async () => {
    const seen: (string | undefined)[] = []
    await serve('openai', {
      open: false,
      find(key) {
        seen.push(key)
        return { tenant: 'acme', key: 'acme/a', allow: null, allowance: null }
      },
    })
    await ask(caller, false, {
      [caller.keyHeader]: caller.keyHeader === 'authorization' ? 'Bearer k1' : 'k1',
    })

    expect(seen).toEqual(['k1'])
  })

  it('without a known key learns it in his own shape', async () => {
    await serve('openai', { open: false, find: () => ({ refused: 'identity.missing_key' }) })
    const response = await ask(caller, false)

    expect(response.status).toBe(401)
    expect(wireOf(wire).readError(await response.json())).toContain('no key given')
  })
})

describe('the key in the query', () => {
  it('is taken, and stands in no record, span or log', async () => {
    const seen: (string | undefined)[] = []
    await serve('openai', {
      open: false,
      find(key) {
        seen.push(key)
        return { tenant: 'acme', key: 'acme/a', allow: null, allowance: null }
      },
    })
    const body = JSON.stringify({ contents: [{ role: 'user', parts: [{ text: 'hi' }] }] })
    await fetch(`${gateway.origin}/v1beta/models/route/a:generateContent?key=k-secret`, {
      method: 'POST',
      body,
    })
    await vi.waitFor(() => expect(gateway.records).toHaveLength(1))

    expect(seen).toEqual(['k-secret'])
    expect(
      JSON.stringify([gateway.records, gateway.telemetry.spans, gateway.telemetry.logged]),
    ).not.toContain('k-secret')
  })
})

describe('the list of models', () => {
  const list = async (path: string, headers: Record<string, string> = {}) =>
    (await fetch(gateway.origin + path, { headers })).json()

  it('is written for who asks', async () => {
    await serve('openai')
    const anthropic = { 'anthropic-version': '2023-06-01' }

    expect(await list('/v1/models')).toMatchObject({
      object: 'list',
      data: [{ id: 'route/a', object: 'model' }],
    })
    expect(await list('/v1/models', anthropic)).toMatchObject({
      data: [{ type: 'model', id: 'route/a', display_name: 'route/a' }],
      has_more: false,
      first_id: 'route/a',
    })
    expect(await list('/v1beta/models')).toMatchObject({ models: [{ name: 'models/route/a' }] })
    expect(await list('/v1/models', { 'x-goog-api-key': 'k' })).toHaveProperty('models')
  })

  it('has one model by its name, slashes and all', async () => {
    await serve('openai')

    expect(await list('/v1/models/route/a')).toMatchObject({ id: 'route/a', object: 'model' })
    expect(await list('/v1beta/models/route%2Fa')).toMatchObject({ name: 'models/route/a' })
    expect(await list('/v1beta/models/none')).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } })
  })
})
