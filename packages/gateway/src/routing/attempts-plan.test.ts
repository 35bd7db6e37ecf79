/** What attempts do beyond trying again: queues, hedges, mirrors, keys, kinds of failure, and the time of callers. */
import { ManualClock } from '@changeover/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import { PLAIN_PLAN, type RoutePlan } from '../contract/routing.ts'
import type { Upstream, UpstreamExchange, UpstreamHandler } from '../contract/upstream.ts'
import { testRoute, testTarget } from '../server/test-gateway.ts'
import type { Aside, AttemptFailure, AttemptHost, ProbeTold } from './attempt-host.ts'
import { Attempts } from './attempts.ts'
import { type CallerWishes, NO_WISHES } from './caller-wishes.ts'
import { createCredentialRests, createCredentialRing } from './credential-ring.ts'
import { Deadlines } from './deadlines.ts'
import { createEjector, createStandings } from './ejector.ts'
import { GateState, gateOf } from './gate.ts'
import { createHedgePlan, HedgeBudget } from './hedge-plan.ts'
import { createMirrorPlan, MirrorCount } from './mirror-plan.ts'
import { strategies } from './strategies/list.ts'
import { testAsk } from './test-ask.ts'

/** Answers when the test says so. */
class HeldUpstream implements Upstream {
  readonly origin = 'http://held.invalid'
  readonly pending = 0
  readonly handlers: UpstreamHandler[] = []
  aborted = 0
  send(_: unknown, handler: UpstreamHandler): UpstreamExchange {
    this.handlers.push(handler)
    handler.onSent()
    return {
      pause: () => {},
      resume: () => {},
      abort: () => {
        this.aborted += 1
        handler.onError({ code: 'upstream.aborted', cause: undefined })
      },
    }
  }
  close(): Promise<void> {
    return Promise.resolve()
  }
  get last(): UpstreamHandler {
    const handler = this.handlers.at(-1)
    if (handler === undefined) throw new Error('nothing was sent')
    return handler
  }
  say(text: string): void {
    this.last.onHead(200, { find: () => undefined })
    this.last.onData(Buffer.from(text))
  }
  answer(text: string): void {
    this.say(text)
    this.last.onEnd()
  }
  refuse(status: number, body = '{}', headers: Record<string, string> = {}): void {
    const { last } = this
    last.onHead(status, { find: (name) => headers[name] })
    last.onData(Buffer.from(body))
    last.onEnd()
  }
}

let clock: ManualClock
let deadlines: Deadlines

beforeEach(() => {
  clock = new ManualClock()
  deadlines = new Deadlines(clock)
})

interface Held {
  readonly upstream: HeldUpstream
  readonly target: CompiledTarget
}

function held(model: string, more: Partial<CompiledTarget> = {}): Held {
  const upstream = new HeldUpstream()
  return { upstream, target: testTarget(model, { upstream, more }) }
}

function routeOf(
  its: readonly Held[],
  plan: Partial<RoutePlan>,
  more: Partial<CompiledRoute> = {},
): CompiledRoute {
  const whole = { attempts: 3, retryBaseMs: 100, retryMaxMs: 1000, ...more }
  const targets = its.map((it) => it.target)
  return testRoute('r', targets, { plan: { ...PLAIN_PLAN, chooses: true, ...plan }, ...whole })
}

/** A call that says what happened to it. A chunk that begins with "." is no content yet. */
class TestCall implements AttemptHost {
  readonly tried: string[] = []
  readonly over: string[] = []
  readonly beside: string[] = []
  text = ''
  ended = false
  failure: AttemptFailure | null = null
  readonly attempts: Attempts

