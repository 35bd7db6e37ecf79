/** Answers with a good status that their providers end as failures. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CompiledTarget } from '../contract/compiled.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

const EVENT = 'data: {"id":"x","choices":'
const DONE = 'data: [DONE]\n\n'

let first: FakeProvider
let second: FakeProvider
let gateway: TestGateway
let target: CompiledTarget

beforeEach(async () => {
  first = await startFakeProvider()
  second = await startFakeProvider()
})

afterEach(async () => {
  await gateway.close()
  await first.close()
  await second.close()
})

async function start(kind = 'openai', fallback = true): Promise<void> {
  target = testTarget('first', { kind, upstream: openUpstream(first.origin) })
  const other = testTarget('second', { upstream: openUpstream(second.origin) })
  const route = testRoute('chat', [target], { attempts: fallback ? 2 : 1, fallback: fallback ? [other] : [] })
  gateway = await TestGateway.start({ routes: [route] })
}

async function ask(path: string, body: object): Promise<Response> {
  return await fetch(`${gateway.origin}${path}`, { method: 'POST', body: JSON.stringify(body) })
}

const messages = [{ role: 'user', content: 'hi' }]
const chat = (stream: boolean) => ask('/v1/chat/completions', { model: 'chat', messages, stream })
const responses = () => ask('/v1/responses', { model: 'chat', input: 'hi' })
const anthropic = (stream: boolean) =>
  ask('/v1/messages', { model: 'chat', messages, max_tokens: 10, stream })
const google = (verb: string) =>
  ask(`/v1beta/models/chat:${verb}`, { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] })

async function record() {
  await vi.waitFor(() => expect(gateway.records).not.toHaveLength(0))
  return gateway.records[0]
}

function whole(body: object) {
  const chunks = [JSON.stringify(body)]
  return { kind: 'raw', headers: { 'content-type': 'application/json' }, chunks } as const
}

function sse(...chunks: readonly string[]) {
  return { kind: 'raw', headers: { 'content-type': 'text/event-stream' }, chunks } as const
}

const choice = (finish_reason: string, more: object = {}) => ({
  choices: [{ index: 0, message: { role: 'assistant', content: 'Half' }, finish_reason, ...more }],
  usage: { prompt_tokens: 9, completion_tokens: 1 },
})
const candidate = (finishReason: string, parts: readonly object[] = []) => ({
  candidates: [{ content: { role: 'model', parts }, finishReason }],
  usageMetadata: { promptTokenCount: 9, totalTokenCount: 9 },
})
const chunk = (content: string, finish: string | null) =>
  `${EVENT}[{"index":0,"delta":{"content":${JSON.stringify(content)}},"finish_reason":${JSON.stringify(finish)}}]}\n\n`

describe('a caller', () => {
  it.each<[string, string, object, object]>([
    ['error', 'openai', choice('error'), { error: 'upstream.failed', status: 502 }],
    ['error, with a code', 'openai', choice('error', { error: { code: 429 } }), { status: 429 }],
    ['insufficient_system_resource', 'openai', choice('insufficient_system_resource'), { status: 503 }],
    [
      'error of a model',
      'openai',
      choice('error', { native_finish_reason: 'MALFORMED_FUNCTION_CALL' }),
      { error: 'upstream.malformed', status: 200 },
    ],
    [
      "a filter of Google's",
      'openai',
      choice('function_call_filter: MALFORMED_FUNCTION_CALL'),
      { error: 'upstream.malformed', status: 200 },
    ],
    [
      'MALFORMED_FUNCTION_CALL, in another format',
      'gemini',
      candidate('MALFORMED_FUNCTION_CALL'),
      { error: 'upstream.malformed', status: 200 },
    ],
  ])('does not notice a whole answer that ends as a failure: %s', async (_, kind, body, attempt) => {
    await start(kind)
    first.script(whole(body))
    const answer = await chat(false)

    expect(await answer.json()).toMatchObject({ choices: [{ message: { content: 'Hello there, friend.' } }] })
    expect(await record()).toMatchObject({
      status: 200,
      error: '',
      finish: 'stop',
      attempts: [
        { target: 'fake/first', ...attempt },
        { target: 'fake/second', error: '' },
      ],
    })
    // What it counted is paid for, whether it is of use or not.
    expect((await record())?.attempts[0]?.bill?.tokens).toMatchObject({ inputTokens: 9 })
  })

  it.each([
    ['is an error', 'openai', chunk('', 'error')],
    [
      'is a call that cannot be read',
      'gemini',
      `data: ${JSON.stringify(candidate('MALFORMED_FUNCTION_CALL'))}\n\n`,
    ],
  ])('does not notice a stream whose first word %s', async (_, kind, event) => {
    await start(kind)
    first.script(sse(event, ...(kind === 'openai' ? [DONE] : [])))
    expect(await (await chat(true)).text()).toContain('friend.')
    expect((await record())?.attempts.map((it) => it.error === '')).toEqual([false, true])
  })

  it('does not notice a response that failed', async () => {
    await start()
    first.script(
      whole({ id: 'resp_1', status: 'failed', error: { code: 'server_error', message: 'no' }, output: [] }),
    )
    const answer = await responses()

    expect(await answer.text()).toContain('friend.')
    expect((await record())?.attempts).toMatchObject([
      { error: 'upstream.failed', status: 502 },
      { error: '' },
    ])
  })

  it('of the format is told when nobody else can be asked', async () => {
    await start('gemini', false)
    first.script(whole(candidate('MALFORMED_FUNCTION_CALL', [{ text: 'I will call it now.' }])))
    const answer = await google('generateContent')

    expect(answer.status).toBe(502)
    expect(await answer.json()).toMatchObject({ error: { code: 502 } })
    expect(await record()).toMatchObject({ status: 502, error: 'upstream.malformed' })
  })

  it('in the middle of a stream of another format is told that it failed', async () => {
    await start('openai', false)
    const usage = 'data: {"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4}}\n\n'
    first.script(sse(chunk('Half a', null), chunk('', 'error'), usage, DONE))
    const text = await (await anthropic(true)).text()

    expect(text).toContain('Half a')
    expect(text).toContain('event: error')
    expect(text).not.toContain('end_turn')
    expect(await record()).toMatchObject({ error: 'upstream.failed', outputTokens: 4 })
  })

  it('gets a stream of his own format as it came, and it is recorded as what it is', async () => {
    await start('openai', false)
    const events = [chunk('Half a', null), chunk('', 'error'), DONE]
    first.script(sse(...events))
    const answer = await chat(true)

    expect(await answer.text()).toBe(events.join(''))
    expect(await record()).toMatchObject({
      status: 200,
      error: 'upstream.failed',
      finish: 'error',
      attempts: [{ error: 'upstream.failed' }],
    })
  })

  it('gets an error behind other fields of its event, and it is recorded as one', async () => {
    await start('openai', false)
    const failed = { id: 'x', choices: [], error: { code: 502, message: 'gone' } }
    const events = [chunk('Half a', null), `data: ${JSON.stringify(failed)}\n\n`, DONE]
    first.script(sse(...events))

    expect(await (await chat(true)).text()).toBe(events.join(''))
    expect(await record()).toMatchObject({ status: 200, error: 'upstream.failed' })
  })

  it('gets what a model says of errors, and it is recorded as the answer that it is', async () => {
    await start('anthropic', false)
    const said = [
      { type: 'message_start', message: { id: 'x', usage: { input_tokens: 3, output_tokens: 1 } } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      {
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'text_delta', text: 'event: error\ndata: {"type":"error"}' },
      },
      { type: 'content_block_stop', index: 0 },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } },
      { type: 'message_stop' },
    ]
    first.script(sse(...said.map((it) => `event: ${it.type}\ndata: ${JSON.stringify(it)}\n\n`)))

    expect(await (await anthropic(true)).text()).toContain('event: error')
    expect(await record()).toMatchObject({ error: '', finish: 'stop', attempts: [{ error: '' }] })
  })

  it('gets the replies that ended well, beside one that did not', async () => {
    await start('gemini', false)
    const candidates = [
      { index: 0, content: { parts: [{ text: 'Well.' }] }, finishReason: 'STOP' },
      { index: 1, content: { parts: [] }, finishReason: 'OTHER' },
    ]
    first.script(whole({ candidates }), sse(`data: ${JSON.stringify({ candidates })}\n\n`))

    expect(await (await chat(false)).json()).toMatchObject({
      choices: [{ message: { content: 'Well.' } }, {}],
    })
    const streamed = await (await chat(true)).text()
    expect(streamed).toContain('Well.')
    expect(streamed).toContain('{"index":1,"delta":{},"logprobs":null,"finish_reason":"stop"')
    expect(gateway.records.map((it) => it.error)).toEqual(['', ''])
  })

  it('gets what ended with a word that nobody knows yet', async () => {
    await start('gemini', false)
    first.script(whole(candidate('SOMETHING_NEW', [{ text: 'Well.' }])))

    expect(await (await chat(false)).json()).toMatchObject({ choices: [{ message: { content: 'Well.' } }] })
  })
})

describe('a target', () => {
  it('is given a rest when its answers keep ending as failures', async () => {
    await start('openai', false)
    first.script(...Array.from({ length: 5 }, (_, i) => (i % 2 === 0 ? whole(choice('error')) : failing)))
    for (let i = 0; i < 5; i += 1) await (await chat(i % 2 === 1)).text()

    expect(target.breaker.state).toBe('open')
  })

  it('is not when its model cannot do what it is asked', async () => {
    await start('gemini', false)
    const malformed = candidate('MALFORMED_FUNCTION_CALL')
    first.script(...Array.from({ length: 8 }, () => whole(malformed)))
    for (let i = 0; i < 8; i += 1) await (await google('generateContent')).text()

    expect(target.breaker.state).toBe('closed')
  })
})

const failing = sse(chunk('Half a', null), chunk('', 'error'), DONE)
