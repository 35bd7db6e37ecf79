import { counterConformance } from '@changeover/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LocalCounters } from './local-counters.ts'

counterConformance({
  name: 'this process',
  async create() {
    const store = new LocalCounters()
    let nowMs = 1_000_000
    return {
      store,
      another: async () => store,
      now: () => nowMs,
      advance: async (ms) => void (nowMs += ms),
      dispose: async () => store.close(),
    }
  },
})

interface Numbers {
  readonly requests: number
  readonly perMs: number
  readonly burst?: number | undefined
}

/** One count, read by certain numbers. */
function createLimiter(count: LocalCounters, { requests, perMs, burst }: Numbers) {
  const claim = {
    kind: 'bucket',
    key: 'k',
    amount: 1,
    rate: requests,
    perMs,
    burst: burst ?? requests,
  } as const
  return {
    take(nowMs: number): { readonly retryAfterMs: number } | null {
      const left = count.takeOne(claim, nowMs)
      return left >= 0 ? null : { retryAfterMs: -left }
    },
  }
}
const createRequestCount = (): LocalCounters => new LocalCounters()

const numbers = fc.record({
  requests: fc.integer({ min: 1, max: 50 }),
  perMs: fc.integer({ min: 1, max: 5000 }),
  burst: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
})
const burstOf = (it: Numbers): number => it.burst ?? it.requests
/** Waits between requests, milliseconds. */
const waits = fc.array(fc.integer({ min: 0, max: 800 }), { minLength: 1, maxLength: 200 })

describe('a request limit', () => {
  it('never admits more in any window than the burst and the rate', () => {
    fc.assert(
      fc.property(numbers, waits, (it, gaps) => {
        const admitted = admittedAt(it, gaps)
        for (let first = 0; first < admitted.length; first++) {
          for (let last = first; last < admitted.length; last++) {
            const windowMs = (admitted[last] ?? 0) - (admitted[first] ?? 0)
            const most = burstOf(it) + (windowMs * it.requests) / it.perMs
            expect(last - first + 1).toBeLessThanOrEqual(most + 1e-6)
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  it('admits the whole burst at once, and then not one more', () => {
    fc.assert(
      fc.property(numbers, (it) => {
        const limiter = createLimiter(createRequestCount(), it)
        for (let i = 0; i < burstOf(it); i++) expect(limiter.take(1000)).toBeNull()
        expect(limiter.take(1000)).not.toBeNull()
      }),
    )
  })

  it('keeps its word: after the wait that it names, and not before, the next is taken', () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 0, max: 1e9 }), (it, start) => {
        const count = createRequestCount()
        const limiter = createLimiter(count, it)
        for (let i = 0; i < burstOf(it); i++) limiter.take(start)
        const wait = limiter.take(start)?.retryAfterMs ?? 0
        const exactMs = it.perMs / it.requests
        expect(wait).toBeGreaterThanOrEqual(exactMs - 1e-6)
        expect(wait).toBeLessThan(exactMs + 1.000_001)
        expect(limiter.take(start + wait)).toBeNull()
      }),
    )
  })

  it('admits at the rate for ever: nothing is lost to rounding or to refused requests', () => {
    const limiter = createLimiter(createRequestCount(), { requests: 3, perMs: 1000, burst: 1 })
    let admitted = 0
    for (let nowMs = 0; nowMs < 1_000_000; nowMs += 7) if (limiter.take(nowMs) === null) admitted++
    // Three a second, but only each seventh millisecond is asked for.
    expect(admitted).toBeGreaterThan(2900)
    expect(admitted).toBeLessThanOrEqual(3001)
  })

  it('is full again after a quiet period, and not fuller', () => {
    const limiter = createLimiter(createRequestCount(), { requests: 5, perMs: 1000 })
    for (let i = 0; i < 5; i++) limiter.take(0)
    for (let i = 0; i < 5; i++) expect(limiter.take(1_000_000)).toBeNull()
    expect(limiter.take(1_000_000)).not.toBeNull()
  })

  it('does not refuse for a rounding error in the time', () => {
    for (let start = 0.1; start < 100; start += 0.7) {
      const limiter = createLimiter(createRequestCount(), { requests: 10, perMs: 1000, burst: 1 })
      expect(limiter.take(start)).toBeNull()
      expect(limiter.take(start + 100), String(start)).toBeNull()
    }
  })

  it('takes what is left when the clock goes back', () => {
    const limiter = createLimiter(createRequestCount(), { requests: 2, perMs: 1000 })
    expect(limiter.take(10_000)).toBeNull()
    expect(limiter.take(0)).toBeNull()
    expect(limiter.take(0)?.retryAfterMs).toBe(500)
  })

  it('gives nothing back when the clock goes back', () => {
    const limiter = createLimiter(createRequestCount(), { requests: 2, perMs: 1000 })
    expect(limiter.take(10_000)).toBeNull()
    expect(limiter.take(10_000)).toBeNull()
    expect(limiter.take(0)).not.toBeNull()
    expect(limiter.take(10_000)).not.toBeNull()
    expect(limiter.take(10_500)).toBeNull()
  })
})

describe('a reload with other numbers', () => {
  it('keeps what was used', () => {
    fc.assert(
      fc.property(numbers, numbers, fc.integer({ min: 0, max: 60 }), (before, after, wanted) => {
        const count = createRequestCount()
        const old = createLimiter(count, before)
        const used = Array.from({ length: wanted }).filter(() => old.take(5000) === null).length
        const limiter = createLimiter(count, after)
        let more = 0
        while (more < 1000 && limiter.take(5000) === null) more++
        expect(more).toBe(Math.max(0, burstOf(after) - used))
      }),
    )
  })

  it('forgets no count that is not empty yet by the new numbers, though nothing was taken by them', () => {
    const count = new LocalCounters()
    const before = createLimiter(count, { requests: 10, perMs: 1000 })
    for (let i = 0; i < 10; i += 1) expect(before.take(0)).toBeNull()
    const after = createLimiter(count, { requests: 10, perMs: 3_600_000 })
    expect(after.take(0)).toEqual({ retryAfterMs: 360_000 })
    count.sweep(60_000, 60_000)
    expect(after.take(60_000)?.retryAfterMs).toBeCloseTo(300_000, -1)
  })

  it('lets a caller that was refused go on at the new rate', () => {
    const count = createRequestCount()
    const slow = createLimiter(count, { requests: 1, perMs: 3_600_000 })
    slow.take(0)
    expect(slow.take(0)?.retryAfterMs).toBe(3_600_000)
    const quick = createLimiter(count, { requests: 10, perMs: 1000, burst: 1 })
    expect(quick.take(0)?.retryAfterMs).toBe(100)
    expect(quick.take(100)).toBeNull()
  })

  it('counts together what is pinned to the old numbers and to the new', () => {
    const count = createRequestCount()
    const old = createLimiter(count, { requests: 3, perMs: 1000 })
    const young = createLimiter(count, { requests: 5, perMs: 1000 })
    for (let i = 0; i < 3; i++) expect(old.take(0)).toBeNull()
    expect(young.take(0)).toBeNull()
    expect(young.take(0)).toBeNull()
    expect(young.take(0)).not.toBeNull()
    expect(old.take(0)).not.toBeNull()
  })
})

function admittedAt(it: Numbers, gaps: readonly number[]): readonly number[] {
  const limiter = createLimiter(createRequestCount(), it)
  const admitted: number[] = []
  let nowMs = 0
  for (const gap of gaps) {
    nowMs += gap
    if (limiter.take(nowMs) === null) admitted.push(nowMs)
  }
  return admitted
}
