import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Allowance, Hold, HoldAsk, HoldRefused, Level, Used } from '../contract/allowance.ts'
import type { Claim, CounterStore, Left, Short } from '../contract/counters.ts'
import { createAllowance, createCounters } from './allowance.ts'
import type { Numbers } from './counts.ts'
import { LocalCounters } from './local-counters.ts'
import { type BudgetSpec, budgetSpec, type LimitSpec, limitSpec } from './spec.ts'

const NOV = Date.parse('2026-11-21T12:00:00Z')
const DEC = Date.parse('2026-12-01T00:00:00Z')

const limits = (it: Record<string, LimitSpec>): Numbers => numbers(it, {})
const budgets = (it: Record<string, Partial<BudgetSpec>>): Numbers => numbers({}, it)

function numbers(some: Record<string, LimitSpec>, more: Record<string, Partial<BudgetSpec>>): Numbers {
  const parsed = Object.entries(more).map(
    ([name, it]) => [name, budgetSpec.parse({ period: 'month', ...it })] as const,
  )
  return {
    limits: new Map(Object.entries(some).map(([name, it]) => [name, limitSpec.parse(it)])),
    budgets: new Map(parsed),
  }
}

const key = (it: Partial<Level>): Level => ({ kind: 'key', name: 'acme/ci', limits: [], budgets: [], ...it })
const tenant = (it: Partial<Level>): Level => ({
  kind: 'tenant',
  name: 'acme',
  limits: [],
  budgets: [],
  ...it,
})

class Desk {
  readonly counters = createCounters()
  readonly shared: CounterStore | null
  #calls = 0
  nowMs = NOV
  monoMs = 0

  constructor(shared: CounterStore | null = null) {
    this.shared = shared
  }

  allowance(levels: readonly Level[], of: Numbers): Allowance {
    const made = createAllowance(levels, of, { ...this.counters, shared: this.shared })
    if (made === null) throw new Error('nothing counts this caller')
    return made
  }

  ask(it: Partial<{ input: number; output: number | null; cost: number; isKnown: boolean }> = {}): HoldAsk {
    this.#calls += 1
    const { input = 10, output = 20, cost = 0, isKnown = true } = it
    return {
      id: `call_${this.#calls}`,
      startedAt: this.nowMs,
      startedMono: this.monoMs,
      routeName: 'chat',
      inputTokens: () => input,
      outputTokens: () => output,
      mostCost: () => ({ microUsd: cost, isKnown }),
    }
  }

  used(it: Partial<Used> = {}): Used {
    const { nowMs, monoMs } = this
    return { nowMs, monoMs, asked: true, inputTokens: 10, outputTokens: 20, costMicroUsd: 0, ...it }
  }
}

const held = (it: ReturnType<Allowance['hold']>): Hold => {
  if (it instanceof Promise || 'refused' in it) throw new Error(`not held: ${JSON.stringify(it)}`)
  return it
}
const refused = (it: ReturnType<Allowance['hold']>): HoldRefused => {
  if (it instanceof Promise || !('refused' in it)) throw new Error('not refused')
  return it
}

describe('a caller that nothing counts', () => {
  it('has no allowance', () => {
    expect(createAllowance([], limits({}), { ...createCounters(), shared: null })).toBeNull()
    expect(createAllowance([key({})], limits({}), { ...createCounters(), shared: null })).toBeNull()
  })
})

