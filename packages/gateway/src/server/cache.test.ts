/** Kept answers as callers and the record see them: real sockets, real pools, a provider that counts. */
import { once } from 'node:events'
import { createServer, request as httpRequest, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '@changeover/reload'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CacheMemory, KeptAnswers } from '../cache/kept-answers.ts'
import { MemoryAnswers } from '../cache/memory-answers.ts'
import { cacheSpec } from '../cache/spec.ts'
import type {
  CompiledContext,
  CompiledIdentity,
  CompiledRoute,
  CompiledTarget,
} from '../contract/compiled.ts'
import type { CompiledGuards } from '../contract/guards.ts'
import type { Upstream } from '../contract/upstream.ts'
import { embedText } from '../pipeline/embed-text.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

let provider: FakeProvider
let upstream: Upstream
let gateway: TestGateway
let memory: CacheMemory

beforeEach(async () => {
  provider = await startFakeProvider()
  upstream = openUpstream(provider.origin)
  memory = new CacheMemory('main', new MemoryAnswers())
  gateway = await TestGateway.start({ routes: [route()] })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

function cacheOf(settings: object = {}, target: CompiledTarget | null = null): KeptAnswers {
  const spec = cacheSpec.parse(settings)
  const embed = target === null ? null : embedText({ target, timeoutMs: 5000, clock: systemClock })
  return new KeptAnswers({ memory, spec, embed, clock: systemClock })
}

function route(more: Partial<CompiledRoute> = {}, settings: object = {}): CompiledRoute {
  const target = testTarget('small', { upstream })
  return testRoute('chat', [target], { cache: cacheOf(settings), attempts: 1, ...more })
}

interface Asked {
  readonly content?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly body?: object
}

function ask({ content = 'hi', headers = {}, signal, body = {} }: Asked = {}): Promise<Response> {
  const messages = [{ role: 'user', content }]
  return fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'chat', messages, ...body }),
    ...(signal === undefined ? {} : { signal }),
  })
}

const sorted = (all: readonly (number | string | null)[]) =>
  [...all].sort((a, b) => (String(a) < String(b) ? -1 : 1))
const told = (it: Response) => it.headers.get('x-changeover-cache')
/** Of a machine that does other things too. */
const soon = <T>(check: () => T | Promise<T>) => vi.waitFor(check, { timeout: 20_000 })
const records = async (count: number) => {
  await soon(() => expect(gateway.records).toHaveLength(count))
  return gateway.records
}

