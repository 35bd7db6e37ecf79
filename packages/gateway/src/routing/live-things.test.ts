/** What is measured and remembered of targets, keys and callers. */
import { describe, expect, it } from 'vitest'
import { createCredentialRests, createCredentialRing } from './credential-ring.ts'
import { hashText, mixHash } from './hash-text.ts'
import { createHedgePlan, HedgeBudget } from './hedge-plan.ts'
import { createMirrorPlan, MirrorCount } from './mirror-plan.ts'
import { readLimits } from './provider-limits.ts'
import { createTargetLive } from './target-live.ts'

const headers = (its: Readonly<Record<string, string>>) => ({ find: (name: string) => its[name] })

describe('the latency of a target', () => {
  it('is its peak at once, and comes down by and by', () => {
    const live = createTargetLive()
    live.answered(100, 0, true)
    live.answered(900, 1000, true)
    expect(live.latencyMs(1000, true)).toBe(900)
    live.answered(100, 2000, true)
    expect(live.latencyMs(2000, true)).toBeGreaterThan(500)
    live.answered(100, 30_000, true)
    expect(live.latencyMs(30_000, true)).toBeLessThan(200)
  })

  it('fades while nothing is heard, and is kept apart for whole answers', () => {
    const live = createTargetLive()
    live.answered(1000, 0, true)
    expect(live.latencyMs(10_000, true)).toBeCloseTo(368, 0)
    expect(live.latencyMs(0, false)).toBe(0)
  })

  it('has quantiles when enough answers are known, failures not among them', () => {
    const live = createTargetLive()
    for (let ms = 10; ms <= 70; ms += 10) live.answered(ms, 0, true)
    expect(live.quantileMs(0.5, true)).toBeNull()
    live.answered(80, 0, true)
    live.failed(9999, 0, true)
    expect([live.quantileMs(0.5, true), live.quantileMs(0.95, true)]).toEqual([40, 80])
    for (let i = 0; i < 64; i += 1) live.answered(5, 0, true)
    expect(live.quantileMs(0.99, true)).toBe(5)
  })
})

describe('limits that a provider tells', () => {
  it('are read in the ways that OpenAI and Anthropic write them', () => {
    const wallMs = Date.parse('2026-01-01T00:00:00Z')
    const read = (its: Readonly<Record<string, string>>) => readLimits(headers(its), 0, wallMs)
    const openai = { 'x-ratelimit-limit-tokens': '1000', 'x-ratelimit-remaining-tokens': '250' }
    expect(read({ ...openai, 'x-ratelimit-reset-tokens': '6m0s' })).toEqual([
      { kind: 'tokens', limit: 1000, left: 250, resetAtMs: 360_000 },
    ])
    expect(read({ ...openai, 'x-ratelimit-reset-tokens': '20ms' })[0]?.resetAtMs).toBe(20)
    expect(read({ ...openai, 'x-ratelimit-reset-tokens': '7.5' })[0]?.resetAtMs).toBe(7500)
    expect(read(openai)[0]?.resetAtMs).toBe(60_000)
    const anthropic = {
      'anthropic-ratelimit-input-tokens-limit': '100',
      'anthropic-ratelimit-input-tokens-remaining': '5',
      'anthropic-ratelimit-input-tokens-reset': '2026-01-01T00:00:30Z',
    }
    expect(read(anthropic)).toEqual([{ kind: 'tokens', limit: 100, left: 5, resetAtMs: 30_000 }])
    expect(read({ 'x-ratelimit-limit-tokens': 'lots', 'x-ratelimit-remaining-tokens': '-1' })).toEqual([])
  })

  it('count by the tightest, less what has begun since, until they are reset', () => {
    const live = createTargetLive()
    expect(live.headroom(0)).toBe(1)
    const told = {
      'x-ratelimit-limit-requests': '10',
      'x-ratelimit-remaining-requests': '8',
      'x-ratelimit-limit-tokens': '100',
      'x-ratelimit-remaining-tokens': '90',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-reset-tokens': '2s',
    }
    live.limitsSeen(headers(told), 0, 0)
    expect(live.headroom(0)).toBe(0.8)
    live.pending += 3
    expect(live.headroom(0)).toBe(0.5)
    expect(live.headroom(1000)).toBe(0.9)
    expect(live.headroom(2000)).toBe(1)
    live.limitsSeen(headers({}), 3000, 0)
    expect(live.headroom(3000)).toBe(1)
  })
})