  constructor(route: CompiledRoute, wishes: Partial<CallerWishes> = {}, stream = true) {
    const rules = {
      route,
      stream,
      stallMs: 1000,
      startedAt: clock.monotonic(),
      wishes: { ...NO_WISHES, ...wishes },
    }
    this.attempts = new Attempts(this, rules, { clock, deadlines, random: () => 0.5 })
    this.attempts.start()
  }
  routeAsk() {
    return testAsk({ stream: true })
  }
  onAttempt(target: CompiledTarget) {
    this.tried.push(target.model)
    this.text = ''
    return { method: 'POST', path: '/', headers: [], body: null } as const
  }
  onHead(): void {}
  onData(chunk: Buffer): void {
    const text = chunk.toString()
    if (!text.startsWith('.')) this.attempts.commit()
    this.text += text
  }
  onEnd(): void {
    this.ended = true
    this.attempts.commit()
    this.attempts.finish('')
  }
  onAttemptOver(target: CompiledTarget, status: number | null, code: string): void {
    this.over.push(`${target.model} ${status} ${code}`.trim())
  }
  onFailure(failure: AttemptFailure): void {
    this.failure = failure
  }
  onStalled(): void {}
  openAside(target: CompiledTarget, kind: 'hedge' | 'mirror'): Aside {
    return {
      target,
      request: { method: 'POST', path: '/', headers: [], body: null },
      openProbe: (_status, _headers, told: ProbeTold) => ({
        onData: (chunk) => {
          if (!chunk.toString().startsWith('.')) told.onContent()
        },
        onEnd: () => told.onContent(),
      }),
      onSent: () => undefined,
      over: (status, code) => void this.beside.push(`${kind} ${target.model} ${status} ${code}`.trim()),
    }
  }
  adopt(aside: Aside): void {
    this.tried.push(`+${aside.target.model}`)
    this.text = ''
  }
}

/** For calls of which only the beginning matters. */
const begin = (...its: ConstructorParameters<typeof TestCall>): TestCall => new TestCall(...its)

const bound = (max: number, queue = 10, waitMs = 1000) => ({ max, queue: { max: queue, waitMs } })

describe('a bound on a route', () => {
  it('lets calls wait and lets them in one by one, the urgent first', () => {
    const a = held('a')
    const route = routeOf([a], { gate: gateOf(new GateState(), bound(1)) })
    const [first, low, high] = [
      new TestCall(route),
      new TestCall(route, { priority: 1 }),
      new TestCall(route),
    ]
    expect([first.tried, low.tried, high.tried]).toEqual([['a'], [], []])
    a.upstream.answer('one')
    expect([low.tried, high.tried]).toEqual([[], ['a']])
    a.upstream.answer('two')
    expect(low.tried).toEqual(['a'])
  })

  it('refuses at once whom the queue has no place for, with a time to come back', () => {
    const route = routeOf([held('a')], { gate: gateOf(new GateState(), bound(1, 1)) })
    const calls = [new TestCall(route), new TestCall(route), new TestCall(route)]
    expect(calls[2]?.failure).toMatchObject({ code: 'routing.queue_full', retryAfterMs: 1000, target: null })
    expect(calls[1]?.failure).toBeNull()
  })

  it('lets nobody wait longer than the queue or his own time allows, and forgets him', async () => {
    const a = held('a')
    const route = routeOf([a], { gate: gateOf(new GateState(), bound(1, 10, 500)) })
    const first = new TestCall(route)
    const [patient, hasty] = [new TestCall(route), new TestCall(route, { totalMs: 200 })]
    await clock.advance(240)
    expect([hasty.failure, patient.failure]).toMatchObject([{ code: 'call.out_of_time', limitMs: 200 }, null])
    await clock.advance(300)
    expect(patient.failure?.code).toBe('routing.queue_timeout')
    first.attempts.cancel('call.cancelled')
    expect(new TestCall(route).tried).toEqual(['a'])
  })

  it('gives the place of a caller who leaves to the next, and takes none for one who left the queue', () => {
    const a = held('a')
    const route = routeOf([a], { gate: gateOf(new GateState(), bound(1)) })
    const calls = [new TestCall(route), new TestCall(route), new TestCall(route)]
    calls[1]?.attempts.cancel('call.cancelled')
    calls[0]?.attempts.cancel('call.cancelled')
    expect(calls.map((it) => it.tried)).toEqual([['a'], [], ['a']])
    expect(calls.map((it) => it.over)).toEqual([['a null call.cancelled'], [], []])
  })
})

