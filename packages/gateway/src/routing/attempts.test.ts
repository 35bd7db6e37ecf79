/** The rules of trying again, with upstreams that are held in the hand and time that stands still. */
import { ManualClock } from '@changeover/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { Upstream, UpstreamExchange, UpstreamHandler } from '../contract/upstream.ts'
import { testRoute, testTarget } from '../server/test-gateway.ts'
import type { AttemptFailure, AttemptHost } from './attempt-host.ts'
import { Attempts } from './attempts.ts'
import { NO_WISHES } from './caller-wishes.ts'
import { Deadlines } from './deadlines.ts'

class HeldUpstream implements Upstream {
  readonly origin = 'http://held.invalid'
  readonly handlers: UpstreamHandler[] = []
  aborted = 0
  paused = false
  get pending(): number {
    return this.handlers.length
  }
  send(_: unknown, handler: UpstreamHandler): UpstreamExchange {
    this.handlers.push(handler)
    return {
      pause: () => void (this.paused = true),
      resume: () => void (this.paused = false),
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
  refuse(status: number, headers: Record<string, string> = {}): void {
    const { last } = this
    last.onSent()
    last.onHead(status, { find: (name) => headers[name] })
    last.onData(Buffer.from('{"error":"no"}'))
    last.onEnd()
  }
}

let clock: ManualClock
let tried: string[]
let over: [string, number | null, string][]
let failure: AttemptFailure | null
let stalled: boolean
let answered: string
let attempts: Attempts

beforeEach(() => {
  clock = new ManualClock()
  tried = []
  over = []
  failure = null
  stalled = false
  answered = ''
})

function begin(route: CompiledRoute, stream = false): void {
  const host: AttemptHost = {
    onAttempt(target) {
      tried.push(target.model)
      return { method: 'POST', path: '/', headers: [], body: null }
    },
    onHead: () => {},
    onData(chunk) {
      answered += chunk.toString()
      attempts.commit()
    },
    onEnd: () => attempts.finish(''),
    onAttemptOver: (target, status, code) => void over.push([target.model, status, code]),
    onFailure: (it) => void (failure = it),
    onStalled: () => void (stalled = true),
    routeAsk: () => {
      throw new Error('nothing here asks')
    },
    openAside: () => null,
    adopt: () => {},
  }
  const tools = { clock, deadlines: new Deadlines(clock), random: () => 0.5 }
  attempts = new Attempts(
    host,
    { route, stream, startedAt: clock.monotonic(), stallMs: 1000, wishes: NO_WISHES },
    tools,
  )
  attempts.start()
}

function target(model: string): { upstream: HeldUpstream; target: CompiledTarget } {
  const upstream = new HeldUpstream()
  return { upstream, target: testTarget(model, { upstream }) }
}

const patient = { attempts: 3, retryBaseMs: 100, retryMaxMs: 1000 }

describe('attempts', () => {
  it('end with the first good answer', () => {
    const a = target('a')
    begin(testRoute('r', [a.target], patient))
    const { last } = a.upstream
    last.onSent()
    last.onHead(200, { find: () => undefined })
    last.onData(Buffer.from('hi'))
    last.onEnd()

    expect(answered).toBe('hi')
    expect(over).toEqual([['a', 200, '']])
    expect(failure).toBeNull()
    expect(clock.pending).toBeLessThanOrEqual(1)
  })

  it('are made again after a wait, and the last failure is told with what the provider said', async () => {
    const a = target('a')
    begin(testRoute('r', [a.target], patient))
    a.upstream.refuse(503)
    expect(tried).toEqual(['a'])
    await clock.advance(50)
    expect(tried).toEqual(['a', 'a'])
    a.upstream.refuse(503)
    await clock.advance(99)
    expect(tried).toHaveLength(2)
    await clock.advance(1)
    a.upstream.refuse(500)

    expect(tried).toHaveLength(3)
    expect(failure).toMatchObject({ code: 'upstream.failed', status: 500, refusal: { status: 500 } })
    expect(over.map(([, status]) => status)).toEqual([503, 503, 500])
  })

  it('are not made again for what the caller did wrong', () => {
    const a = target('a')
    const b = target('b')
    begin(testRoute('r', [a.target], { ...patient, fallback: [b.target] }))
    a.upstream.refuse(400)

    expect(tried).toEqual(['a'])
    expect(failure).toMatchObject({ status: 400 })
  })

  it('keep one for each fallback that is still to come', async () => {
    const [a, b, c] = [target('a'), target('b'), target('c')]
    begin(testRoute('r', [a.target], { ...patient, attempts: 4, fallback: [b.target, c.target] }))
    a.upstream.refuse(503)
    await clock.advance(50)
    a.upstream.refuse(503)
    b.upstream.refuse(503)
    c.upstream.refuse(503)

    expect(tried).toEqual(['a', 'a', 'b', 'c'])
    expect(failure?.target?.model).toBe('c')
  })

  it('go to the fallback at once when it is our credential that is refused', () => {
    const [a, b] = [target('a'), target('b')]
    begin(testRoute('r', [a.target], { ...patient, fallback: [b.target] }))
    a.upstream.refuse(401)

    expect(tried).toEqual(['a', 'b'])
    expect(a.target.breaker.state).toBe('closed')
  })

  it('wait as long as the provider asks, and go elsewhere when that is too long', async () => {
    const [a, b] = [target('a'), target('b')]
    begin(testRoute('r', [a.target], { ...patient, fallback: [b.target] }))
    a.upstream.refuse(429, { 'retry-after-ms': '700' })
    await clock.advance(699)
    expect(tried).toEqual(['a'])
    await clock.advance(1)
    expect(tried).toEqual(['a', 'a'])

    begin(testRoute('r', [a.target], { ...patient, fallback: [b.target] }))
    a.upstream.refuse(429, { 'retry-after': '60' })
    expect(tried.slice(2)).toEqual(['a', 'b'])
  })

  it('give up at once when the wait asked for is too long and nothing else is there', () => {
    const a = target('a')
    begin(testRoute('r', [a.target], patient))
    a.upstream.refuse(429, { 'retry-after': '60' })

    expect(failure).toMatchObject({ status: 429, refusal: { retryAfterMs: 60_000 } })
  })

  it('are made again after a broken connection, until something has reached the caller', async () => {
    const a = target('a')
    begin(testRoute('r', [a.target], patient), true)
    a.upstream.last.onSent()
    a.upstream.last.onError({ code: 'upstream.reset', cause: undefined })
    await clock.advance(50)
    expect(tried).toHaveLength(2)
    const { last } = a.upstream
    last.onSent()
    last.onHead(200, { find: () => undefined })
    last.onData(Buffer.from('first'))
    last.onError({ code: 'upstream.reset', cause: undefined })
    await clock.advance(10_000)

    expect(tried).toHaveLength(2)
    expect(failure).toMatchObject({ code: 'upstream.reset', status: 200 })
  })

  it('skip targets whose breaker is open, and say so when none is left', () => {
    const [a, b] = [target('a'), target('b')]
    for (let i = 0; i < 5; i += 1) a.target.breaker.failed(clock.monotonic())
    begin(testRoute('r', [a.target], { fallback: [b.target] }))
    expect(tried).toEqual(['b'])

    for (let i = 0; i < 5; i += 1) b.target.breaker.failed(clock.monotonic())
    begin(testRoute('r', [a.target], { fallback: [b.target] }))
    expect(tried).toEqual(['b'])
    expect(failure).toMatchObject({ code: 'upstream.open_breakers', target: null })
  })

  it.each([
    ['no connection is found', 'upstream.connect', 100, () => {}],
    ['no first token comes', 'upstream.timeout', 500, (it: UpstreamHandler) => it.onSent()],
    [
      'a stream goes quiet',
      'upstream.timeout',
      300,
      (it: UpstreamHandler) => {
        it.onSent()
        it.onHead(200, { find: () => undefined })
        it.onData(Buffer.from('x'))
      },
    ],
  ])('are broken off when %s', async (_, code, limitMs, prepare) => {
    const a = target('a')
    begin(testRoute('r', [a.target], { connectMs: 100, firstTokenMs: 500, idleMs: 300 }), true)
    prepare(a.upstream.last)
    await clock.advance(limitMs - 1)
    expect(failure).toBeNull()
    // A deadline is kept to within a tick, and counted from the tick before.
    await clock.advance(41)

    expect(failure).toMatchObject({ code })
    expect(a.upstream.aborted).toBe(1)
  })

  it('are broken off when the whole call takes too long, also in the middle of a wait', async () => {
    const a = target('a')
    begin(testRoute('r', [a.target], { ...patient, totalMs: 300, connectMs: 5000 }))
    await clock.advance(320)
    expect(failure).toMatchObject({ code: 'upstream.timeout', limitMs: 300 })
    expect(tried).toHaveLength(1)
  })

  it('do not count the time against a provider while the caller does not read, but against the caller', async () => {
    const a = target('a')
    begin(testRoute('r', [a.target], { idleMs: 100 }), true)
    const { last } = a.upstream
    last.onSent()
    last.onHead(200, { find: () => undefined })
    last.onData(Buffer.from('x'))
    attempts.pause()
    await clock.advance(900)
    expect(a.upstream.paused).toBe(true)
    expect(failure).toBeNull()
    await clock.advance(150)

    expect(stalled).toBe(true)
    expect(failure).toBeNull()
  })

  it('are cancelled at once and leave nothing behind', async () => {
    const a = target('a')
    begin(testRoute('r', [a.target], patient))
    a.upstream.last.onSent()
    attempts.cancel('call.cancelled')
    attempts.cancel('call.cancelled')

    expect(a.upstream.aborted).toBe(1)
    expect(over).toEqual([['a', null, 'call.cancelled']])
    await clock.advance(100)
    expect(clock.pending).toBe(0)
    expect(failure).toBeNull()
    expect(a.target.breaker.state).toBe('closed')
  })

  it('that are cancelled during a wait are not made', async () => {
    const a = target('a')
    begin(testRoute('r', [a.target], patient))
    a.upstream.refuse(503)
    attempts.cancel('call.cancelled')
    await clock.advance(5000)

    expect(tried).toEqual(['a'])
    expect(over).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('for an answer that goes on for ten minutes end when the call may take no longer', async () => {
    const a = target('a')
    begin(testRoute('r', [a.target], { idleMs: 60_000, totalMs: 600_000 }), true)
    const { last } = a.upstream
    last.onSent()
    last.onHead(200, { find: () => undefined })
    for (let minute = 0; minute < 10; minute += 0.5) {
      last.onData(Buffer.from('x'))
      await clock.advance(30_000)
      if (minute < 9.5) expect(failure).toBeNull()
    }
    await clock.advance(40)

    expect(failure).toMatchObject({ code: 'upstream.timeout', limitMs: 600_000 })
    expect([answered.length, a.upstream.aborted]).toEqual([20, 1])
  })
})
