/** The data plane over real sockets, as OpenAI's own client sees it. */
import { type FakeProvider, ManualClock, startFakeProvider } from '@changeover/testkit'
import OpenAI, { APIError, AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from 'openai'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

let provider: FakeProvider
let gateway: TestGateway
let client: OpenAI

const messages = [{ role: 'user' as const, content: 'hi' }]

beforeEach(async () => {
  provider = await startFakeProvider()
  const target = testTarget('m', { upstream: openUpstream(provider.origin) })
  const route = testRoute('chat', [target])
  gateway = await TestGateway.start({ routes: [route, testRoute('other', [target])] })
  client = new OpenAI({ apiKey: 'sk-caller', baseURL: `${gateway.origin}/v1`, maxRetries: 0 })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

function post(body: string | Uint8Array, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  })
}

async function record() {
  await vi.waitFor(() => expect(gateway.records).not.toHaveLength(0))
  return gateway.records[0]
}

describe('a whole answer', () => {
  it('passes as it came, and its headers name version, target, call and trace', async () => {
    const { data, response } = await client.chat.completions
      .create({ model: 'chat', messages })
      .withResponse()

    expect(data.choices[0]?.message.content).toBe('Hello there, friend.')
    expect(data.model).toBe('m-upstream')
    expect(response.headers.get('x-changeover-version')).toBe('1.1')
    expect(response.headers.get('x-changeover-target')).toBe('fake/m')
    expect(response.headers.get('x-changeover-call')).toMatch(/^call_[0-9a-z]{18}$/)
    expect(response.headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
    expect(response.headers.get('x-request-id')).toBe('req_fake')
  })

  it('goes up byte for byte but for the model, with the provider credential and not the caller key', async () => {
    const body = '{ "unknown" : [1.50, 12345678901234567890], "model" :\t"chat", "messages":[], "é":"ü" }'
    await post(body, { authorization: 'Bearer sk-caller' })

    const [request] = provider.requests
    expect(request?.body.toString()).toBe(body.replace('"chat"', '"m-upstream"'))
    expect(request?.headers.authorization).toBe('Bearer sk-test')
    expect(request?.path).toBe('/v1/chat/completions')
  })

  it('is recorded once, with its tokens, its attempt and the version it ran under', async () => {
    await client.chat.completions.create({ model: 'chat', messages })

    expect(await record()).toMatchObject({
      version: '1.1',
      route: 'chat',
      target: 'fake/m',
      stream: false,
      status: 200,
      error: '',
      inputTokens: 11,
      outputTokens: 7,
      cachedInputTokens: 3,
      attempts: [{ target: 'fake/m', status: 200, error: '' }],
    })
    expect(gateway.records).toHaveLength(1)
    expect(gateway.pins.size).toBe(0)
  })

  it('keeps non-ASCII text whole in both directions', async () => {
    provider.script({ kind: 'reply', text: 'Grüße 🎞️ こんにちは' })
    const answer = await client.chat.completions.create({
      model: 'chat',
      messages: [{ role: 'user', content: '映画' }],
    })

    expect(answer.choices[0]?.message.content).toBe('Grüße 🎞️ こんにちは')
    expect(provider.requests[0]?.body.toString()).toContain('映画')
  })

  it('larger than what is gathered passes as it comes', async () => {
    const text = 'word '.repeat(600_000)
    provider.script({ kind: 'reply', text })
    const answer = await client.chat.completions.create({ model: 'chat', messages })

    expect(answer.choices[0]?.message.content).toBe(text)
    expect(await record()).toMatchObject({ status: 200, inputTokens: 11, error: '' })
  })
})

describe('a stream', () => {
  it('arrives event by event, and its usage is recorded', async () => {
    const stream = await client.chat.completions.create({
      model: 'chat',
      messages,
      stream: true,
      stream_options: { include_usage: true },
    })
    let text = ''
    let total = 0
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? ''
      total = chunk.usage?.total_tokens ?? total
    }

    expect(text).toBe('Hello there, friend.')
    expect(total).toBe(18)
    const found = await record()
    expect(found).toMatchObject({ stream: true, status: 200, error: '', inputTokens: 11, outputTokens: 7 })
    expect(found?.firstTokenMs).toBeGreaterThan(0)
  })

  it('that the caller leaves is cancelled at the provider at once, and the record says so', async () => {
    provider.script({ kind: 'endless' })
    const stream = await client.chat.completions.create({ model: 'chat', messages, stream: true })
    let seen = 0
    for await (const _ of stream) {
      seen += 1
      if (seen === 3) break
    }

    await vi.waitFor(() => expect(provider.requests[0]?.left).toBe(true))
    expect(await record()).toMatchObject({ status: 499, error: 'call.cancelled', target: 'fake/m' })
    expect(gateway.pins.size).toBe(0)
  })

  it('that breaks after its first token ends with an error event and is not tried again', async () => {
    provider.script({ kind: 'cut', after: 'middle' })
    const stream = await client.chat.completions.create({ model: 'chat', messages, stream: true })
    const read = async () => {
      for await (const _ of stream) {
        // Only its end matters.
      }
    }

    await expect(read()).rejects.toThrow('closed the connection before its answer was complete')
    expect(await record()).toMatchObject({ status: 200, error: 'upstream.reset' })
    expect(provider.requests).toHaveLength(1)
  })

  it('pauses the provider while the caller does not read', async () => {
    provider.script({ kind: 'endless', eventMs: 0, padBytes: 64 * 1024 })
    const response = await post(JSON.stringify({ model: 'chat', messages, stream: true }))
    const reader = response.body?.getReader()
    await vi.waitFor(() => expect(provider.requests[0]?.waiting).toBe(true), { timeout: 5000 })
    // More than all buffers between the two hold: it went on when it was read.
    let bytes = 0
    while (bytes < 24 * 1024 * 1024) bytes += (await reader?.read())?.value?.length ?? 0
    await reader?.cancel()

    await vi.waitFor(() => expect(provider.requests[0]?.left).toBe(true))
  })
})

describe('a refusal', () => {
  it('by the provider about the request passes with status and text', async () => {
    provider.script({ kind: 'refuse', status: 400 })

    await expect(client.chat.completions.create({ model: 'chat', messages })).rejects.toThrow(BadRequestError)
    expect(await record()).toMatchObject({ status: 400, error: 'upstream.refused' })
  })

  it('by the provider for too many requests passes with its retry-after', async () => {
    provider.script({ kind: 'refuse', status: 429, headers: { 'retry-after': '7' } })
    const failure = await client.chat.completions.create({ model: 'chat', messages }).catch((error) => error)

    expect(failure).toBeInstanceOf(RateLimitError)
    expect((failure as RateLimitError).headers?.get('retry-after')).toBe('7')
  })

  it('of our credential is not the caller’s to see as one of his', async () => {
    provider.script({ kind: 'refuse', status: 401 })
    const failure = await client.chat.completions.create({ model: 'chat', messages }).catch((error) => error)

    expect(failure).toBeInstanceOf(APIError)
    expect(failure).toMatchObject({ status: 502, code: 'upstream.failed' })
  })

  it('names an unknown model and the nearest known one', async () => {
    const failure = await client.chat.completions.create({ model: 'chta', messages }).catch((error) => error)

    expect(failure).toBeInstanceOf(NotFoundError)
    expect((failure as NotFoundError).message).toContain('did you mean "chat"?')
    expect(await record()).toMatchObject({ status: 404, error: 'routing.no_such_model' })
  })

  it.each([
    ['not JSON', '{"model":"chat",', 'request.not_json', null],
    ['no object', '["model"]', 'request.not_json', null],
    ['nothing', '', 'request.not_json', null],
    ['no model', '{"messages":[]}', 'request.field', 'model'],
    ['a model that is no string', '{"model":7}', 'request.field', 'model'],
    [
      'variables that are no object',
      '{"model":"chat","changeover":{"variables":3}}',
      'request.field',
      'changeover.variables',
    ],
  ])('of a body that is %s says what was expected', async (_, body, code, param) => {
    const response = await post(body)

    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error', code, param } })
    expect(provider.requests).toHaveLength(0)
  })

  it('of a body that is too large is readable for a client that writes all of it first', async () => {
    await gateway.close()
    gateway = await TestGateway.start({
      routes: [testRoute('chat', [testTarget('m', { upstream: openUpstream(provider.origin) })])],
      limits: { bodyBytes: 1024 },
    })
    const response = await post(JSON.stringify({ model: 'chat', pad: 'x'.repeat(1500) }))

    expect(response.status).toBe(413)
    expect(await response.json()).toMatchObject({ error: { code: 'request.too_large' } })
  })

  it('of unknown paths and methods helps', async () => {
    const path = await fetch(`${gateway.origin}/v1/nothing`)
    expect(path.status).toBe(404)
    expect(await path.text()).toContain('expected such as POST /v1/chat/completions')
    const near = await fetch(`${gateway.origin}/v1/chat/completion`, { method: 'POST' })
    expect(await near.text()).toMatch(/expected POST \/v1\/chat\/completions"/)

    const method = await fetch(`${gateway.origin}/v1/chat/completions`)
    expect(method.status).toBe(405)
    expect(method.headers.get('allow')).toBe('POST')
    expect(await method.json()).toMatchObject({ error: { code: 'request.method' } })
  })
})

describe('a caller', () => {
  it('without a known key is refused before the body is read', async () => {
    await gateway.close()
    gateway = await TestGateway.start({
      routes: [testRoute('chat', []), testRoute('other', [])],
      identity: {
        open: false,
        find: (key) =>
          key === 'sk-good'
            ? { tenant: 'acme', key: 'acme/ci', allow: new Set(['chat']), allowance: null }
            : { refused: 'identity.unknown_key' },
      },
    })
    client = new OpenAI({ apiKey: 'sk-bad', baseURL: `${gateway.origin}/v1`, maxRetries: 0 })

    await expect(client.chat.completions.create({ model: 'chat', messages })).rejects.toThrow(
      AuthenticationError,
    )
    expect(await record()).toMatchObject({ status: 401, error: 'identity.unknown_key', route: null })

    client = new OpenAI({ apiKey: 'sk-good', baseURL: `${gateway.origin}/v1`, maxRetries: 0 })
    const failure = await client.chat.completions.create({ model: 'other', messages }).catch((error) => error)
    expect(failure).toMatchObject({ status: 403, code: 'identity.not_allowed' })
    expect((await client.models.list()).data.map((it) => it.id)).toEqual(['chat'])
  })

  it('above his limit is told how long to wait', async () => {
    await gateway.close()
    const allowance = {
      hold: () => ({
        refused: 'policy.limit_reached' as const,
        limit: 'few',
        holder: 'acme/ci',
        retryAfterMs: 1500,
        headers: ['x-ratelimit-remaining-requests', '0'],
      }),
      standing: () => [],
    }
    gateway = await TestGateway.start({
      routes: [testRoute('chat', [])],
      identity: { open: false, find: () => ({ tenant: 'acme', key: 'acme/ci', allow: null, allowance }) },
    })
    const response = await post(JSON.stringify({ model: 'chat', messages }))

    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('2')
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('0')
    expect(await response.json()).toMatchObject({
      error: { code: 'policy.limit_reached', type: 'rate_limit_error' },
    })
    expect(await record()).toMatchObject({ tenant: 'acme', key: 'acme/ci', status: 429, route: 'chat' })
  })

  it('whose budget is spent is told so by 402, in the words of his format', async () => {
    await gateway.close()
    const allowance = {
      hold: () =>
        Promise.resolve({
          refused: 'policy.budget_spent' as const,
          limit: 'monthly',
          holder: 'acme',
          retryAfterMs: null,
          headers: [],
        }),
      standing: () => [],
    }
    gateway = await TestGateway.start({
      routes: [testRoute('chat', [])],
      identity: { open: false, find: () => ({ tenant: 'acme', key: 'acme/ci', allow: null, allowance }) },
    })
    const response = await post(JSON.stringify({ model: 'chat', messages }))
    expect([response.status, response.headers.get('retry-after')]).toEqual([402, null])
    expect(await response.json()).toMatchObject({
      error: { code: 'policy.budget_spent', type: 'insufficient_quota' },
    })
    const body = JSON.stringify({ model: 'chat', max_tokens: 5, messages })
    const headers = { 'content-type': 'application/json', 'x-api-key': 'sk-good' }
    const other = await fetch(`${gateway.origin}/v1/messages`, { method: 'POST', headers, body })
    expect([other.status, await other.json()]).toMatchObject([402, { error: { type: 'billing_error' } }])
  })

  it('sees the models he may call', async () => {
    const list = await client.models.list()
    expect(list.data.map((it) => it.id)).toEqual(['chat', 'other'])

    const one = await client.models.retrieve('other')
    expect(one.id).toBe('other')
    await expect(client.models.retrieve('none')).rejects.toThrow(NotFoundError)
    await vi.waitFor(() => expect(gateway.pins.size).toBe(0))
    expect(gateway.taken).toBe(3)
  })
})

describe('a cut', () => {
  it('of the generation ends a stream with an error event and records it', async () => {
    provider.script({ kind: 'endless' })
    const stream = await client.chat.completions.create({ model: 'chat', messages, stream: true })
    const read = async () => {
      for await (const _ of stream) for (const pin of gateway.pins) pin.onCut?.()
    }

    await expect(read()).rejects.toThrow('was taken out of service')
    expect(await record()).toMatchObject({ status: 200, error: 'call.cut' })
    expect(gateway.pins.size).toBe(0)
  })

  it('before an answer began is a 503 that may be tried again', async () => {
    provider.script({ kind: 'hang' })
    const answer = client.chat.completions.create({ model: 'chat', messages }).catch((error) => error)
    await vi.waitFor(() => expect(provider.requests).toHaveLength(1))
    for (const pin of gateway.pins) pin.onCut?.()

    expect(await answer).toMatchObject({ status: 503, code: 'call.cut' })
    await vi.waitFor(() => expect(provider.requests[0]?.left).toBe(true))
  })
})

describe('a fault of the gateway itself', () => {
  it('while a caller is recognised is a 500 with nothing of it in the text, and a log line', async () => {
    await gateway.close()
    gateway = await TestGateway.start({
      routes: [testRoute('chat', [])],
      identity: {
        open: false,
        find: () => {
          throw new TypeError('secret detail')
        },
      },
    })
    const response = await post(JSON.stringify({ model: 'chat', messages }))

    expect(response.status).toBe(500)
    const text = await response.text()
    expect(JSON.parse(text)).toMatchObject({ error: { code: 'gateway.bug' } })
    expect(text).not.toContain('secret detail')
    expect(gateway.telemetry.logged).toEqual(['a call failed by a fault of the gateway'])
  })

  it('while a record is written costs neither the answer nor the pin', async () => {
    gateway.records.push = () => {
      throw new Error('disk full')
    }
    const answer = await client.chat.completions.create({ model: 'chat', messages })

    expect(answer.choices).toHaveLength(1)
    await vi.waitFor(() => expect(gateway.telemetry.logged).toHaveLength(1))
    expect(gateway.pins.size).toBe(0)
  })
})

describe('closing the server', () => {
  it('lets a stream end that ends in time, and takes no new connection', async () => {
    provider.script({ kind: 'reply', eventMs: 20 })
    const stream = await client.chat.completions.create({ model: 'chat', messages, stream: true })
    const closing = gateway.server.close({ drainMs: 5000 })
    let text = ''
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''

    expect(text).toBe('Hello there, friend.')
    await closing
    await expect(fetch(gateway.origin)).rejects.toThrow()
  })

  it('takes no call for a connection on which nobody asks anything', async () => {
    const clock = new ManualClock()
    const routes = [testRoute('chat', [testTarget('m', { upstream: openUpstream(provider.origin) })])]
    const own = await TestGateway.start({ routes, clock })
    provider.script({ kind: 'endless', eventMs: 5 })
    const body = JSON.stringify({ model: 'chat', messages, stream: true })
    const answer = await fetch(`${own.origin}/v1/chat/completions`, { method: 'POST', body })
    const closing = own.server.close({ drainMs: 60_000 })
    // Longer than a head that is on its way is waited for, and less than a stream may be silent by this clock.
    await clock.advance(2_000)
    expect(own.records).toEqual([])

    await answer.body?.cancel()
    await closing
    await vi.waitFor(() => expect(own.records).toMatchObject([{ error: 'call.cancelled' }]))
    await own.close()
  })

  it('cuts with a word what is left when the time is over', async () => {
    provider.script({ kind: 'endless' })
    const stream = await client.chat.completions.create({ model: 'chat', messages, stream: true })
    const read = async () => {
      for await (const _ of stream) {
        // Only its end matters.
      }
    }
    const [read1] = await Promise.allSettled([read(), gateway.server.close({ drainMs: 30 })])

    expect(read1.status).toBe('rejected')
    expect(await record()).toMatchObject({ error: 'call.cut' })
  })
})
