/** Guardrails before callers of every format and providers of every format, whole and streamed. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { GuardIndex } from '../contract/guards.ts'
import type { NeutralDelta } from '../contract/neutral.ts'
import type { WireName } from '../contract/wire.ts'
import { guardsOf } from '../guardrails/test-guards.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { foldReply } from '../wire/fold-reply.ts'
import { wireOf } from '../wire/list.ts'
import { SseReader } from '../wire/sse.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

/** The fake providers stream word by word: ten chunks. */
const CODE = 'alpha bravo charlie delta echo foxtrot golf hotel india juliett'
const guarding = (action: string) => ({ kind: 'deny', action, words: [CODE], label: 'CODE', on: 'output' })
const said = (it: string) => ({
  'openai-chat': { path: '/v1/chat/completions', body: { messages: [{ role: 'user', content: it }] } },
  'openai-responses': { path: '/v1/responses', body: { input: it } },
  'openai-completions': { path: '/v1/completions', body: { prompt: it } },
  'anthropic-messages': {
    path: '/v1/messages',
    body: { max_tokens: 99, messages: [{ role: 'user', content: [{ type: 'text', text: it }] }] },
  },
  gemini: {
    path: '/v1beta/models/route/a',
    body: { contents: [{ role: 'user', parts: [{ text: it }] }] },
  },
})
type CallerWire = keyof ReturnType<typeof said>

const callers: readonly CallerWire[] = [
  'openai-chat',
  'openai-responses',
  'openai-completions',
  'anthropic-messages',
  'gemini',
]
const cases = callers.flatMap((caller) =>
  [false, true].flatMap((stream) =>
    (['openai', 'anthropic'] as const).map((kind) => [caller, stream, kind] as const),
  ),
)

let provider: FakeProvider
let gateway: TestGateway