describe('a limit', () => {
  it('of requests alone is taken at once, and has nothing to settle', () => {
    const desk = new Desk()
    const it = desk.allowance([key({ limits: ['few'] })], limits({ few: { requests: 2, perMs: 60_000 } }))
    expect(held(it.hold(desk.ask())).settles).toBe(false)
    held(it.hold(desk.ask()))
    expect(refused(it.hold(desk.ask()))).toMatchObject({
      refused: 'policy.limit_reached',
      limit: 'few',
      holder: 'acme/ci',
      retryAfterMs: 30_000,
    })
    desk.monoMs += 30_000
    held(it.hold(desk.ask()))
  })

  it('of a key and one of its tenant are taken together, or neither', () => {
    const desk = new Desk()
    const of = limits({ own: { requests: 9, perMs: 60_000 }, all: { requests: 1, perMs: 60_000 } })
    const levels = [tenant({ limits: ['all'] }), key({ limits: ['own'] })]
    const it = desk.allowance(levels, of)
    held(it.hold(desk.ask()))
    for (let i = 0; i < 5; i += 1)
      expect(refused(it.hold(desk.ask()))).toMatchObject({ limit: 'all', holder: 'acme' })
    const own = desk.allowance([key({ limits: ['own'] })], of)
    for (let i = 0; i < 8; i += 1) held(own.hold(desk.ask()))
    refused(own.hold(desk.ask()))
  })

  it('of a tenant is one for all its keys', () => {
    const desk = new Desk()
    const of = limits({ all: { requests: 3, perMs: 60_000 } })
    const [a, b] = ['acme/a', 'acme/b'].map((name) =>
      desk.allowance([tenant({ limits: ['all'] }), key({ name })], of),
    )
    held(a?.hold(desk.ask()) ?? fail())
    held(b?.hold(desk.ask()) ?? fail())
    held(a?.hold(desk.ask()) ?? fail())
    refused(b?.hold(desk.ask()) ?? fail())
  })

  it('of a team and one of a key with the same name are two', () => {
    const desk = new Desk()
    const of = limits({ one: { requests: 1, perMs: 60_000 } })
    const team = desk.allowance([{ kind: 'team', name: 'acme/ci', limits: ['one'], budgets: [] }], of)
    held(team.hold(desk.ask()))
    held(desk.allowance([key({ limits: ['one'] })], of).hold(desk.ask()))
  })

  it('of tokens holds what a call may come to, and is put right by what it came to', () => {
    const desk = new Desk()
    const it = desk.allowance([key({ limits: ['tpm'] })], limits({ tpm: { tokens: 100, perMs: 3_600_000 } }))
    const hold = held(it.hold(desk.ask({ input: 10, output: 80 })))
    expect(hold.tokens).toBe(90)
    expect(refused(it.hold(desk.ask({ input: 10, output: 10 })))).toMatchObject({ limit: 'tpm' })
    hold.settle(desk.used({ inputTokens: 12, outputTokens: 8 }))
    held(it.hold(desk.ask({ input: 10, output: 70 })))
    refused(it.hold(desk.ask({ input: 1, output: 0 })))
  })

  it('of tokens that is smaller than one call takes it when nothing else is used, and makes the next ones wait', () => {
    const desk = new Desk()
    const it = desk.allowance([key({ limits: ['tpm'] })], limits({ tpm: { outputTokens: 100, perMs: 1000 } }))
    held(it.hold(desk.ask({ output: 4096 }))).settle(desk.used({ outputTokens: 500 }))
    expect(refused(it.hold(desk.ask({ output: 1 }))).retryAfterMs).toBe(4010)
    desk.monoMs += 4010
    held(it.hold(desk.ask({ output: 1 })))
  })

  it('of calls at once gives a place back when a call is over, once', () => {
    const desk = new Desk()
    const it = desk.allowance([key({ limits: ['two'] })], limits({ two: { concurrent: 2 } }))
    const [first] = [held(it.hold(desk.ask())), held(it.hold(desk.ask()))]
    expect(refused(it.hold(desk.ask()))).toMatchObject({
      refused: 'policy.too_many_at_once',
      retryAfterMs: 1000,
    })
    first.settle(desk.used())
    first.settle(desk.used())
    held(it.hold(desk.ask()))
    refused(it.hold(desk.ask()))
  })

  it('takes for a call without a bound what its route answered of late', () => {
    const desk = new Desk()
    const it = desk.allowance(
      [key({ limits: ['tpm'] })],
      limits({ tpm: { outputTokens: 100_000, perMs: 1000 } }),
    )
    const first = held(it.hold(desk.ask({ input: 0, output: null })))
    expect(first.tokens).toBe(4096)
    first.settle(desk.used({ outputTokens: 300 }))
    const next = held(it.hold(desk.ask({ input: 0, output: null })))
    expect(next.tokens).toBe(300)
    next.settle(desk.used({ outputTokens: 200 }))
    expect(held(it.hold(desk.ask({ input: 0, output: null }))).tokens).toBe(299)
  })
})