describe('a bound on a target', () => {
  it('sends calls elsewhere while it is full, and lets them wait only when all are', () => {
    const gate = () => gateOf(new GateState(), bound(1))
    const [a, b] = [held('a', { gate: gate() }), held('b', { gate: gate() })]
    const route = routeOf([a, b], {
      strategy: strategies.priority(
        [
          { target: a.target, weight: 1, priority: 0 },
          { target: b.target, weight: 1, priority: 1 },
        ],
        null as never,
      ),
    })
    const calls = [new TestCall(route), new TestCall(route), new TestCall(route)]
    expect(calls.map((it) => it.tried)).toEqual([['a'], ['b'], []])
    a.upstream.answer('x')
    expect(calls[2]?.tried).toEqual(['a'])
  })

  it('is given back once for each attempt, however it ends', async () => {
    const state = new GateState()
    const a = held('a', { gate: gateOf(state, bound(5)) })
    const route = routeOf([a], {}, { firstTokenMs: 100 })
    const call = new TestCall(route)
    a.upstream.refuse(500)
    expect([state.running, a.target.live.pending]).toEqual([0, 0])
    await clock.advance(50)
    expect([state.running, a.target.live.pending]).toEqual([1, 1])
    await clock.advance(1000)
    expect(call.over).toHaveLength(3)
    expect([state.running, a.target.live.pending]).toEqual([0, 0])
  })

  it('is of no use to a fallback that waits behind a full queue: the next one goes', () => {
    const full = gateOf(new GateState(), bound(1, 0))
    full.enter()
    const [a, b, c] = [held('a'), held('b', { gate: full }), held('c')]
    const call = new TestCall(routeOf([a], {}, { fallback: [b.target, c.target], attempts: 3 }))
    a.upstream.refuse(401)
    expect(call.tried).toEqual(['a', 'c'])
  })
})