describe('a route with a cache', () => {
  it('answers the second time with what it kept, byte by byte, and asks nobody', async () => {
    const first = await ask()
    const bytes = Buffer.from(await first.arrayBuffer())
    const second = await ask({ body: { user: 'somebody else' } })
    expect(Buffer.from(await second.arrayBuffer()).equals(bytes)).toBe(true)
    expect([told(first), told(second)]).toEqual(['miss', 'hit'])
    expect(second.headers.get('age')).toMatch(/^\d+$/)
    expect(first.headers.get('age')).toBeNull()
    expect(second.headers.get('x-changeover-target')).toBe('fake/small')
    expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'))
    expect(provider.requests).toHaveLength(1)
    expect(await records(2)).toMatchObject([
      { cache: 'miss', attempts: [{ target: 'fake/small' }], target: 'fake/small' },
      { cache: 'exact', attempts: [], target: null, costMicroUsd: 0, status: 200, error: '' },
    ])
  })

  it('gives a stream again as the same bytes, to a caller of each format', async () => {
    const calls: readonly [path: string, body: object][] = [
      ['/v1/chat/completions', { messages: [{ role: 'user', content: 'hi' }] }],
      ['/v1/messages', { max_tokens: 99, messages: [{ role: 'user', content: 'hi' }] }],
      ['/v1/responses', { input: 'hi' }],
    ]
    for (const [path, body] of calls) {
      const stream = () =>
        fetch(`${gateway.origin}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'chat', stream: true, ...body }),
        })
      const [first, second] = [await stream(), await stream()]
      const [once, again] = [Buffer.from(await first.arrayBuffer()), Buffer.from(await second.arrayBuffer())]
      expect([told(first), told(second)], path).toEqual(['miss', 'hit'])
      expect(once.length).toBeGreaterThan(100)
      expect(again.equals(once), path).toBe(true)
      expect(second.headers.get('content-type')).toBe(first.headers.get('content-type'))
    }
    expect(provider.requests).toHaveLength(calls.length)
  })

  it('keeps streams and whole answers apart', async () => {
    await (await ask()).text()
    const streamed = await ask({ body: { stream: true } })
    expect(told(streamed)).toBe('miss')
    expect(await streamed.text()).toContain('data: [DONE]')
  })

  it.each([
    ['no-store', 'bypass', 'bypass'],
    ['no-cache', 'miss', 'miss'],
  ])('does as the caller says: %s', async (control, first, second) => {
    const headers = { 'cache-control': control }
    const answers = [await ask({ headers }), await ask({ headers }), await ask()]
    await Promise.all(answers.map((it) => it.text()))
    expect(answers.map(told)).toEqual([first, second, control === 'no-store' ? 'miss' : 'hit'])
  })

  it('neither gives nor keeps what is marked as sensitive', async () => {
    await gateway.close()
    upstream = openUpstream(provider.origin)
    const target = testTarget('small', { upstream, more: { sensitive: true } })
    gateway = await TestGateway.start({ routes: [testRoute('chat', [target], { cache: cacheOf() })] })
    const headers = { 'x-changeover-sensitive': 'true' }
    const answers = [await ask({ headers }), await ask({ headers })]
    await Promise.all(answers.map((it) => it.text()))
    expect(answers.map(told)).toEqual(['bypass', 'bypass'])
    expect(memory.store.facts.entries).toBe(0)
  })

  it.each([
    ['an error', { kind: 'refuse', status: 400 }],
    ['an answer that was cut at a length', { kind: 'raw', chunks: [wholeAnswer('length')] }],
    ['an answer that the provider would not give', { kind: 'raw', chunks: [wholeAnswer('content_filter')] }],
  ] as const)('does not keep %s', async (_, step) => {
    provider.script(step)
    const answers = [await ask(), await ask()]
    await Promise.all(answers.map((it) => it.text()))
    expect(answers.map(told)).toEqual(['miss', 'miss'])
    expect(provider.requests).toHaveLength(2)
  })

  it.each([
    ['completed', 'hit'],
    ['incomplete', 'miss'],
    ['in_progress', 'miss'],
  ])('keeps a response that says it is %s, or not', async (status, second) => {
    const responses = () =>
      fetch(`${gateway.origin}/v1/responses`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'chat', input: 'hi' }),
      })
    const item = { type: 'message', status: 'completed', content: [{ type: 'output_text', text: 'a word' }] }
    provider.script({ kind: 'raw', chunks: [JSON.stringify({ id: 'r', status, output: [item] })] })
    await (await responses()).text()
    expect(told(await responses())).toBe(second)
  })

  it('does not keep a stream that broke off', async () => {
    provider.script({ kind: 'reply', cutAfter: 3 })
    await (await ask({ body: { stream: true } })).text().catch(() => '')
    const again = await ask({ body: { stream: true } })
    expect(told(again)).toBe('miss')
    expect(await again.text()).toContain('[DONE]')
  })

  it('gives nothing from another version of its context, its guardrails or its models, nor to another tenant', async () => {
    const context = (id: string, prompt: string): CompiledContext => ({
      id,
      parameters: null,
      fill: () => ({ ok: true, prompt }),
    })
    const unread = { body: null, findings: [], masked: null, later: null }
    const guards = (id: string): CompiledGuards => ({ id, input: null, unread, output: null })
    const other = testTarget('other', { upstream })
    const versions: readonly (Partial<CompiledRoute> & { readonly guards?: CompiledGuards })[] = [
      {},
      { context: context('support@1.0.0', 'be kind') },
      { context: context('support@1.1.0', 'be kind') },
      { context: context('support@1.1.0', 'be short') },
      { guards: guards('g1') },
      { guards: guards('g2') },
      { targets: [{ target: other, until: 1 }] },
      { fallback: [other] },
    ]
    const tenants = ['', 'acme', 'globex']
    const seen: (string | null)[] = []
    for (const round of [1, 2]) {
      for (const [at, { guards: looking, ...version }] of versions.entries()) {
        for (const tenant of tenants) {
          gateway.swap(`${round}.${at}`, {
            routes: [route(version)],
            ...(looking === undefined ? {} : { guards: { of: () => looking } }),
            ...(tenant === '' ? {} : { identity: knows(tenant) }),
          })
          const answer = await ask({ headers: { authorization: `Bearer ${tenant}` } })
          await answer.text()
          seen.push(told(answer))
        }
      }
    }
    const each = versions.length * tenants.length
    expect(seen).toEqual([...Array<string>(each).fill('miss'), ...Array<string>(each).fill('hit')])
    expect(provider.requests).toHaveLength(each)
  })

  it('gives what it kept when only the shares of its targets change, or its time to live', async () => {
    await (await ask()).text()
    const { targets } = route()
    gateway.swap('1.2', { routes: [route({ targets, totalWeight: 7, rule: 'other' }, { ttlMs: 3_600_000 })] })
    expect(told(await ask())).toBe('hit')
    gateway.swap('1.3', { routes: [route({}, { ttlMs: 1 })] })
    await soon(async () => expect(told(await ask())).toBe('miss'))
  })
})

describe('callers who ask the same at once', () => {
  let held: HeldProvider

  beforeEach(async () => {
    held = await HeldProvider.start()
    gateway.swap('1.2', {
      routes: [route({ targets: [{ target: testTarget('small', { upstream: held.upstream }), until: 1 }] })],
    })
  })
  afterEach(() => held.close())

  const waiting = (count: number) => soon(() => expect(memory.flights.waiting).toBe(count))

  it('are one call upstream: 500 of them', async () => {
    const asked = Array.from({ length: 500 }, () => ask())
    await waiting(499)
    held.answer(wholeAnswer('stop'))
    const answers = await Promise.all(asked)
    const texts = new Set(await Promise.all(answers.map((it) => it.text())))
    expect(held.asked).toBe(1)
    expect([...texts]).toEqual([wholeAnswer('stop')])
    expect(memory.counts.outcomes).toMatchObject({ miss: 1, joined: 499, exact: 0 })
    await records(500)
    expect(gateway.records.filter((it) => it.attempts.length > 0)).toHaveLength(1)
    expect(memory.flights.size).toBe(0)
  })

  it('are one call upstream when they stream, and have the same bytes', async () => {
    const asked = Array.from({ length: 50 }, () => ask({ body: { stream: true } }))
    await waiting(49)
    const stream = [
      chunkOf({ content: 'one' }),
      chunkOf({ content: 'two' }),
      chunkOf({}, 'stop'),
      'data: [DONE]\n\n',
    ]
    held.answer(stream.join(''), 'text/event-stream')
    const answers = await Promise.all(asked)
    expect(new Set(await Promise.all(answers.map((it) => it.text())))).toEqual(new Set([stream.join('')]))
    expect([held.asked, answers.filter((it) => told(it) === 'joined').length]).toEqual([1, 49])
  })

  it('go on when the first leaves: the next one asks', async () => {
    const leaving = new AbortController()
    const first = ask({ signal: leaving.signal }).catch(() => null)
    await soon(() => expect(held.asked).toBe(1))
    const others = [ask(), ask()]
    await waiting(2)
    leaving.abort()
    await first
    await soon(() => expect(held.asked).toBe(2))
    held.answer(wholeAnswer('stop'))
    const answers = await Promise.all(others)
    expect(answers.map((it) => it.status)).toEqual([200, 200])
    expect(sorted(answers.map(told))).toEqual(['joined', 'miss'])
    expect(held.asked).toBe(2)
  })

  it('go on when the first fails: the next one asks', async () => {
    const asked = [ask(), ask(), ask()]
    await waiting(2)
    held.answer('{"error":{"message":"no"}}', 'application/json', 400)
    await soon(() => expect(held.asked).toBe(2))
    held.answer(wholeAnswer('stop'))
    const answers = await Promise.all(asked)
    expect(sorted(answers.map((it) => it.status))).toEqual([200, 200, 400])
    expect(sorted(answers.map(told))).toEqual(['joined', 'miss', 'miss'])
  })

  it('lose nothing when one that waits leaves', async () => {
    const first = ask()
    await soon(() => expect(held.asked).toBe(1))
    const leaving = new AbortController()
    const second = ask({ signal: leaving.signal }).catch(() => null)
    await waiting(1)
    leaving.abort()
    await second
    await waiting(0)
    held.answer(wholeAnswer('stop'))
    expect((await first).status).toBe(200)
    expect(told(await ask())).toBe('hit')
    expect(held.asked).toBe(1)
  })

  it('have an answer that is not to be kept all the same', async () => {
    const asked = [ask(), ask(), ask()]
    await waiting(2)
    held.answer(wholeAnswer('length'))
    const answers = await Promise.all(asked)
    expect(sorted(answers.map(told))).toEqual(['joined', 'joined', 'miss'])
    expect(memory.store.facts.entries).toBe(0)
  })

  it('are told when the call is cut that they wait for, and one of them asks', async () => {
    const asked = [ask(), ask()]
    await waiting(1)
    const [first] = gateway.pins
    first?.onCut?.()
    await soon(() => expect(held.asked).toBe(2))
    held.answer(wholeAnswer('stop'))
    const answers = await Promise.all(asked)
    expect(sorted(answers.map((it) => it.status))).toEqual([200, 503])
  })
})

describe('a kept stream', () => {
  it('waits for a caller who does not read, and gives its call back when he leaves', async () => {
    const text = 'x'.repeat(200)
    const events = Array.from({ length: 30_000 }, () => chunkOf({ content: text }))
    const chunks = [...events, chunkOf({}, 'stop'), 'data: [DONE]\n\n']
    gateway.swap('1.2', {
      routes: [route({}, { maxEntryBytes: 32 * 1024 * 1024, maxBytes: 512 * 1024 * 1024 })],
    })
    provider.script({ kind: 'raw', headers: { 'content-type': 'text/event-stream' }, chunks })
    const whole = await (await ask({ body: { stream: true } })).text()
    await records(1)
    const slow = httpRequest(`${gateway.origin}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    })
    slow.on('error', () => undefined)
    slow.end(JSON.stringify({ model: 'chat', messages: [{ role: 'user', content: 'hi' }], stream: true }))
    await soon(() => expect(memory.counts.outcomes.exact).toBe(1))
    expect(gateway.pins.size).toBe(1)
    slow.destroy()
    await soon(() => expect(gateway.pins.size).toBe(0))
    expect((await records(2))[1]).toMatchObject({ error: 'call.cancelled', cache: 'exact' })
    const again = await ask({ body: { stream: true } })
    expect(told(again)).toBe('hit')
    expect(await again.text()).toBe(whole)
  })
})

