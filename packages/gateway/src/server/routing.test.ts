/** Routing as a caller and the record see it: real sockets, compiled by hand. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CallRecord } from '../contract/call.ts'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import { PLAIN_PLAN, type RoutePlan } from '../contract/routing.ts'
import { compileCondition } from '../routing/expressions/compile-condition.ts'
import { GateState, gateOf } from '../routing/gate.ts'
import { createHedgePlan, HedgeBudget } from '../routing/hedge-plan.ts'
import { createMirrorPlan, MirrorCount } from '../routing/mirror-plan.ts'
import { strategies } from '../routing/strategies/list.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

let first: FakeProvider
let second: FakeProvider
let gateway: TestGateway | null

beforeEach(async () => {
  first = await startFakeProvider()
  second = await startFakeProvider()
  gateway = null
})
afterEach(async () => {
  await gateway?.close()
  await first.close()
  await second.close()
})

interface Setup {
  readonly a: CompiledTarget
  readonly b: CompiledTarget
  /** First `a`, then `b`. */
  readonly ranked: Partial<RoutePlan>
}

async function start(
  make: (it: Setup) => readonly CompiledRoute[],
  more: Partial<CompiledTarget> = {},
): Promise<void> {
  const a = testTarget('a', { upstream: openUpstream(first.origin), more })
  const b = testTarget('b', { upstream: openUpstream(second.origin) })
  const members = [a, b].map((target, priority) => ({ target, weight: 1, priority }))
  const ranked = { chooses: true, strategy: strategies.priority(members, null as never) }
  gateway = await TestGateway.start({ routes: make({ a, b, ranked }) })
}

const plan = (more: Partial<RoutePlan>): Partial<CompiledRoute> => ({
  attempts: 3,
  plan: { ...PLAIN_PLAN, ...more },
})