describe('a budget', () => {
  it('of calls counts those that went to a provider, and no other', () => {
    const desk = new Desk()
    const it = desk.allowance([tenant({ budgets: ['some'] })], budgets({ some: { calls: 2 } }))
    held(it.hold(desk.ask())).settle(desk.used({ asked: false, inputTokens: 0, outputTokens: 0 }))
    held(it.hold(desk.ask())).settle(desk.used())
    held(it.hold(desk.ask())).settle(desk.used())
    expect(refused(it.hold(desk.ask()))).toMatchObject({
      refused: 'policy.budget_spent',
      limit: 'some',
      holder: 'acme',
      retryAfterMs: DEC - NOV,
    })
  })

  it('begins anew with its period, and a call that began in the old one is counted there', async () => {
    const desk = new Desk()
    const it = desk.allowance([tenant({ budgets: ['some'] })], budgets({ some: { usd: 0.001 } }))
    const old = held(it.hold(desk.ask({ cost: 900 })))
    desk.nowMs = DEC
    const hold = held(it.hold(desk.ask({ cost: 1000 })))
    old.settle(desk.used({ costMicroUsd: 900_000 }))
    hold.settle(desk.used({ costMicroUsd: 400 }))
    await expect(it.standing(desk.nowMs, 0)).resolves.toMatchObject([{ used: 400, left: 600 }])
    held(it.hold(desk.ask({ cost: 600 })))
    refused(it.hold(desk.ask({ cost: 1 })))
  })

  it('that never begins anew is not worth waiting for, nor one that a call is too dear for', () => {
    const desk = new Desk()
    const total = desk.allowance([tenant({ budgets: ['b'] })], budgets({ b: { usd: 1, period: 'total' } }))
    held(total.hold(desk.ask({ cost: 1_000_000 })))
    expect(refused(total.hold(desk.ask({ cost: 1 }))).retryAfterMs).toBeNull()
    const month = desk.allowance([key({ budgets: ['b'] })], budgets({ b: { usd: 1 } }))
    expect(refused(month.hold(desk.ask({ cost: 1_000_001 }))).retryAfterMs).toBeNull()
  })

  it('in dollars refuses a call that nobody knows the price of, unless it is to be let through', () => {
    const desk = new Desk()
    const strict = desk.allowance([tenant({ budgets: ['b'] })], budgets({ b: { usd: 1 } }))
    const unknown = { cost: 600_000, isKnown: false }
    expect(refused(strict.hold(desk.ask(unknown)))).toMatchObject({
      refused: 'policy.no_price',
      limit: 'b',
    })
    const lax = desk.allowance([tenant({ budgets: ['b'] })], budgets({ b: { usd: 1, onUnpriced: 'allow' } }))
    held(lax.hold(desk.ask(unknown)))
    // What those with a price may take is held.
    expect(refused(lax.hold(desk.ask(unknown)))).toMatchObject({ refused: 'policy.budget_spent' })
  })

  it('warns once in its period, by the call that takes it that far', () => {
    const desk = new Desk()
    const it = desk.allowance([tenant({ budgets: ['b'] })], budgets({ b: { calls: 5, warnAt: 0.6 } }))
    const warnings = Array.from({ length: 5 }, () => held(it.hold(desk.ask())).warnings)
    expect(warnings).toEqual([[], [], [{ budget: 'b', holder: 'acme', share: 0.6 }], [], []])
    desk.nowMs = DEC
    expect(Array.from({ length: 3 }, () => held(it.hold(desk.ask())).warnings.length)).toEqual([0, 0, 1])
  })

  it('of two entries for the same thing and period holds the smaller', () => {
    const desk = new Desk()
    const of = budgets({ large: { calls: 9 }, small: { calls: 1 } })
    const it = desk.allowance([tenant({ budgets: ['large', 'small'] })], of)
    held(it.hold(desk.ask()))
    expect(refused(it.hold(desk.ask()))).toMatchObject({ limit: 'small' })
  })
})