describe('a hedge', () => {
  const hedged = (its: readonly Held[], more: Partial<CompiledRoute> = {}) =>
    routeOf(its, { hedge: createHedgePlan(new HedgeBudget(), { afterMs: 300, maxShare: 1 }) }, more)

  it('does not go out for a call that is answered in time', async () => {
    const [a, b] = [held('a'), held('b')]
    const call = new TestCall(hedged([a, b]))
    const [used, other] = call.tried[0] === 'a' ? [a, b] : [b, a]
    await clock.advance(200)
    used.upstream.answer('hi')
    await clock.advance(20)
    expect(clock.pending).toBe(0)
    await clock.advance(1000)
    expect(other.upstream.handlers).toHaveLength(0)
  })

  it('answers when it is faster: the first attempt is broken off, and nothing of it is seen', async () => {
    const [a, b] = [held('a'), held('b')]
    const call = new TestCall(hedged([a, b]))
    const [slow, fast] = call.tried[0] === 'a' ? [a, b] : [b, a]
    slow.upstream.last.onHead(200, { find: () => undefined })
    slow.upstream.last.onData(Buffer.from('.role'))
    await clock.advance(300)
    fast.upstream.say('.role')
    expect(slow.upstream.aborted).toBe(0)
    fast.upstream.last.onData(Buffer.from('word'))
    expect(slow.upstream.aborted).toBe(1)
    expect(call.text).toBe('.roleword')
    fast.upstream.last.onData(Buffer.from(' more'))
    fast.upstream.last.onEnd()
    expect([call.text, call.ended]).toEqual(['.roleword more', true])
    expect(call.over).toEqual([`${slow.target.model} 200 upstream.outrun`, `${fast.target.model} 200`])
    expect([slow.target.live.pending, fast.target.live.pending]).toEqual([0, 0])
    expect(slow.target.breaker.state).toBe('closed')
  })

  it('is cancelled when the first attempt is faster after all', async () => {
    const [a, b] = [held('a'), held('b')]
    const call = new TestCall(hedged([a, b]))
    const [first, second] = call.tried[0] === 'a' ? [a, b] : [b, a]
    await clock.advance(300)
    expect(second.upstream.handlers).toHaveLength(1)
    first.upstream.answer('hi')
    expect(second.upstream.aborted).toBe(1)
    expect(call.beside).toEqual([`hedge ${second.target.model} null upstream.outrun`])
    expect(second.target.live.pending).toBe(0)
    expect(call.text).toBe('hi')
  })

  it('takes over when the first attempt fails, and is not made again', async () => {
    const [a, b] = [held('a'), held('b')]
    const call = new TestCall(hedged([a, b]))
    const [first, second] = call.tried[0] === 'a' ? [a, b] : [b, a]
    await clock.advance(300)
    second.upstream.last.onHead(200, { find: () => undefined })
    first.upstream.refuse(500)
    expect(call.tried).toEqual([first.target.model, `+${second.target.model}`])
    second.upstream.last.onData(Buffer.from('rescued'))
    second.upstream.last.onEnd()
    expect([call.text, call.ended, call.failure]).toEqual(['rescued', true, null])
  })

  it('that fails changes nothing for the first attempt', async () => {
    const [a, b] = [held('a'), held('b')]
    const call = new TestCall(hedged([a, b]))
    const [first, second] = call.tried[0] === 'a' ? [a, b] : [b, a]
    await clock.advance(300)
    second.upstream.last.onHead(500, { find: () => undefined })
    expect(call.beside).toEqual([`hedge ${second.target.model} 500 upstream.failed`])
    first.upstream.answer('fine')
    expect([call.text, call.failure]).toEqual(['fine', null])
    expect([first.target.live.pending, second.target.live.pending]).toEqual([0, 0])
  })

  it('ends with a call whose caller leaves, both of them', async () => {
    const [a, b] = [held('a'), held('b')]
    const call = new TestCall(hedged([a, b]))
    await clock.advance(300)
    call.attempts.cancel('call.cancelled')
    expect([a.upstream.aborted, b.upstream.aborted]).toEqual([1, 1])
    expect([call.over.length, call.beside.length]).toEqual([1, 1])
    await clock.advance(100)
    expect(clock.pending).toBe(0)
  })

  it('of a whole answer has won when it is whole', async () => {
    const [a, b] = [held('a'), held('b')]
    const route = hedged([a, b])
    const call = new TestCall(route, {}, false)
    const other = call.tried[0] === 'a' ? b : a
    await clock.advance(300)
    other.upstream.say('.half')
    expect(call.tried).toHaveLength(1)
    other.upstream.last.onEnd()
    expect([call.text, call.ended]).toEqual(['.half', true])
  })

  it('gives back the place that it held, whether it wins or loses, and goes nowhere without a place', async () => {
    const [first, second] = [new GateState(), new GateState()]
    const a = held('a', { gate: gateOf(first, bound(1)) })
    const b = held('b', { gate: gateOf(second, bound(1)) })
    const members = [a, b].map((it, i) => ({ target: it.target, weight: 1, priority: i }))
    const strategy = strategies.priority(members, null as never)
    const hedge = createHedgePlan(new HedgeBudget(), { afterMs: 300, maxShare: 1 })
    const route = routeOf([a, b], { hedge, strategy })
    for (const winner of [a, b]) {
      begin(route)
      await clock.advance(300)
      expect([first.running, second.running]).toEqual([1, 1])
      winner.upstream.answer('hi')
      expect([first.running, second.running]).toEqual([0, 0])
    }
    gateOf(second, bound(1)).enter()
    begin(route)
    await clock.advance(300)
    expect(b.upstream.handlers).toHaveLength(2)
  })

  it('counts among the attempts of the route', async () => {
    const [a, b] = [held('a'), held('b')]
    const call = new TestCall(hedged([a, b], { attempts: 2 }))
    await clock.advance(300)
    for (const it of [a, b]) it.upstream.refuse(500)
    expect(call.failure).toMatchObject({ code: 'upstream.failed', status: 500 })
    expect(a.upstream.handlers.length + b.upstream.handlers.length).toBe(2)
  })
})