async function chat(body: object = {}, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  const messages = [{ role: 'user', content: 'hi' }]
  return await fetch(`${gateway?.origin}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model: 'chat', messages, ...body }),
  })
}

async function record(): Promise<CallRecord> {
  await vi.waitFor(() => expect(gateway?.records).toHaveLength(1))
  const [it] = gateway?.records ?? []
  if (it === undefined) throw new Error('no record')
  return it
}

describe('a hedged call', () => {
  const hedge = () => createHedgePlan(new HedgeBudget(), { afterMs: 30, maxShare: 1 })

  it.each([false, true])(
    'is answered by the faster target, the record says by which (streamed: %s)',
    async (stream) => {
      await start(({ a, b, ranked }) => [testRoute('chat', [a, b], plan({ ...ranked, hedge: hedge() }))])
      first.script({ kind: 'hang' })
      const response = await chat({ stream })
      expect(await response.text()).toContain(stream ? 'friend' : 'Hello there, friend.')
      expect(response.headers.get('x-changeover-target')).toBe('fake/b')
      await vi.waitFor(() => expect(first.requests[0]?.left).toBe(true))
      expect(await record()).toMatchObject({
        target: 'fake/b',
        error: '',
        attempts: [
          { target: 'fake/a', status: null, error: 'upstream.outrun' },
          { target: 'fake/b', status: 200, error: '', kind: 'hedge' },
        ],
      })
    },
  )

  it('is answered by the first target when that is faster after all', async () => {
    await start(({ a, b, ranked }) => [testRoute('chat', [a, b], plan({ ...ranked, hedge: hedge() }))])
    first.script({ kind: 'reply', delayMs: 200 })
    second.script({ kind: 'hang' })
    expect((await chat()).headers.get('x-changeover-target')).toBe('fake/a')
    await vi.waitFor(() => expect(second.requests[0]?.left).toBe(true))
    expect((await record()).attempts).toMatchObject([
      { target: 'fake/b', error: 'upstream.outrun', kind: 'hedge' },
      { target: 'fake/a', status: 200, error: '' },
    ])
  })

  it('does not take a head and a role for an answer', async () => {
    await start(({ a, b, ranked }) => [testRoute('chat', [a, b], plan({ ...ranked, hedge: hedge() }))])
    const role = 'data: {"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
    const events = { 'content-type': 'text/event-stream' }
    first.script({ kind: 'raw', headers: events, chunks: [role, ''], chunkMs: 60_000 })
    const response = await chat({ stream: true })
    expect(response.headers.get('x-changeover-target')).toBe('fake/b')
    expect(await response.text()).toContain('friend')
  })

  it('has one span for each attempt, and all of them end', async () => {
    await start(({ a, b, ranked }) => [testRoute('chat', [a, b], plan({ ...ranked, hedge: hedge() }))])
    first.script({ kind: 'hang' })
    await (await chat()).text()
    await record()
    const spans = gateway?.telemetry.spans.filter(
      (it) => it.name.startsWith('chat ') && it.options.kind === 'client',
    )
    expect(spans?.map((it) => [it.name, it.failed, it.ends])).toEqual([
      ['chat a-upstream', 'upstream.outrun', 1],
      ['chat b-upstream', '', 1],
    ])
  })
})

describe('a mirrored call', () => {
  it('goes to both and is answered by one; the record has both', async () => {
    await start(({ a, b }) => {
      const mirror = createMirrorPlan(new MirrorCount(), { target: b, share: 1, maxPending: 4 })
      return [testRoute('chat', [a], plan({ mirror }))]
    })
    first.script({ kind: 'reply', delayMs: 100 })
    second.script({ kind: 'refuse', status: 500 })
    const response = await chat({ seed: 7 })
    expect([response.status, response.headers.get('x-changeover-target')]).toEqual([200, 'fake/a'])
    const sent = JSON.parse(second.requests[0]?.body.toString() ?? '{}') as object
    expect(sent).toMatchObject({ model: 'b-upstream', seed: 7 })
    expect((await record()).attempts).toMatchObject([
      { target: 'fake/b', status: 500, error: 'upstream.failed', kind: 'mirror' },
      { target: 'fake/a', status: 200, error: '' },
    ])
  })

  it('does not wait for its copy, and the record says that it was sent', async () => {
    await start(({ a, b }) => {
      const mirror = createMirrorPlan(new MirrorCount(), { target: b, share: 1, maxPending: 4 })
      return [testRoute('chat', [a], plan({ mirror }))]
    })
    second.script({ kind: 'hang' })
    expect((await chat()).status).toBe(200)
    expect((await record()).attempts[0]).toEqual({
      target: 'fake/b',
      status: null,
      error: '',
      durationMs: 0,
      kind: 'mirror',
    })
    await vi.waitFor(() => expect(second.requests).toHaveLength(1))
  })
})

describe('rules', () => {
  it('look at the request before anything is sent, and the route they choose is the one in the record', async () => {
    await start(({ a, b }) => {
      const careful = testRoute('careful', [b])
      const rules = [
        {
          name: '/routes/chat/rules/0',
          holds: compileCondition('metadata.team == "legal" && headers["x-tier"] == "gold"'),
          route: careful,
        },
      ]
      return [testRoute('chat', [a], plan({ rules }))]
    })
    const body = { metadata: { team: 'legal' } }
    expect((await chat(body)).headers.get('x-changeover-target')).toBe('fake/a')
    expect((await chat(body, { 'x-tier': 'gold' })).headers.get('x-changeover-target')).toBe('fake/b')
    await vi.waitFor(() => expect(gateway?.records).toHaveLength(2))
    expect(gateway?.records.map((it) => it.route)).toEqual(['chat', 'careful'])
    expect(gateway?.records.map((it) => it.rule)).toEqual([null, '/routes/chat/rules/0'])
    expect(gateway?.records.map((it) => it.choice)).toEqual(['a', 'b'])
  })
})

describe('what a record says of the choice', () => {
  it('is nothing for a call that was answered by the first it was sent to', async () => {
    await start(({ a, b }) => [testRoute('chat', [a, b], plan({}))])
    await (await chat()).text()
    const { attempts, skipped, rule } = await record()
    expect([attempts.map((it) => it.by), skipped, rule]).toEqual([[undefined], undefined, null])
  })

  it('is why each further attempt was made', async () => {
    await start(({ a, b }) => [{ ...testRoute('chat', [a], plan({})), fallback: [b] }])
    first.script({ kind: 'refuse', status: 500 }, { kind: 'refuse', status: 500 })
    await (await chat()).text()
    const { attempts } = await record()
    expect(attempts.map((it) => [it.target, it.by])).toEqual([
      ['fake/a', undefined],
      ['fake/a', 'retry'],
      ['fake/b', 'fallback'],
    ])
  })

  it('is the kind of failure that a list of fallbacks was asked for', async () => {
    await start(({ a, b }) => {
      const fallbackFor = new Map([['rate_limited' as const, [b]]])
      return [testRoute('chat', [a], plan({ fallbackFor }))]
    })
    first.script({ kind: 'refuse', status: 429 })
    await (await chat()).text()
    expect((await record()).attempts.map((it) => it.by)).toEqual([undefined, 'fallback:rate_limited'])
  })

  it('is which targets were passed by, and why', async () => {
    await start(({ a, b }) => {
      for (let i = 0; i < 16; i += 1) a.breaker.failed(performance.now())
      return [{ ...testRoute('chat', [a], plan({})), fallback: [b] }]
    })
    await (await chat()).text()
    const { attempts, skipped } = await record()
    expect(skipped).toEqual([{ target: 'fake/a', reason: 'breaker' }])
    expect(attempts.map((it) => [it.target, it.by])).toEqual([['fake/b', 'fallback']])
  })

  it('is which targets may not have what is sensitive', async () => {
    await start(({ a, b }) => [testRoute('chat', [{ ...a, sensitive: true }, b], plan({}))])
    await (await chat({}, { 'x-changeover-sensitive': 'true' })).text()
    expect((await record()).skipped).toEqual([{ target: 'fake/b', reason: 'sensitive' }])
  })
})

describe('what a caller asks for in headers', () => {
  it('is kept to: what is sensitive goes nowhere else, and nothing is sent where there is nowhere', async () => {
    await start(({ a }) => [testRoute('chat', [a], plan({}))])
    const response = await chat({}, { 'x-changeover-sensitive': 'true' })
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ error: { code: 'routing.none_allowed' } })
    expect(first.requests).toHaveLength(0)
    expect(await record()).toMatchObject({ error: 'routing.none_allowed', attempts: [] })
  })

  it('is passed on: what is left of his time', async () => {
    await start(({ a }) => [testRoute('chat', [a], plan({}))])
    await (await chat({}, { 'x-request-timeout-ms': '5000' })).text()
    const left = Number(first.requests[0]?.headers['x-request-timeout-ms'])
    expect(left).toBeGreaterThan(0)
    expect(left).toBeLessThanOrEqual(5000)
    await (await chat()).text()
    expect(first.requests[1]?.headers['x-request-timeout-ms']).toBeUndefined()
  })

  it('ends his call when his time is over', async () => {
    await start(({ a }) => [testRoute('chat', [a], plan({}))])
    first.script({ kind: 'hang' })
    const response = await chat({}, { 'x-request-timeout-ms': '80' })
    const said = [response.status, await response.text()]
    expect(said).toEqual([504, expect.stringContaining('within the 80 ms that the caller gave')])
    expect(await record()).toMatchObject({
      error: 'call.out_of_time',
      attempts: [{ error: 'upstream.timeout' }],
    })
  })
})

describe('a full route', () => {
  it('tells callers when to come back', async () => {
    await start(({ a }) => {
      const gate = gateOf(new GateState(), { max: 1, queue: { max: 0, waitMs: 100 } })
      return [testRoute('chat', [a], plan({ gate }))]
    })
    first.script({ kind: 'reply', delayMs: 200 })
    const running = chat()
    await vi.waitFor(() => expect(first.requests).toHaveLength(1))
    const refused = await chat()
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
    expect(await refused.json()).toMatchObject({ error: { code: 'routing.queue_full' } })
    expect((await running).status).toBe(200)
    expect((await chat()).status).toBe(200)
  })
})