describe('a reload', () => {
  it('gives nothing back, whether numbers, names or routes change', () => {
    const desk = new Desk()
    const before = desk.allowance(
      [key({ limits: ['few'], budgets: ['b'] })],
      numbers({ few: { requests: 2, perMs: 3_600_000 } }, { b: { calls: 2 } }),
    )
    held(before.hold(desk.ask())).settle(desk.used())
    held(before.hold(desk.ask())).settle(desk.used())
    const moved = desk.allowance(
      [key({ limits: ['other'], budgets: ['renamed'] })],
      numbers({ other: { requests: 3, perMs: 3_600_000 } }, { renamed: { calls: 3 } }),
    )
    held(moved.hold(desk.ask())).settle(desk.used())
    expect(refused(moved.hold(desk.ask()))).toMatchObject({ limit: 'other' })
    expect(refused(before.hold(desk.ask()))).toMatchObject({ limit: 'few' })
    const budgetOnly = desk.allowance([key({ budgets: ['renamed'] })], budgets({ renamed: { calls: 3 } }))
    refused(budgetOnly.hold(desk.ask()))
  })

  it('while a call runs settles it against the same count', () => {
    const desk = new Desk()
    const before = desk.allowance([tenant({ budgets: ['b'] })], budgets({ b: { usd: 1 } }))
    const hold = held(before.hold(desk.ask({ cost: 1_000_000 })))
    const after = desk.allowance([tenant({ budgets: ['c'] })], budgets({ c: { usd: 1 } }))
    refused(after.hold(desk.ask({ cost: 500_000 })))
    hold.settle(desk.used({ costMicroUsd: 500_000 }))
    held(after.hold(desk.ask({ cost: 500_000 })))
    refused(after.hold(desk.ask({ cost: 1 })))
  })
})

describe('headers', () => {
  it('say what is left, in the form of OpenAI and of the draft', () => {
    const desk = new Desk()
    const of = limits({
      rpm: { requests: 60, perMs: 60_000 },
      tpm: { tokens: 1000, perMs: 60_000, concurrent: 3 },
    })
    const hold = held(
      desk.allowance([key({ limits: ['rpm', 'tpm'] })], of).hold(desk.ask({ input: 40, output: 60 })),
    )
    expect(pairs(hold.headers)).toEqual({
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-limit-tokens': '1000',
      'x-ratelimit-remaining-tokens': '900',
      'x-ratelimit-reset-tokens': '6s',
      'ratelimit-policy':
        '"key-rpm-requests";q=60;w=60, "key-tpm-tokens";q=1000;w=60;qu="tokens", "key-tpm-concurrent-requests";q=3;qu="concurrent-requests"',
      ratelimit: '"key-rpm-requests";r=59;t=1, "key-tpm-tokens";r=900;t=6, "key-tpm-concurrent-requests";r=2',
    })
  })

  it('say of a refused call that nothing is left', () => {
    const desk = new Desk()
    const it = desk.allowance([key({ limits: ['one'] })], limits({ one: { requests: 1, perMs: 400_000 } }))
    held(it.hold(desk.ask()))
    expect(pairs(refused(it.hold(desk.ask())).headers)).toMatchObject({
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '6m40s',
    })
  })

  it('tell nobody what his tenant may still spend', () => {
    const desk = new Desk()
    const hold = held(
      desk.allowance([tenant({ budgets: ['b'] })], budgets({ b: { usd: 1 } })).hold(desk.ask()),
    )
    expect(hold.headers).toEqual([])
  })
})