beforeEach(async () => {
  provider = await startFakeProvider()
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

async function open(kind: 'openai' | 'anthropic', guards: GuardIndex): Promise<void> {
  const target = testTarget('a', { upstream: openUpstream(provider.origin), kind })
  const only = { [target.provider.wire]: target.paths[target.provider.wire] }
  gateway = await TestGateway.start({ routes: [testRoute('route/a', [{ ...target, paths: only }])], guards })
}

const always = (...it: Parameters<typeof guardsOf>): GuardIndex => {
  const compiled = guardsOf(...it)
  return { of: () => compiled }
}

async function ask(caller: CallerWire, stream: boolean, text: string): Promise<Response> {
  const { path, body } = said(text)[caller]
  const isGemini = caller === 'gemini'
  const verb = stream ? ':streamGenerateContent?alt=sse' : ':generateContent'
  return fetch(`${gateway.origin}${path}${isGemini ? verb : ''}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...body, ...(isGemini ? {} : { model: 'route/a', stream }) }),
  })
}

/** The answer as a client of the format reads it. */
async function read(caller: WireName, stream: boolean, answer: Response) {
  const wire = wireOf(caller)
  const text = await answer.text()
  if (!stream) return foldReply(wire.parseReply(JSON.parse(text)))
  const reader = wire.openReader()
  const deltas: NeutralDelta[] = []
  const events = new SseReader((event, data) => void deltas.push(...reader.read(event, data)))
  events.read(Buffer.from(text))
  events.end()
  return foldReply([...deltas, ...reader.end()])
}

describe.each(cases)('a caller of %s (stream: %s) before %s', (caller, stream, kind) => {
  it('gets what the model said without what is masked, also where it came in ten chunks', async () => {
    await open(kind, always([guarding('mask')]))
    provider.script({ kind: 'reply', text: `The code is ${CODE}, so.` })
    const answer = await ask(caller, stream, 'hi')
    expect(answer.status).toBe(200)
    expect(await read(caller, stream, answer)).toMatchObject({
      text: 'The code is [CODE_1], so.',
      finish: 'stop',
    })
    await vi.waitFor(() => expect(gateway.records).toHaveLength(1))
    expect(gateway.records[0]).toMatchObject({
      error: '',
      guards: [{ guard: 'house/deny', did: 'masked', count: 1 }],
    })
    expect(gateway.records[0]?.outputTokens).toBeGreaterThan(0)
    expect(JSON.stringify(gateway.records[0])).not.toContain('foxtrot')
  })

  it('has what it said masked before the provider, and put back in the answer', async () => {
    await open(kind, always([{ kind: 'pii', action: 'mask', on: 'input' }]))
    provider.script({ kind: 'reply', text: 'I wrote to [EMAIL_1].' })
    const answer = await ask(caller, stream, 'write to ann@example.com')
    expect(await read(caller, stream, answer)).toMatchObject({ text: 'I wrote to ann@example.com.' })
    const sent = String(provider.requests[0]?.body)
    expect(sent).toContain('write to [EMAIL_1]')
    expect(sent).not.toContain('ann@example.com')
  })

  it('is refused what it may not ask, and nobody is asked', async () => {
    await open(kind, always([{ kind: 'deny', action: 'block', words: ['geheim'], message: 'not here' }]))
    const answer = await ask(caller, stream, 'Das ist GEHEIM!')
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('not here')
    expect(provider.requests).toHaveLength(0)
    await vi.waitFor(() => expect(gateway.records[0]?.error).toBe('guard.input_blocked'))
  })

  it('gets no more of an answer that is blocked, in words that its clients know', async () => {
    await open(kind, always([guarding('block')]))
    // Slow enough that the first words are out before the last have come.
    provider.script({ kind: 'reply', text: `The code is ${CODE}, so.`, eventMs: 5 })
    const answer = await ask(caller, stream, 'hi')
    if (stream) {
      expect(answer.status).toBe(200)
      const { text, finish } = await read(caller, stream, answer)
      expect(text).toBe('The code is ')
      expect(['content_filter', 'refusal']).toContain(finish)
    } else {
      expect(answer.status).toBe(422)
      expect(await answer.text()).not.toContain('alpha')
    }
    await vi.waitFor(() => expect(gateway.records[0]?.error).toBe('guard.output_blocked'))
    expect(gateway.records[0]?.guards).toEqual([{ guard: 'house/deny', did: 'blocked', count: 1 }])
  })
})

describe('an answer in which nothing was found', () => {
  it('goes out byte by byte as it came, fields that nobody here knows included', async () => {
    await open('openai', always([guarding('mask')]))
    const message = { role: 'assistant', content: 'Hello there.', x_mood: [1.5, null] }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
    const came = ` ${JSON.stringify({ id: 'c', object: 'chat.completion', model: 'm', choices, usage, x: {} })}\n`
    provider.script({ kind: 'raw', headers: { 'content-type': 'application/json' }, chunks: [came] })
    const answer = await ask('openai-chat', false, 'hello')
    expect(await answer.text()).toBe(came)
  })
})

describe('a field of a whole answer that nobody here knows', () => {
  const found = { title: 'Where', snippet: `It is ${CODE}.`, rank: 1 }
  const ran = [{ type: 'search', output: `found ${CODE}` }]
  const answerOf = (content: string) => ({
    id: 'c',
    object: 'chat.completion',
    model: 'm',
    search_results: [found, { title: 'Else' }],
    x_cost: 1.5,
    choices: [
      { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' },
      { index: 1, message: { role: 'assistant', content, executed_tools: ran }, finish_reason: 'stop' },
    ],
  })
  const masked = {
    search_results: [{ ...found, snippet: 'It is [CODE_1].' }, { title: 'Else' }],
    choices: [
      { message: { role: 'assistant' } },
      { message: { executed_tools: [{ type: 'search', output: 'found [CODE_1]' }] } },
    ],
  }

  async function answered(content: string, action: string): Promise<Response> {
    await open('openai', always([guarding(action)]))
    const chunks = [JSON.stringify(answerOf(content))]
    provider.script({ kind: 'raw', headers: { 'content-type': 'application/json' }, chunks })
    return ask('openai-chat', false, 'hi')
  }

  it('is masked where it stands', async () => {
    const body: unknown = await (await answered('Hello.', 'mask')).json()
    expect(body).toMatchObject(masked)
    expect(body).toMatchObject({ choices: [{ message: { content: 'Hello.' } }, {}] })
    expect(JSON.stringify(body)).not.toContain('foxtrot')
  })

  it('is there still where the text is masked', async () => {
    const body: unknown = await (await answered(`So ${CODE}.`, 'mask')).json()
    expect(body).toMatchObject(masked)
    expect(body).toMatchObject({ choices: [{ message: { content: 'So [CODE_1].' } }, {}] })
  })

  it('stays apart from what its format has of its own', async () => {
    await open('anthropic', always([guarding('mask')]))
    const search = { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'where' } }
    const text = { type: 'text', text: 'Hello.' }
    const content = [search, text]
    const body = { id: 'c', type: 'message', role: 'assistant', model: 'm', content, stop_reason: 'end_turn' }
    const chunks = [JSON.stringify({ ...body, trace: [`It is ${CODE}.`] })]
    provider.script({ kind: 'raw', headers: { 'content-type': 'application/json' }, chunks })
    const said = (await (await ask('anthropic-messages', false, 'hi')).json()) as typeof body
    expect(said).toMatchObject({ trace: ['It is [CODE_1].'], content })
    expect(said.content).toHaveLength(2)
  })

  it('blocks the answer where that is what the guard does', async () => {
    const answer = await answered('Hello.', 'block')
    expect(answer.status).toBe(422)
    expect(await answer.text()).not.toContain('foxtrot')
  })
})

describe('a call before guardrails', () => {
  const chat = (body: object) =>
    fetch(`${gateway.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'route/a', ...body }),
    })

  it('goes on with what nobody here knows, and with all digits of its numbers', async () => {
    await open('openai', always([{ kind: 'pii', action: 'mask', on: 'input' }]))
    const body =
      '{"model":"route/a","x":{"big":12345678901234567890,"exact":1.10},"messages":[{"role":"user","content":"ann@example.com","args":{"ann@example.com":2.50}}]}'
    const headers = { 'content-type': 'application/json' }
    await fetch(`${gateway.origin}/v1/chat/completions`, { method: 'POST', headers, body })
    const sent = String(provider.requests[0]?.body)
    expect(sent).toContain('"x":{"big":12345678901234567890,"exact":1.10}')
    expect(sent).toContain('"content":"[EMAIL_1]"')
    expect(sent).toContain('"args":{"[EMAIL_1]":2.50}')
  })

  it('has its limit of time for what is held back, also while nothing comes', async () => {
    await open('openai', always([{ kind: 'pii', action: 'mask', maxHoldMs: 1, failure: 'open' }]))
    const event = (content: string) =>
      `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`
    const headers = { 'content-type': 'text/event-stream' }
    provider.script({ kind: 'raw', headers, chunks: [event('hello wor'), event('ld')], chunkMs: 60_000 })
    const answer = await chat({ stream: true, messages: [{ role: 'user', content: 'hi' }] })
    const reader = answer.body?.getReader()
    let text = ''
    while (!text.includes('wor"')) {
      const { value, done } = (await reader?.read()) ?? { value: undefined, done: true }
      if (done) break
      text += Buffer.from(value ?? []).toString()
    }
    expect(text).toContain('hello ')
    expect(text).toContain('wor"')
    await reader?.cancel()
    await vi.waitFor(() =>
      expect(gateway.records[0]?.guards).toEqual([{ guard: 'house/pii', did: 'unsure', count: 1 }]),
    )
  })

  it('waits with a stream for whoever judges the whole of it', async () => {
    await open('anthropic', always([{ kind: 'jsonSchema', action: 'block', schema: { type: 'object' } }]))
    provider.script({ kind: 'reply', text: '{"a": 1}' }, { kind: 'reply', text: 'no JSON at all' })
    const ask = { stream: true, messages: [{ role: 'user', content: 'hi' }] }
    expect(await read('openai-chat', true, await chat(ask))).toMatchObject({
      text: '{"a": 1}',
      finish: 'stop',
    })
    const refused = await chat(ask)
    expect(refused.status).toBe(422)
    expect(await refused.text()).toContain('guard.output_blocked')
  })

  it('counts what guards would have found that only try themselves out', async () => {
    await open('openai', always([{ kind: 'deny', action: 'shadow', words: ['secret'] }]))
    const counted = vi.spyOn(gateway.telemetry.meter, 'add')
    provider.script({ kind: 'reply', text: 'a secret' })
    const answer = await chat({ messages: [{ role: 'user', content: 'hi' }] })
    expect(await answer.text()).toContain('a secret')
    const found = {
      'changeover.guard': 'house/deny',
      'changeover.outcome': 'shadowed',
      'config.version': '1.1',
    }
    await vi.waitFor(() => expect(counted).toHaveBeenCalledWith('changeover.guard.findings', 1, found))
    expect(gateway.records[0]?.guards).toBeUndefined()
  })
})