describe('a mirror', () => {
  it('gets a copy, and neither its answer nor its failure reaches the call', () => {
    const [a, m] = [held('a'), held('m')]
    const count = new MirrorCount()
    const mirror = createMirrorPlan(count, { target: m.target, share: 1, maxPending: 1 })
    const route = routeOf([a], { mirror, chooses: false })
    const [call, second] = [new TestCall(route), new TestCall(route)]
    expect(m.upstream.handlers).toHaveLength(1)
    a.upstream.answer('mine')
    m.upstream.refuse(500)
    expect([second.text, second.failure, count.running]).toEqual(['mine', null, 0])
    expect(call.beside).toEqual(['mirror m 500 upstream.failed'])
    expect(m.target.live.pending).toBe(0)
  })

  it('is broken off when it takes longer than a call may, and goes on when the call is over', async () => {
    const [a, m] = [held('a'), held('m')]
    const mirror = createMirrorPlan(new MirrorCount(), { target: m.target, share: 1, maxPending: 1 })
    const call = new TestCall(routeOf([a], { mirror }, { totalMs: 1000 }))
    a.upstream.answer('mine')
    await clock.advance(900)
    expect(m.upstream.aborted).toBe(0)
    await clock.advance(200)
    expect(call.beside).toEqual(['mirror m null upstream.timeout'])
  })

  it('gets only its share, and nothing that may not be sent to it', () => {
    const [a, m] = [held('a', { sensitive: true }), held('m')]
    const plan = (share: number) =>
      createMirrorPlan(new MirrorCount(), { target: m.target, share, maxPending: 9 })
    begin(routeOf([a], { mirror: plan(0.5) }))
    expect(m.upstream.handlers).toHaveLength(0)
    begin(routeOf([a], { mirror: plan(1), needs: { sensitive: true, regions: null } }))
    begin(routeOf([a], { mirror: plan(1) }), { sensitive: true })
    expect(m.upstream.handlers).toHaveLength(0)
  })
})

describe('several keys', () => {
  const withKeys = (count: number) => {
    const ring = createCredentialRing(
      createCredentialRests(),
      Array.from({ length: count }, (_, i) => `k${i}`),
    )
    return { ring, it: held('a', { credentials: ring }) }
  }

  it.each([401, 403, 429])('are tried one after another when the provider answers %i', (status) => {
    const { ring, it } = withKeys(3)
    const call = new TestCall(routeOf([it], {}, { attempts: 1 }))
    it.upstream.refuse(status)
    expect(ring.current(clock.monotonic())).toBe(1)
    it.upstream.refuse(status)
    it.upstream.answer('third')
    expect([call.text, call.tried.length]).toEqual(['third', 3])
  })

  it('are each tried once by a call, and the last refusal is told', () => {
    const { it } = withKeys(2)
    const call = new TestCall(routeOf([it], {}, { attempts: 1 }))
    it.upstream.refuse(401)
    it.upstream.refuse(401)
    expect(call.failure).toMatchObject({ code: 'upstream.failed', status: 401 })
    expect(it.target.breaker.state).toBe('closed')
  })

  it('rest as long as the provider says', async () => {
    const { ring, it } = withKeys(2)
    begin(routeOf([it], {}))
    it.upstream.refuse(429, '{}', { 'retry-after': '2' })
    expect(ring.current(clock.monotonic())).toBe(1)
    await clock.advance(2001)
    expect(ring.current(clock.monotonic())).toBe(0)
  })

  it('cost no attempt: after the next key there are as many as before', async () => {
    const { it } = withKeys(2)
    const call = new TestCall(routeOf([it], {}, { attempts: 2 }))
    it.upstream.refuse(401)
    it.upstream.refuse(500)
    await clock.advance(1000)
    expect(call.tried).toHaveLength(3)
  })

  it('are not gone round and round, however short their rest', () => {
    const { it } = withKeys(2)
    const call = new TestCall(routeOf([it], {}, { attempts: 1 }))
    it.upstream.refuse(429, '{}', { 'retry-after-ms': '0' })
    it.upstream.refuse(429, '{}', { 'retry-after-ms': '0' })
    expect([call.tried.length, call.failure?.status]).toEqual([2, 429])
  })

  it('are of no use against what is not about them', () => {
    const { ring, it } = withKeys(2)
    begin(routeOf([it], {}))
    it.upstream.refuse(500)
    expect(ring.current(clock.monotonic())).toBe(0)
  })
})