describe('a semantic cache', () => {
  const vectors: Readonly<Record<string, readonly number[]>> = {
    'how are you': [1, 0, 0.1],
    'how do you do': [1, 0, 0.12],
    'where is it': [0, 1, 0],
  }
  const vectorFor = (text: string) =>
    ({
      kind: 'raw',
      chunks: [
        JSON.stringify({
          data: [{ embedding: vectors[text] }],
          usage: { prompt_tokens: 3, total_tokens: 3 },
        }),
      ],
    }) as const

  it('answers what is alike, tells what it asked for that, and never waits for a model that fails', async () => {
    const embedder = testTarget('vec', { upstream })
    const settings = { kind: 'semantic', semantic: { model: 'vec', threshold: 0.99 } }
    gateway.swap('1.2', { routes: [route({ cache: cacheOf(settings, embedder) })] })
    provider.script(vectorFor('how are you'), { kind: 'reply', text: 'fine' })
    const first = await ask({ content: 'how are you' })
    expect([told(first), first.status]).toEqual(['miss', 200])
    await first.text()
    provider.script(vectorFor('how do you do'))
    const alike = await ask({ content: 'how do you do' })
    expect([told(alike), (await alike.text()).includes('fine')]).toEqual(['semantic', true])
    provider.script(vectorFor('where is it'), { kind: 'reply', text: 'there' })
    expect(await (await ask({ content: 'where is it' })).text()).toContain('there')
    provider.script({ kind: 'refuse', status: 500 }, { kind: 'reply', text: 'all the same' })
    expect(await (await ask({ content: 'something else' })).text()).toContain('all the same')
    expect(provider.requests.map((it) => it.path.split('/').at(-1))).toEqual([
      'embeddings',
      'completions',
      'embeddings',
      'embeddings',
      'completions',
      'embeddings',
      'completions',
    ])
    const line = { target: 'fake/vec', kind: 'embedding', status: 200, error: '' }
    expect(await records(4)).toMatchObject([
      { cache: 'miss', attempts: [line, { target: 'fake/small' }] },
      { cache: 'semantic', attempts: [{ ...line, bill: { tokens: { inputTokens: 3 } } }], target: null },
      { cache: 'miss' },
      {
        cache: 'miss',
        attempts: [{ kind: 'embedding', status: 500, error: 'upstream.failed' }, { error: '' }],
      },
    ])
  })
})

