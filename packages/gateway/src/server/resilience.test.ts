/** What a caller notices, and what not, when providers fail. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CompiledRoute } from '../contract/compiled.ts'
import { GatewayError } from '../errors.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

const messages = [{ role: 'user' as const, content: 'hi' }]

let first: FakeProvider
let second: FakeProvider
let gateway: TestGateway
let client: OpenAI

beforeEach(async () => {
  first = await startFakeProvider()
  second = await startFakeProvider()
})

afterEach(async () => {
  await gateway.close()
  await first.close()
  await second.close()
})

async function start(more: Partial<CompiledRoute>, fallback = true): Promise<void> {
  const target = testTarget('first', { upstream: openUpstream(first.origin) })
  const other = testTarget('second', { upstream: openUpstream(second.origin) })
  const route = testRoute('chat', [target], { attempts: 3, fallback: fallback ? [other] : [], ...more })
  gateway = await TestGateway.start({ routes: [route] })
  client = new OpenAI({ apiKey: 'sk-caller', baseURL: `${gateway.origin}/v1`, maxRetries: 0 })
}

async function streamText(): Promise<string> {
  let text = ''
  const stream = await client.chat.completions.create({ model: 'chat', messages, stream: true })
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
  return text
}

async function record() {
  await vi.waitFor(() => expect(gateway.records).not.toHaveLength(0))
  return gateway.records[0]
}

describe('a caller', () => {
  it('does not notice that the first target failed twice and the fallback answered', async () => {
    await start({})
    first.script({ kind: 'cut', after: 'request' }, { kind: 'refuse', status: 500 })
    const { response } = await client.chat.completions.create({ model: 'chat', messages }).withResponse()

    expect(response.headers.get('x-changeover-target')).toBe('fake/second')
    expect(await record()).toMatchObject({
      status: 200,
      target: 'fake/second',
      attempts: [
        { target: 'fake/first', status: null, error: 'upstream.reset' },
        { target: 'fake/first', status: 500, error: 'upstream.failed' },
        { target: 'fake/second', status: 200, error: '' },
      ],
    })
  })

  it('does not notice that an answer broke in the middle before anything was sent on', async () => {
    await start({})
    first.script({ kind: 'cut', after: 'middle' })
    const answer = await client.chat.completions.create({ model: 'chat', messages })

    expect(answer.choices[0]?.message.content).toBe('Hello there, friend.')
  })

  it.each([
    ['broke after its head', { kind: 'cut', after: 'head' } as const],
    ['began with a failure', sse('data: {"error":{"message":"overloaded","code":529}}\n\n')],
    [
      'ended before its first token',
      sse('data: {"choices":[{"delta":{"role":"assistant","content":""}}]}\n\n'),
    ],
    ['is not the format', sse('data: nonsense\n\n')],
  ])('does not notice that a stream %s', async (_, step) => {
    await start({})
    first.script(step)
    expect(await streamText()).toBe('Hello there, friend.')
    expect((await record())?.attempts.map((it) => it.error === '')).toEqual([false, true])
  })

  it.each([
    ['first', '{"error":{"message":"no room","code":529}}', 529],
    ['behind spaces', '\n {\n "error": "no room" }', 502],
    ["as Anthropic's are", '{"type":"error","error":{"type":"overloaded_error","message":"no room"}}', 502],
  ])('does not notice a failure that was told with a good status: %s', async (_, body, status) => {
    await start({})
    first.script(whole(body))
    const answer = await client.chat.completions.create({ model: 'chat', messages })

    expect(answer.choices[0]?.message.content).toBe('Hello there, friend.')
    expect((await record())?.attempts).toMatchObject([{ error: 'upstream.failed', status }, { error: '' }])
  })

  it('gets an answer that names no error in its first field', async () => {
    await start({})
    first.script(whole('{"error":null,"choices":[{"message":{"content":"Hello."},"finish_reason":"stop"}]}'))
    const answer = await client.chat.completions.create({ model: 'chat', messages })

    expect(answer.choices[0]?.message.content).toBe('Hello.')
  })

  it('learns what is wrong with his request, though it was told with a good status', async () => {
    await start({}, false)
    first.script(whole('{"error":{"message":"no such voice","code":400}}'))
    const failure = await client.chat.completions.create({ model: 'chat', messages }).catch((error) => error)

    expect(failure).toMatchObject({ status: 400, error: { message: 'no such voice' } })
    expect(await record()).toMatchObject({ status: 400, error: 'upstream.refused' })
  })

  it('is not kept waiting by a target that says nothing', async () => {
    await start({ attempts: 2, firstTokenMs: 60 })
    first.script({ kind: 'hang' })
    expect(await streamText()).toBe('Hello there, friend.')
    await vi.waitFor(() => expect(first.requests[0]?.left).toBe(true))
    expect(await record()).toMatchObject({ attempts: [{ error: 'upstream.timeout' }, { error: '' }] })
  })

  it('learns after all attempts what went wrong, with a status his client can act on', async () => {
    await start({ attempts: 2, firstTokenMs: 50 }, false)
    first.script({ kind: 'hang' }, { kind: 'hang' })
    const failure = await client.chat.completions.create({ model: 'chat', messages }).catch((error) => error)

    expect(failure).toMatchObject({ status: 504, code: 'upstream.timeout' })
    expect((failure as Error).message).toContain('"fake/first" did not answer within 50 ms')
  })

  it('is told when every target is given a rest', async () => {
    await start({ attempts: 1 }, false)
    first.script(...Array.from({ length: 5 }, () => ({ kind: 'refuse', status: 500 }) as const))
    for (let i = 0; i < 5; i += 1) {
      await client.chat.completions.create({ model: 'chat', messages }).catch(() => undefined)
    }
    const failure = await client.chat.completions.create({ model: 'chat', messages }).catch((error) => error)

    expect(failure).toMatchObject({ status: 503, code: 'upstream.open_breakers' })
    expect(first.requests).toHaveLength(5)
  })

  it('who leaves while a target thinks stops it at once', async () => {
    await start({})
    first.script({ kind: 'hang' })
    const leaving = new AbortController()
    const answer = client.chat.completions
      .create({ model: 'chat', messages }, { signal: leaving.signal })
      .catch(() => 'left')
    await vi.waitFor(() => expect(first.requests).toHaveLength(1))
    leaving.abort()

    expect(await answer).toBe('left')
    await vi.waitFor(() => expect(first.requests[0]?.left).toBe(true))
    expect(await record()).toMatchObject({
      status: 499,
      error: 'call.cancelled',
      attempts: [{ target: 'fake/first', error: 'call.cancelled' }],
    })
    expect(second.requests).toHaveLength(0)
  })

  it('who does not read is left, and the provider with him', async () => {
    await start({})
    await gateway.close()
    const target = testTarget('first', { upstream: openUpstream(first.origin) })
    gateway = await TestGateway.start({ routes: [testRoute('chat', [target])], limits: { stallMs: 80 } })
    first.script({ kind: 'endless', eventMs: 0, padBytes: 64 * 1024 })
    const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'chat', messages, stream: true }),
    })

    await vi.waitFor(() => expect(first.requests[0]?.left).toBe(true), { timeout: 4000 })
    expect(await record()).toMatchObject({ status: 499, error: 'call.cancelled' })
    await response.body?.cancel().catch(() => undefined)
  })
})

describe('a version', () => {
  it('is one from the first byte to the last, whatever is swapped meanwhile', async () => {
    await start({})
    first.script({ kind: 'reply', eventMs: 10 })
    const stream = await client.chat.completions
      .create({ model: 'chat', messages, stream: true })
      .withResponse()
    const target = testTarget('second', { upstream: openUpstream(second.origin) })
    gateway.swap('1.2', { routes: [testRoute('chat', [target])] })
    const during = await client.chat.completions.create({ model: 'chat', messages }).withResponse()
    let text = ''
    for await (const chunk of stream.data) text += chunk.choices[0]?.delta.content ?? ''

    expect(stream.response.headers.get('x-changeover-version')).toBe('1.1')
    expect(during.response.headers.get('x-changeover-version')).toBe('1.2')
    expect(text).toBe('Hello there, friend.')
    await vi.waitFor(() => expect(gateway.records).toHaveLength(2))
    expect(gateway.records.map((it) => it.version).sort()).toEqual(['1.1', '1.2'])
    expect(gateway.pins.size).toBe(0)
    await target.upstream.close()
  })

  it('that is not there yet is a 503 that may be tried again', async () => {
    await start({})
    gateway.notReady = true
    const failure = await client.chat.completions.create({ model: 'chat', messages }).catch((error) => error)

    expect(failure).toMatchObject({ status: 503, code: 'gateway.not_ready' })
  })
})

describe('a context', () => {
  const context: CompiledRoute['context'] = {
    id: 'support@2.1.0',
    parameters: { temperature: 0.2 },
    fill: (variables) =>
      typeof variables?.['name'] === 'string'
        ? { ok: true, prompt: `You help ${variables['name']}.` }
        : {
            ok: false,
            code: 'contexts.variable',
            message: new GatewayError('contexts.variable', {
              name: 'name',
              found: 'nothing',
              expected: 'a string',
            }).message,
          },
  }

  it('gives the model its prompt and parameters, and keeps the variables here', async () => {
    await start({ context })
    await fetch(`${gateway.origin}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'chat', messages, changeover: { variables: { name: 'Zoë' } } }),
    })

    expect(JSON.parse(first.requests[0]?.body.toString() ?? '')).toEqual({
      temperature: 0.2,
      model: 'first-upstream',
      messages: [{ role: 'system', content: 'You help Zoë.' }, ...messages],
    })
    expect(await record()).toMatchObject({ context: 'support@2.1.0' })
  })

  it('without its variables is refused', async () => {
    await start({ context })
    const failure = await client.chat.completions.create({ model: 'chat', messages }).catch((error) => error)

    expect(failure).toMatchObject({ status: 400, code: 'contexts.variable' })
    expect(first.requests).toHaveLength(0)
  })
})

function sse(text: string) {
  return { kind: 'raw', headers: { 'content-type': 'text/event-stream' }, chunks: [text] } as const
}

function whole(text: string) {
  return { kind: 'raw', headers: { 'content-type': 'application/json' }, chunks: [text] } as const
}
