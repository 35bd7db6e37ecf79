/** What each strategy promises: who is chosen, how often, and that nobody moves who need not. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CompiledTarget } from '../../contract/compiled.ts'
import type { RouteAsk } from '../../contract/route-ask.ts'
import type { Turn } from '../../contract/routing.ts'
import { testTarget } from '../../server/test-gateway.ts'
import { createTargetLive } from '../target-live.ts'
import { testAsk } from '../test-ask.ts'
import { type StrategyName, strategies } from './list.ts'
import type { Member, StickyOptions } from './members.ts'

const nowhere = {
  origin: 'http://nowhere.invalid',
  pending: 0,
  send: () => {},
  close: () => Promise.resolve(),
}

function target(name: string, more: Partial<CompiledTarget> = {}): CompiledTarget {
  return testTarget(name, { upstream: nowhere as never, more: { live: createTargetLive(), ...more } })
}

const member = (it: CompiledTarget, weight = 1, priority = 0): Member => ({ target: it, weight, priority })

/** Mulberry32: the same numbers on every machine. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let it = Math.imul(state ^ (state >>> 15), 1 | state)
    it = (it + Math.imul(it ^ (it >>> 7), 61 | it)) ^ it
    return ((it ^ (it >>> 14)) >>> 0) / 2 ** 32
  }
}

interface TestTurn {
  readonly ask?: RouteAsk
  readonly down?: readonly CompiledTarget[]
  readonly random?: () => number
  readonly nowMs?: number
}

function turn(it: TestTurn = {}): Turn {
  return {
    ask: it.ask ?? testAsk(),
    nowMs: it.nowMs ?? 1000,
    wallMs: 0,
    random: it.random ?? (() => 0.5),
    isUp: (one) => it.down?.includes(one) !== true,
  }
}

function strategyOf(name: StrategyName, members: readonly Member[], sticky: Partial<StickyOptions> = {}) {
  const otherwise = strategies.weighted(members, NONE)
  return strategies[name](members, { ...NONE, otherwise, ...sticky })
}

const NONE: StickyOptions = {
  by: 'session',
  header: null,
  promptChars: 4096,
  otherwise: { name: 'none', choose: () => null },
}

/** How often each was chosen, by model. */
function tally(times: number, choose: (i: number) => CompiledTarget | null): Record<string, number> {
  const counts: Record<string, number> = {}
  for (let i = 0; i < times; i += 1) {
    const model = choose(i)?.model ?? 'none'
    counts[model] = (counts[model] ?? 0) + 1
  }
  return counts
}

const [a, b, c] = [target('a'), target('b'), target('c')]

describe.each(Object.keys(strategies) as StrategyName[])('%s', (name) => {
  it('chooses one that is up, or nobody when nobody is', () => {
    const strategy = strategyOf(name, [member(a), member(b), member(c)])
    const ask = testAsk({ session: 's' })
    for (const random of [() => 0, () => 0.5, () => 0.999999]) {
      expect(strategy.choose(turn({ ask, random, down: [a, c] }))).toBe(b)
      expect(strategy.choose(turn({ ask, random, down: [a, b, c] }))).toBeNull()
    }
  })

  it('never chooses a target of weight 0 while another is up', () => {
    const strategy = strategyOf(name, [member(a, 0), member(b, 3)])
    const random = seeded(7)
    expect(tally(200, (i) => strategy.choose(turn({ random, ask: testAsk({ session: `s${i}` }) })))).toEqual({
      b: 200,
    })
  })
})

describe('weighted', () => {
  it('shares in proportion to the weights', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 5 }), (weights) => {
        const members = weights.map((weight, i) => member(target(`t${i}`), weight))
        const strategy = strategyOf('weighted', members)
        const random = seeded(11)
        const counts = tally(4000, () => strategy.choose(turn({ random })))
        const sum = weights.reduce((total, it) => total + it, 0)
        for (const [i, weight] of weights.entries()) {
          expect(Math.abs((counts[`t${i}`] ?? 0) / 4000 - weight / sum)).toBeLessThan(0.04)
        }
      }),
      { numRuns: 25, seed: 20261121 },
    )
  })
})

describe('priority', () => {
  const strategy = strategyOf('priority', [member(a, 1, 1), member(b, 1, 0), member(c, 3, 0)])

  it('asks the lowest number, by weight among equals', () => {
    const random = seeded(3)
    const counts = tally(1000, () => strategy.choose(turn({ random })))
    expect(counts['a']).toBeUndefined()
    expect(counts['c']).toBeGreaterThan(2 * (counts['b'] ?? 0))
  })

  it('asks the next number only when none of the lowest is up', () => {
    expect(strategy.choose(turn({ down: [b] }))).toBe(c)
    expect(strategy.choose(turn({ down: [b, c] }))).toBe(a)
  })
})