describe('fallbacks by kind of failure', () => {
  const setUp = () => {
    const its = { a: held('a'), big: held('big'), other: held('other'), usual: held('usual') }
    const fallbackFor = new Map([
      ['context_too_long' as const, [its.big.target]],
      ['rate_limited' as const, [its.other.target]],
    ])
    const call = new TestCall(routeOf([its.a], { fallbackFor }, { fallback: [its.usual.target] }))
    return { ...its, call }
  }

  it('go to the list for that kind at once, for a refusal too that nobody else would take', () => {
    const { a, call } = setUp()
    a.upstream.refuse(400, '{"error":{"code":"context_length_exceeded"}}')
    expect(call.tried).toEqual(['a', 'big'])
  })

  it('go to the list in place of waiting for the same target', () => {
    const { a, other, call } = setUp()
    a.upstream.refuse(429, '{}', { 'retry-after': '1' })
    expect(call.tried).toEqual(['a', 'other'])
    other.upstream.answer('fine')
    expect(call.text).toBe('fine')
  })

  it('leave other failures to the usual fallbacks', async () => {
    const { a, call } = setUp()
    a.upstream.refuse(500)
    await clock.advance(100)
    a.upstream.refuse(500)
    expect(call.tried).toEqual(['a', 'a', 'usual'])
  })

  it('leave a plain mistake of the caller to the caller', () => {
    const { a, call } = setUp()
    a.upstream.refuse(400, '{"error":"what?"}')
    expect(call.failure).toMatchObject({ status: 400 })
  })
})

describe('a route that chooses', () => {
  it('tries another of its targets at once before it waits for the same', async () => {
    const [a, b] = [held('a'), held('b')]
    const members = [a, b].map((it, i) => ({ target: it.target, weight: 1, priority: i }))
    const call = new TestCall(routeOf([a, b], { strategy: strategies.priority(members, null as never) }))
    a.upstream.refuse(503)
    b.upstream.refuse(503)
    expect(call.tried).toEqual(['a', 'b'])
    await clock.advance(500)
    expect(call.tried).toEqual(['a', 'b', 'b'])
  })

  it('asks only targets that may be sent the call, as fallbacks too, and says so when there is none', () => {
    const [a, safe, far] = [
      held('a'),
      held('safe', { sensitive: true }),
      held('far', { region: 'us', sensitive: true }),
    ]
    const route = routeOf([a], { chooses: false }, { fallback: [safe.target, far.target] })
    expect(new TestCall(route, { sensitive: true }).tried).toEqual(['safe'])
    expect(new TestCall(route, { sensitive: true, region: 'us' }).tried).toEqual(['far'])
    const call = new TestCall(route, { region: 'mars' })
    expect([call.tried, call.failure?.code]).toEqual([[], 'routing.none_allowed'])
  })

  it('lets one request try a target that has rested, and the others elsewhere until it is known', async () => {
    const [a, b] = [held('a'), held('b')]
    const members = [a, b].map((it, i) => ({ target: it.target, weight: 1, priority: i }))
    const route = routeOf([a, b], { strategy: strategies.priority(members, null as never) })
    for (let i = 0; i < 5; i += 1) a.target.breaker.failed(clock.monotonic())
    expect(new TestCall(route).tried).toEqual(['b'])
    b.upstream.answer('hi')
    await clock.advance(5000)
    expect([new TestCall(route).tried, new TestCall(route).tried]).toEqual([['a'], ['b']])
    expect(a.target.breaker.state).toBe('half_open')
  })

  it('remembers how long answers took, what failed, and the limits that are told', async () => {
    const a = held('a')
    const route = routeOf([a], { readsLimits: true }, { attempts: 1 })
    begin(route)
    await clock.advance(70)
    a.upstream.answer('hi')
    expect(a.target.live.latencyMs(clock.monotonic(), true)).toBe(70)
    begin(route)
    const told = { 'x-ratelimit-limit-requests': '10', 'x-ratelimit-remaining-requests': '4' }
    a.upstream.refuse(500, '{}', told)
    expect(a.target.live.latencyMs(clock.monotonic(), true)).toBe(1000)
    expect(a.target.live.headroom(clock.monotonic())).toBe(0.4)
  })

  it('lets a success end a row of failures', () => {
    const [a, b] = [held('a'), held('b')]
    const numbers = {
      failuresInRow: 2,
      successGap: 1,
      minCalls: 100,
      windowMs: 1000,
      forMs: 5000,
      maxPercent: 50,
    }
    const ejector = createEjector(createStandings(), [a.target, b.target], numbers)
    const route = routeOf([a], { ejector }, { attempts: 1 })
    for (const end of ['fail', 'answer', 'fail'] as const) {
      begin(route)
      if (end === 'fail') a.upstream.refuse(500)
      else a.upstream.answer('hi')
    }
    expect(ejector.isOut(a.target, clock.monotonic())).toBe(false)
  })

  it('leaves out a target that does worse than its peers', () => {
    const [a, b] = [held('a'), held('b')]
    const numbers = {
      failuresInRow: 1,
      successGap: 1,
      minCalls: 100,
      windowMs: 1000,
      forMs: 5000,
      maxPercent: 50,
    }
    const ejector = createEjector(createStandings(), [a.target, b.target], numbers)
    const members = [a, b].map((it, i) => ({ target: it.target, weight: 1, priority: i }))
    const route = routeOf([a, b], { ejector, strategy: strategies.priority(members, null as never) })
    begin(route)
    a.upstream.refuse(500)
    expect(new TestCall(route).tried).toEqual(['b'])
  })
})