describe('counts that are shared', () => {
  it('are taken with those of this process, or none of them', async () => {
    const store = new Shared()
    const desk = new Desk(store)
    const of = numbers({ own: { requests: 2, perMs: 3_600_000, shared: false } }, { b: { calls: 1 } })
    const it = desk.allowance([tenant({ budgets: ['b'] }), key({ limits: ['own'] })], of)
    const [first, second] = await Promise.all([it.hold(desk.ask()), it.hold(desk.ask())])
    expect('refused' in first).toBe(false)
    expect(second).toMatchObject({ refused: 'policy.budget_spent', holder: 'acme' })
    const own = desk.allowance([key({ limits: ['own'] })], of)
    held(own.hold(desk.ask()))
    refused(own.hold(desk.ask()))
  })

  it('refuse at once what a limit of this process refuses, and are not asked', async () => {
    const store = new Shared()
    const desk = new Desk(store)
    const of = numbers({ own: { requests: 1, perMs: 3_600_000, shared: false } }, { b: { calls: 9 } })
    const it = desk.allowance([tenant({ budgets: ['b'] }), key({ limits: ['own'] })], of)
    await it.hold(desk.ask())
    refused(it.hold(desk.ask()))
    expect(store.taken).toBe(1)
  })

  it('that cannot be reached take nothing here either', async () => {
    const store = new Shared()
    const desk = new Desk(store)
    const of = numbers({ own: { requests: 1, perMs: 3_600_000, shared: false } }, { b: { calls: 9 } })
    const it = desk.allowance([tenant({ budgets: ['b'] }), key({ limits: ['own'] })], of)
    store.isGone = true
    expect(await it.hold(desk.ask())).toMatchObject({ refused: 'counters.unreachable' })
    store.isGone = false
    expect(await it.hold(desk.ask())).not.toHaveProperty('refused')
  })

  it('are settled there', async () => {
    const store = new Shared()
    const desk = new Desk(store)
    const it = desk.allowance([tenant({ budgets: ['b'] })], budgets({ b: { usd: 1 } }))
    const hold = await it.hold(desk.ask({ cost: 1_000_000 }))
    if ('refused' in hold) throw new Error('refused')
    hold.settle(desk.used({ costMicroUsd: 250_000 }))
    expect(await it.standing(desk.nowMs, 0)).toMatchObject([{ used: 250_000, shared: true }])
  })
})

/** Counts that answer later, and may be gone. */
class Shared implements CounterStore {
  readonly kind = 'test'
  readonly #counts = new LocalCounters()
  isGone = false
  taken = 0

  async take(claims: readonly Claim[], nowMs: number): Promise<Left | Short> {
    await Promise.resolve()
    if (this.isGone) throw new Error('gone')
    this.taken += 1
    return this.#counts.take(claims, nowMs)
  }
  correct(...given: Parameters<CounterStore['correct']>): void {
    this.#counts.correct(...given)
  }
  read(...given: Parameters<CounterStore['read']>): readonly number[] {
    return this.#counts.read(...given)
  }
  close(): void {
    this.#counts.close()
  }
}