describe('latency', () => {
  const fresh = () => {
    const [fast, slow] = [target('fast'), target('slow')]
    return { fast, slow, strategy: strategyOf('latency', [member(fast), member(slow)]) }
  }

  it('prefers the one that answers sooner', () => {
    const { fast, slow, strategy } = fresh()
    fast.live.answered(100, 1000, false)
    slow.live.answered(900, 1000, false)
    const random = seeded(5)
    expect(tally(500, () => strategy.choose(turn({ random })))).toEqual({ fast: 500 })
  })

  it('counts what is under way: a fast one with many calls is slow', () => {
    const { fast, slow, strategy } = fresh()
    fast.live.answered(100, 1000, false)
    slow.live.answered(300, 1000, false)
    fast.live.pending = 5
    expect(strategy.choose(turn())).toBe(slow)
  })

  it('lets what is unknown get known, but not with everybody at once', () => {
    const { fast, slow, strategy } = fresh()
    slow.live.answered(500, 1000, false)
    expect(strategy.choose(turn())).toBe(fast)
    fast.live.pending = 1
    expect(strategy.choose(turn())).toBe(slow)
  })

  it('tries one that was slow again when its news is old', () => {
    const { fast, slow, strategy } = fresh()
    slow.live.answered(5000, 1000, false)
    fast.live.answered(100, 1000, false)
    expect(strategy.choose(turn({ nowMs: 1000 }))).toBe(fast)
    fast.live.answered(100, 120_000, false)
    expect(strategy.choose(turn({ nowMs: 120_000 }))).toBe(slow)
  })

  it('takes a failure for a slow answer', () => {
    const { fast, slow, strategy } = fresh()
    slow.live.answered(400, 1000, false)
    fast.live.answered(10, 1000, false)
    fast.live.failed(1000, 1000, false)
    expect(strategy.choose(turn())).toBe(slow)
  })
})

describe('cost', () => {
  const priced = (name: string, input: number, output: number) =>
    target(name, {
      facts: {
        name: 'openai/priced',
        from: 'settings' as const,
        contextTokens: null,
        outputTokens: null,
        takes: null,
        gives: null,
        price: {
          digest: '',
          costMicroUsd: () => null,
          chargesForKeeping: false,
          mostMicroUsd: () => null,
          perMillionTokens: () => ({ input, output }),
        },
      },
    })

  it('chooses the cheapest for what this request takes in and may give out', () => {
    const [reads, writes] = [priced('reads', 1, 20), priced('writes', 5, 5)]
    const strategy = strategyOf('cost', [member(reads), member(writes)])
    const long = testAsk({ inputTokens: 100_000, maxOutputTokens: 10 })
    const chatty = testAsk({ inputTokens: 100, maxOutputTokens: 4000 })
    expect(strategy.choose(turn({ ask: long }))).toBe(reads)
    expect(strategy.choose(turn({ ask: chatty }))).toBe(writes)
  })

  it('takes those without a price last, and shares among equal ones by weight', () => {
    const [one, two, unknown] = [priced('one', 1, 1), priced('two', 1, 1), target('unknown')]
    const strategy = strategyOf('cost', [member(unknown), member(one, 1), member(two, 3)])
    const random = seeded(9)
    const counts = tally(1000, () => strategy.choose(turn({ random, ask: testAsk({ inputTokens: 10 }) })))
    expect(counts['unknown']).toBeUndefined()
    expect(counts['two']).toBeGreaterThan(2 * (counts['one'] ?? 0))
    expect(strategy.choose(turn({ down: [one, two] }))).toBe(unknown)
  })
})

describe('least-busy', () => {
  it('chooses the one with the fewest calls under way for its weight', () => {
    const [small, large] = [target('small'), target('large')]
    const strategy = strategyOf('least-busy', [member(small, 1), member(large, 4)])
    small.live.pending = 2
    large.live.pending = 4
    expect(strategy.choose(turn())).toBe(large)
    large.live.pending = 12
    expect(strategy.choose(turn())).toBe(small)
  })

  it('keeps the load even when every call is as long as the next', () => {
    const all = ['x', 'y', 'z'].map((it) => target(it))
    const strategy = strategyOf(
      'least-busy',
      all.map((it) => member(it)),
    )
    const random = seeded(2)
    for (let i = 0; i < 300; i += 1) {
      const chosen = strategy.choose(turn({ random }))
      if (chosen !== null) chosen.live.pending += 1
    }
    expect(all.map((it) => it.live.pending)).toEqual([100, 100, 100])
  })
})