describe('the time that a caller gives', () => {
  it('ends the call, in the middle of a wait or an attempt', async () => {
    const a = held('a')
    const call = new TestCall(routeOf([a], {}), { totalMs: 400 })
    await clock.advance(450)
    expect(call.failure).toMatchObject({ code: 'call.out_of_time', limitMs: 400 })
    expect(call.over).toEqual(['a null upstream.timeout'])
    expect(a.upstream.aborted).toBe(1)
  })

  it('for the beginning of an answer does not end a stream that has begun', async () => {
    const a = held('a')
    const call = new TestCall(routeOf([a], {}, { idleMs: 5000 }), { beginMs: 400 })
    a.upstream.say('begun')
    await clock.advance(1000)
    expect(call.failure).toBeNull()
    const waiting = new TestCall(routeOf([held('b')], {}), { beginMs: 400 })
    await clock.advance(450)
    expect(waiting.failure).toMatchObject({ code: 'call.out_of_time', limitMs: 400 })
  })

  it('is told on, less what has passed', async () => {
    const call = new TestCall(routeOf([held('a')], {}), { totalMs: 1000, beginMs: 800 })
    expect(call.attempts.time.leftForCallerMs(clock.monotonic())).toBe(800)
    await clock.advance(300)
    expect(call.attempts.time.leftForCallerMs(clock.monotonic())).toBe(500)
    expect(new TestCall(routeOf([held('b')], {})).attempts.time.leftForCallerMs(0)).toBeNull()
  })

  it('says nothing of a target that usually takes longer, and much of one that usually does not', async () => {
    const a = held('a')
    const route = routeOf([a], {}, { attempts: 1, connectMs: 10_000 })
    const hurry = async (totalMs: number, code: string, said?: string) => {
      for (let i = 0; i < 5; i += 1) {
        const call = new TestCall(route, { totalMs })
        if (said !== undefined) a.upstream.say(said)
        await clock.advance(totalMs + 50)
        expect(call.failure).toMatchObject({ code, limitMs: totalMs })
      }
      return a.target.breaker.state
    }
    expect(await hurry(400, 'call.out_of_time')).toBe('closed')
    // It had begun to answer.
    expect(await hurry(3000, 'call.out_of_time', 'begun')).toBe('closed')
    for (let i = 0; i < 20; i += 1) a.target.live.answered(4000, clock.monotonic(), true)
    expect(await hurry(3000, 'call.out_of_time')).toBe('closed')
    expect(await hurry(4500, 'upstream.timeout')).toBe('open')
  })

  it('does not hide that a target has failed, or that a queue was too long for the patient', async () => {
    const a = held('a')
    const failed = new TestCall(routeOf([a], {}, { retryBaseMs: 5000, retryMaxMs: 5000 }), { totalMs: 3000 })
    a.upstream.refuse(500)
    const bounded = routeOf([held('b')], { gate: gateOf(new GateState(), bound(1, 10, 60_000)) })
    begin(bounded)
    const queued = new TestCall(bounded, { totalMs: 2000 })
    await clock.advance(3050)
    expect(failed.failure?.code).toBe('upstream.timeout')
    expect(queued.failure?.code).toBe('routing.queue_timeout')
  })

  it('does not count where the settings say so', async () => {
    const call = new TestCall(routeOf([held('a')], { heedsDeadlines: false }), { totalMs: 100 })
    await clock.advance(500)
    expect([call.failure, call.attempts.time.leftForCallerMs(0)]).toEqual([null, null])
  })
})