describe('the keys of a provider', () => {
  it('are used one after another: the next when one is refused, the first again when it has rested', () => {
    const ring = createCredentialRing(createCredentialRests(), ['one', 'two', 'three'])
    expect(ring.current(0)).toBe(0)
    expect(ring.rest(0, 1000, 0)).toBe(true)
    expect(ring.current(0)).toBe(1)
    expect(ring.rest(1, 500, 0)).toBe(true)
    expect(ring.rest(2, 2000, 0)).toBe(false)
    expect(ring.current(0)).toBe(1)
    expect(ring.current(600)).toBe(1)
    expect(ring.current(1000)).toBe(0)
  })

  it('keep how they stand over a reload, by what names them and not by their place', () => {
    const rests = createCredentialRests()
    createCredentialRing(rests, ['one', 'two']).rest(0, 1000, 0)
    const after = createCredentialRing(rests, ['two', 'one', 'new'])
    expect(after.current(0)).toBe(0)
    expect(createCredentialRing(rests, ['one', 'new']).current(0)).toBe(1)
  })

  it('that rest longer already are not woken by a shorter refusal', () => {
    const ring = createCredentialRing(createCredentialRests(), ['one', 'two'])
    ring.rest(0, 5000, 0)
    ring.rest(0, 10, 100)
    expect(ring.current(1000)).toBe(1)
  })
})

describe('a hedge', () => {
  const target = { live: createTargetLive() } as never

  it('waits for the number, or for the quantile as soon as it is known', () => {
    const live = createTargetLive()
    const measured = { live } as never
    const plan = createHedgePlan(new HedgeBudget(), { quantile: 0.9, afterMs: 700, maxShare: 1 })
    expect(plan.delayMs(measured, true)).toBe(700)
    for (let ms = 1; ms <= 10; ms += 1) live.answered(ms * 10, 0, true)
    expect(plan.delayMs(measured, true)).toBe(90)
    const shy = createHedgePlan(new HedgeBudget(), { quantile: 0.9, maxShare: 1 })
    expect(shy.delayMs(target, true)).toBeNull()
  })

  it('is paid for by the calls before it', () => {
    const plan = createHedgePlan(new HedgeBudget(), { afterMs: 1, maxShare: 0.25 })
    expect([plan.take(), plan.take()]).toEqual([true, false])
    for (let i = 0; i < 4; i += 1) plan.earn()
    expect([plan.take(), plan.take()]).toEqual([true, false])
    for (let i = 0; i < 1000; i += 1) plan.earn()
    let taken = 0
    while (plan.take()) taken += 1
    expect(taken).toBe(10)
  })
})

describe('a mirror', () => {
  it('has so many copies under way and no more, over reloads too', () => {
    const count = new MirrorCount()
    const make = (maxPending: number) =>
      createMirrorPlan(count, { target: null as never, share: 1, maxPending })
    const plan = make(2)
    expect([plan.take(), plan.take(), plan.take()]).toEqual([true, true, false])
    expect(make(1).take()).toBe(false)
    plan.giveBack()
    expect(make(2).take()).toBe(true)
  })
})

describe('hashes', () => {
  it('are the same in every version of this program', () => {
    expect([hashText(''), hashText('a'), hashText('session-1'), mixHash(1, 2)]).toMatchInlineSnapshot(`
      [
        2872998923,
        444641715,
        599268235,
        2210119545,
      ]
    `)
  })
})