describe('headroom', () => {
  const telling = (left: string) => ({
    find: (name: string) =>
      ({ 'x-ratelimit-limit-requests': '100', 'x-ratelimit-remaining-requests': left })[name],
  })

  it('shares by what is left of the limits', () => {
    const [tight, loose] = [target('tight'), target('loose')]
    tight.live.limitsSeen(telling('10'), 1000, 0)
    loose.live.limitsSeen(telling('90'), 1000, 0)
    const strategy = strategyOf('headroom', [member(tight), member(loose)])
    const random = seeded(4)
    const counts = tally(2000, () => strategy.choose(turn({ random })))
    expect((counts['tight'] ?? 0) / 2000).toBeCloseTo(0.1, 1)
  })

  it('asks nobody who has nothing left, unless nobody has', () => {
    const [empty, full] = [target('empty'), target('full')]
    empty.live.limitsSeen(telling('0'), 1000, 0)
    const strategy = strategyOf('headroom', [member(empty), member(full)])
    const random = seeded(4)
    expect(tally(300, () => strategy.choose(turn({ random })))).toEqual({ full: 300 })
    expect(strategy.choose(turn({ down: [full] }))).toBe(empty)
  })
})

describe('sticky', () => {
  const keys = Array.from({ length: 2000 }, (_, i) => `session-${i}`)
  const placeOf = (members: readonly Member[], down: readonly CompiledTarget[] = []) => {
    const strategy = strategyOf('sticky', members)
    return keys.map(
      (session) => strategy.choose(turn({ ask: testAsk({ session, tenant: 't' }), down }))?.model,
    )
  }
  const weighted = (weights: readonly number[]) => weights.map((weight, i) => member(target(`t${i}`), weight))
  const weights = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 6 })

  it('gives the same key the same target, whatever chance says, on every instance', () => {
    expect(placeOf(weighted([1, 2, 3]))).toEqual(placeOf(weighted([1, 2, 3])))
  })

  it('spreads keys in proportion to the weights', () => {
    fc.assert(
      fc.property(weights, (its) => {
        const places = placeOf(weighted(its))
        const sum = its.reduce((total, it) => total + it, 0)
        for (const [i, weight] of its.entries()) {
          const share = places.filter((it) => it === `t${i}`).length / keys.length
          expect(Math.abs(share - weight / sum)).toBeLessThan(0.06)
        }
      }),
      { numRuns: 25, seed: 20261121 },
    )
  })

  it('moves only the keys of a target that goes, each to its own next best, and back', () => {
    fc.assert(
      fc.property(weights, fc.nat(), (its, pick) => {
        const members = weighted(its)
        const gone = members[pick % members.length]?.target
        if (gone === undefined) return
        const [before, without] = [placeOf(members), placeOf(members, [gone])]
        const moved = before.filter((it, i) => it !== without[i])
        expect(moved.every((it) => it === gone.model)).toBe(true)
        expect(without).not.toContain(gone.model)
        expect(placeOf(members.filter((it) => it.target !== gone))).toEqual(without)
      }),
      { numRuns: 20, seed: 20261121 },
    )
  })

  it('moves only keys to the one whose weight grows', () => {
    fc.assert(
      fc.property(weights, fc.nat(), fc.integer({ min: 1, max: 9 }), (its, pick, more) => {
        const grown = pick % its.length
        const before = placeOf(weighted(its))
        const after = placeOf(weighted(its.map((it, i) => (i === grown ? it + more : it))))
        const arrived = after.filter((it, i) => it !== before[i])
        expect(arrived.every((it) => it === `t${grown}`)).toBe(true)
      }),
      { numRuns: 20, seed: 20261121 },
    )
  })

  it('keeps sessions of the same name apart by tenant', () => {
    const members = weighted([1, 1, 1, 1, 1, 1])
    const strategy = strategyOf('sticky', members)
    const of = (tenant: string) => strategy.choose(turn({ ask: testAsk({ session: 'one', tenant }) }))
    expect(new Set(['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((it) => of(it))).size).toBeGreaterThan(1)
  })

  it('sticks by tenant, by prompt or by a header of choice, and chooses otherwise where there is none', () => {
    const members = [member(a), member(b)]
    const otherwise = { name: 'other', choose: () => c }
    const by = (it: Partial<StickyOptions>, ask: RouteAsk) =>
      strategyOf('sticky', members, { otherwise, ...it }).choose(turn({ ask }))
    expect(by({ by: 'tenant' }, testAsk({ tenant: 'x' }))).toBe(
      by({ by: 'tenant' }, testAsk({ tenant: 'x', session: 'y' })),
    )
    expect(by({ by: 'prompt' }, testAsk({ promptHash: 7 }))).not.toBe(c)
    expect(by({ header: 'x-room' }, testAsk({ headers: { 'x-room': '1' } }))).not.toBe(c)
    expect(by({ by: 'tenant' }, testAsk())).toBe(c)
    expect(by({ by: 'prompt' }, testAsk({ session: 's' }))).toBe(c)
    expect(by({ header: 'x-room' }, testAsk({ session: 's' }))).toBe(c)
  })
})
