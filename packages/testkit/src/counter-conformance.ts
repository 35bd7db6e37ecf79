/**
 * What every store of counts owes the limits and budgets that go by it, as tests. A new store is finished when they
 * pass. `advance` lets time pass as the store sees it, so that one which goes by its own clock can be waited for.
 *
 * The shapes are said once more here, because this package knows nothing of the gateway; a store of the gateway's fits.
 *
 * Not here: what a store does when its server is gone; that is each store's own test.
 */
import { expect } from 'vitest'
import { type Conformance, declareSuite } from './declare-suite.ts'

export interface CountersUnderTest {
  readonly store: CounterStoreLike
  /** The same counts, as another process has them; the same store where there is one process. */
  another(): Promise<CounterStoreLike>
  /** What is given as `nowMs`. */
  now(): number
  /** Resolves when that much more has gone by. */
  advance(ms: number): Promise<void>
  dispose(): Promise<void>
}

export type CounterConformance = Conformance<CountersUnderTest>

type Case = (under: CountersUnderTest) => Promise<void>

/** Declares the suite for one store. */
export function counterConformance(it: CounterConformance): void {
  declareSuite('a store of counts', cases, it)
}

const cases: Record<string, Case> = {
  'has taken nothing at first': async ({ store, now }) => {
    expect(await store.read([calls('a', 5), bucket('b', 3), place('c', 2, 'x')], now())).toEqual([0, 0, 0])
  },

  'takes from all counts, and says what is left of each': async ({ store, now }) => {
    const claims = [calls('a', 5), place('c', 2, 'x'), { ...calls('m', 1000), amount: 300 }]
    expect(await store.take(claims, now())).toEqual({ left: [4, 1, 700] })
    expect(await store.read(claims, now())).toEqual([1, 1, 300])
  },

  'takes nothing from any when one is short, and names the first that is': async ({ store, now }) => {
    await store.take([calls('b', 1)], now())
    const claims = [calls('a', 5), calls('b', 1), calls('c', 0)]
    const short = (await store.take(claims, now())) as ShortLike
    expect(short).toMatchObject({ short: 1, left: [5, 0, 0] })
    expect(await store.read(claims, now())).toEqual([0, 1, 0])
  },

  'takes exactly what there is, whoever asks at once': async ({ store, another, now }) => {
    const stores = [store, await another()]
    const asks = Array.from({ length: 200 }, async (_, i) => {
      const from = stores[i % 2] ?? store
      return from.take(
        [calls('tenant', 120), calls(`key-${i % 4}`, 40), place('at-once', 500, `h${i}`)],
        now(),
      )
    })
    const answers = await Promise.all(asks)
    expect(answers.filter((it) => !('short' in it))).toHaveLength(120)
    const [tenant = -1, ...rest] = await store.read(
      [calls('tenant', 0), ...[0, 1, 2, 3].map((it) => calls(`key-${it}`, 0)), place('at-once', 500, '')],
      now(),
    )
    expect(tenant).toBe(120)
    expect(rest.slice(0, 4).reduce((sum, it) => sum + it, 0)).toBe(120)
    expect(rest[4]).toBe(120)
  },

  'fills a bucket at once up to its burst, and then as it drains': async ({ store, now, advance }) => {
    const claim = bucket('b', 3)
    for (const left of [2, 1, 0]) await expectLeft(store.take([claim], now()), left)
    const short = (await store.take([claim], now())) as ShortLike
    expect(short.short).toBe(0)
    expect(short.retryAfterMs).toBeGreaterThan(0)
    expect(short.retryAfterMs).toBeLessThanOrEqual(claim.perMs / claim.rate)
    await advance(short.retryAfterMs ?? 0)
    expect(await store.take([claim], now())).not.toHaveProperty('short')
  },

  'says that waiting does not help where a bucket could never hold so much': async ({ store, now }) => {
    expect(await store.take([{ ...bucket('b', 3), amount: 4 }], now())).toMatchObject({
      short: 0,
      retryAfterMs: null,
    })
  },

  'reads one bucket by other numbers without giving anything back': async ({ store, now }) => {
    const long = { perMs: 3_600_000, rate: 10 }
    for (let i = 0; i < 4; i += 1) await store.take([{ ...bucket('b', 4), ...long }], now())
    expect(await store.take([{ ...bucket('b', 4), ...long }], now())).toHaveProperty('short', 0)
    await expectLeft(store.take([{ ...bucket('b', 6), ...long }], now()), 1)
  },

  'knows when a total begins anew': async ({ store, now }) => {
    const endsMs = now() + 60_000
    const claim = { ...calls('t', 1), endsMs }
    await store.take([claim], now())
    const short = (await store.take([claim], now())) as ShortLike
    expect(short.retryAfterMs).toBeGreaterThan(0)
    expect(short.retryAfterMs).toBeLessThanOrEqual(60_000)
    expect(await store.take([calls('t', 1)], now())).toMatchObject({ short: 0, retryAfterMs: null })
    expect(await store.take([{ ...claim, amount: 2 }], now())).toMatchObject({ retryAfterMs: null })
  },

  'names the longest wait of all that are short': async ({ store, now }) => {
    const claims = [
      { ...calls('a', 1), endsMs: now() + 30_000 },
      { ...calls('b', 1), endsMs: now() + 90_000 },
    ]
    await store.take(claims, now())
    const short = (await store.take(claims, now())) as ShortLike
    expect(short.short).toBe(0)
    expect(short.retryAfterMs).toBeGreaterThan(30_000)
    expect(await store.take([...claims, calls('never', 0)], now())).toMatchObject({
      short: 0,
      retryAfterMs: null,
    })
  },

  'adds what was used beyond what was held, also beyond the bound': async ({ store, now }) => {
    const claim = { ...calls('m', 1000), amount: 900 }
    await store.take([claim], now())
    await store.correct([{ claim, by: 300 }], now())
    expect(await store.read([claim], now())).toEqual([1200])
    expect(await store.take([{ ...claim, amount: 0 }], now())).toMatchObject({ short: 0, left: [0] })
  },

  'gives back what was not used, and never more than there is': async ({ store, now }) => {
    const [total, tokens] = [
      { ...calls('m', 1000), amount: 900 },
      { ...bucket('b', 100), perMs: 3_600_000, amount: 80 },
    ]
    await store.take([total, tokens], now())
    await store.correct(
      [
        { claim: total, by: -500 },
        { claim: tokens, by: -80 },
      ],
      now(),
    )
    expect(await store.read([total, tokens], now())).toEqual([400, 0])
    await store.correct([{ claim: total, by: -4000 }], now())
    expect(await store.read([total], now())).toEqual([0])
    await expectLeft(store.take([total], now()), 100)
  },

  'lends places, and takes them back whole': async ({ store, another, now }) => {
    const [a, b, c] = ['a', 'b', 'c'].map((it) => place('p', 2, it))
    if (a === undefined || b === undefined || c === undefined) return
    const other = await another()
    await store.take([a], now())
    await other.take([b], now())
    expect(await store.take([c], now())).toHaveProperty('short', 0)
    await store.correct([{ claim: a, by: -1 }], now())
    expect(await other.take([c], now())).toEqual({ left: [0] })
    expect(await store.read([a], now())).toEqual([2])
  },

  'takes whatever is asked of no count at all': async ({ store, now }) => {
    expect(await store.take([], now())).toEqual({ left: [] })
    await store.correct([], now())
    expect(await store.read([], now())).toEqual([])
  },
}

