import { describe, expect, it } from 'vitest'
import type { BurnRatePolicy } from '../../contract/rollout.ts'
import { BurnRate } from './burn-rate.ts'
import type { Seen } from './guard.ts'

/** One in a hundred may fail, and ten times as many must not, over a minute and over five seconds. */
const POLICY: BurnRatePolicy = { objective: 0.99, factor: 10, longMs: 60_000, shortMs: 5_000 }

/** Second by second, twenty requests of each side, so many of them failed; what it said, and in which second. */
function watch(
  seconds: number,
  failed: (second: number) => { own: number; others?: number },
  { policy = POLICY, before = null }: { policy?: BurnRatePolicy; before?: Seen | null } = {},
): { readonly second: number; readonly said: string } | null {
  const burn = new BurnRate(policy, before)
  for (let second = 1; second <= seconds; second += 1) {
    const { own, others } = failed(second)
    for (let i = 0; i < 20; i += 1) {
      burn.candidate(i < own)
      if (others !== undefined) burn.baseline(i < others)
    }
    const said = burn.look(second * 1_000)
    if (said !== null) return { second, said }
  }
  return null
}

describe('a budget of errors', () => {
  it('that burns too fast in both windows is told, with its numbers, once there are enough requests', () => {
    const found = watch(60, () => ({ own: 4, others: 0 }))
    expect(found?.second).toBe(3)
    expect(found?.said).toBe(
      '12 of 60 requests failed within 60 s, 20.0 times the 1 % that may, and 10 times is too fast',
    )
  })

  it('that lasts is not told, however long somebody looks', () => {
    expect(watch(600, () => ({ own: 1, others: 0 }))).toBeNull()
  })

  it('outlives a burst that is over before it matters', () => {
    // The short window is on fire for a second; the long one has seen three quarters of a minute without a failure.
    expect(watch(120, (second) => ({ own: second === 50 ? 20 : 0, others: 0 }))).toBeNull()
  })

  it('is not burning any more when the short window is well again', () => {
    const failed = (second: number) => ({ own: second < 20 ? 1 : 0, others: 0 })
    // Long over the factor, by requests of twenty seconds ago.
    const policy = { ...POLICY, factor: 5, minSamples: 400 }
    expect(watch(60, failed, { policy })).toBeNull()
  })

  it('forgets what is older than the long window', () => {
    const failed = (second: number) => ({ own: second > 300 ? 20 : 0, others: 0 })
    const found = watch(400, failed)
    // More than a tenth of a minute of failures: 7 of 60 seconds.
    expect(found?.second).toBe(307)
  })

  it('is not laid to a version while it burns for the others as well', () => {
    expect(watch(60, () => ({ own: 10, others: 9 }))).toBeNull()
    expect(watch(60, (second) => ({ own: 10, others: second < 5 ? 9 : 0 }))).not.toBeNull()
  })

  it('is not laid to a version that takes all when it burnt before', () => {
    const burnt = { samples: 100, failures: 30 }
    expect(watch(60, () => ({ own: 10 }), { before: burnt })).toBeNull()
    const well = { samples: 100, failures: 1 }
    expect(watch(60, () => ({ own: 10 }), { before: well })).not.toBeNull()
  })

  it('remembers, when the version has all of the traffic, what the others did lately', () => {
    const burning = (others: number): string | null => {
      const burn = new BurnRate(POLICY, null)
      for (let i = 0; i < 200; i += 1) burn.baseline(i < others)
      burn.look(1_000)
      burn.alone(2_000)
      for (let i = 0; i < 100; i += 1) burn.candidate(true)
      return burn.look(70_000)
    }
    expect(burning(100)).toBeNull()
    expect(burning(0)).toContain('100 of 100 requests failed')
  })
})