describe('any row of calls', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('begin' as const),
      by: fc.nat(2),
      input: fc.nat(50),
      output: fc.option(fc.nat(80)),
      cost: fc.nat(500),
    }),
    fc.record({
      kind: fc.constant('end' as const),
      which: fc.nat(9),
      asked: fc.boolean(),
      input: fc.nat(80),
      output: fc.nat(120),
      cost: fc.nat(900),
      twice: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('reload' as const), scale: fc.integer({ min: 1, max: 3 }) }),
  )
  const of = (scale: number): Numbers =>
    numbers(
      {
        [`rate-${scale}`]: {
          requests: 12 * scale,
          inputTokens: 600,
          outputTokens: 900,
          perMs: 2_000_000_000,
        },
        at: { concurrent: 4 },
      },
      { [`money-${scale}`]: { usd: 0.004 * scale, calls: 20 * scale, tokens: 3000 * scale } },
    )
  const levels = (scale: number, name: string): readonly Level[] => [
    tenant({ limits: ['at'], budgets: [`money-${scale}`] }),
    key({ name, limits: [`rate-${scale}`], budgets: [`money-${scale}`] }),
  ]

  it('comes to what was used: nothing lost, nothing counted twice, never below nothing, refused calls for free', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 120 }), async (steps) => {
        const desk = new Desk()
        const names = ['acme/a', 'acme/b', 'acme/c']
        let [callers, scale] = [names.map((name) => desk.allowance(levels(1, name), of(1))), 1]
        const standings = () =>
          Promise.all(callers.map(async (one) => await one.standing(desk.nowMs, desk.monoMs)))
        const running: { hold: Hold; by: number; input: number; output: number; cost: number }[] = []
        const sums = { calls: 0, tokens: 0, usd: 0 }
        for (const it of steps) {
          if (it.kind === 'reload') {
            scale = it.scale
            callers = names.map((name) => desk.allowance(levels(scale, name), of(scale)))
          } else if (it.kind === 'begin') {
            const before = await standings()
            const ask = desk.ask(it)
            const answer = callers[it.by]?.hold(ask)
            if (answer === undefined || answer instanceof Promise) throw new Error('no answer')
            const after = await standings()
            if ('refused' in answer) expect(after).toEqual(before)
            else running.push({ hold: answer, by: it.by, input: 0, output: 0, cost: 0 })
            const total = after[0]?.find((one) => one.kind === 'tenant' && one.counts === 'calls')
            expect(total?.used ?? 0).toBe(sums.calls + running.length)
            if (!('refused' in answer)) {
              for (const one of after[it.by] ?? [])
                if (one.counts === 'calls') expect(one.used).toBeLessThanOrEqual(one.most)
            }
          } else {
            const [ended] = running.splice(it.which % Math.max(1, running.length), 1)
            if (ended === undefined) continue
            const { asked } = it
            const [inputTokens, outputTokens, costMicroUsd] = asked
              ? [it.input, it.output, it.cost]
              : [0, 0, 0]
            const used = desk.used({ asked, inputTokens, outputTokens, costMicroUsd })
            ended.hold.settle(used)
            if (it.twice) ended.hold.settle(used)
            sums.calls += asked ? 1 : 0
            sums.tokens += inputTokens + outputTokens
            sums.usd += costMicroUsd
          }
          for (const one of await standings()) {
            for (const count of one) expect(count.used).toBeGreaterThanOrEqual(0)
          }
        }
        for (const { hold } of running.splice(0))
          hold.settle(desk.used({ asked: false, inputTokens: 0, outputTokens: 0 }))
        const standing = (await callers[0]?.standing(desk.nowMs, desk.monoMs)) ?? []
        const of0 = (counts: string) =>
          standing.find((it) => it.kind === 'tenant' && it.of === 'budget' && it.counts === counts)?.used
        expect([of0('calls'), of0('tokens'), of0('usd')]).toEqual([sums.calls, sums.tokens, sums.usd])
        expect(standing.find((it) => it.counts === 'concurrent')?.used).toBe(0)
      }),
      { numRuns: 150, seed: 20261121 },
    )
  })
})

function pairs(headers: readonly string[]): Record<string, string> {
  const entries: [string, string][] = []
  for (let i = 0; i < headers.length; i += 2) entries.push([headers[i] ?? '', headers[i + 1] ?? ''])
  return Object.fromEntries(entries)
}

function fail(): never {
  throw new Error('there is none')
}