/** A provider that answers when it is told to, and then all who wait. */
class HeldProvider {
  asked = 0
  readonly upstream: Upstream
  readonly #server: Server
  readonly #held = new Set<ServerResponse>()

  private constructor(server: Server) {
    this.#server = server
    this.upstream = openUpstream(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    server.on('request', (request, response) => {
      request.resume().on('end', () => {
        this.asked += 1
        this.#held.add(response)
        response.on('close', () => this.#held.delete(response))
      })
    })
  }

  static async start(): Promise<HeldProvider> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new HeldProvider(server)
  }

  answer(body: string, type = 'application/json', status = 200): void {
    for (const it of this.#held) it.writeHead(status, { 'content-type': type }).end(body)
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await this.upstream.close()
    this.#server.close()
  }
}

function knows(tenant: string): CompiledIdentity {
  return {
    open: false,
    find: () => ({ tenant, key: `${tenant}/main`, allow: null, allowance: null }),
  }
}

function wholeAnswer(reason: string): string {
  const message = { role: 'assistant', content: 'a word' }
  return JSON.stringify({ id: 'x', model: 'm', choices: [{ index: 0, message, finish_reason: reason }] })
}

function chunkOf(delta: object, reason: string | null = null): string {
  return `data: ${JSON.stringify({ id: 'x', model: 'm', choices: [{ index: 0, delta, finish_reason: reason }] })}\n\n`
}