/** One call of `most`, of a count that never begins anew. */
function calls(key: string, most: number) {
  return { kind: 'total', key: `conformance:${key}`, amount: 1, most, endsMs: null as number | null } as const
}

/** Ten a second. */
function bucket(key: string, burst: number) {
  return { kind: 'bucket', key: `conformance:${key}`, amount: 1, rate: 10, perMs: 1000, burst } as const
}

function place(key: string, most: number, holder: string) {
  return { kind: 'places', key: `conformance:${key}`, amount: 1, most, holder, leaseMs: 60_000 } as const
}

/** Time goes on meanwhile where the store has its own clock, so a little more may be left. */
async function expectLeft(
  answer: LeftLike | ShortLike | Promise<LeftLike | ShortLike>,
  left: number,
): Promise<void> {
  const given = await answer
  expect(given).not.toHaveProperty('short')
  expect(given.left[0]).toBeGreaterThanOrEqual(left)
  expect(given.left[0]).toBeLessThan(left + 1)
}

type ClaimLike =
  | {
      readonly kind: 'bucket'
      readonly key: string
      readonly amount: number
      readonly rate: number
      readonly perMs: number
      readonly burst: number
    }
  | {
      readonly kind: 'total'
      readonly key: string
      readonly amount: number
      readonly most: number
      readonly endsMs: number | null
    }
  | {
      readonly kind: 'places'
      readonly key: string
      readonly amount: number
      readonly most: number
      readonly holder: string
      readonly leaseMs: number
    }

interface LeftLike {
  readonly left: readonly number[]
}

interface ShortLike extends LeftLike {
  readonly short: number
  readonly retryAfterMs: number | null
}

export interface CounterStoreLike {
  take(claims: readonly ClaimLike[], nowMs: number): LeftLike | ShortLike | Promise<LeftLike | ShortLike>
  correct(
    corrections: readonly { readonly claim: ClaimLike; readonly by: number }[],
    nowMs: number,
  ): void | Promise<void>
  read(claims: readonly ClaimLike[], nowMs: number): readonly number[] | Promise<readonly number[]>
  close(): void | Promise<void>
}
