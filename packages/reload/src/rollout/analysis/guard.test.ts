import { describe, expect, it } from 'vitest'
import { Guard } from './guard.ts'
import { Random } from './test-random.ts'

/** Adds `n` requests of the baseline that are well. */
function well(guard: Guard, n = 100): Guard {
  for (let i = 0; i < n; i += 1) guard.baseline(false)
  return guard
}

/** How many failures of the candidate in a row it takes; `between` happens after each. */
function failuresUntilDead(guard: Guard, between: (i: number) => void, unit?: (i: number) => number): number {
  for (let i = 1; i <= 200; i += 1) {
    guard.candidate(true, unit?.(i))
    between(i)
    if (guard.dead) return i
  }
  return Number.POSITIVE_INFINITY
}

describe('the guard', () => {
  it('calls a candidate dead within a handful of failures while the baseline is well', () => {
    const guard = well(new Guard())
    expect(failuresUntilDead(guard, () => well(guard, 4))).toBeLessThanOrEqual(8)
    expect(guard.reason).toMatch(
      /^\d of the candidate's last \d requests failed, against 0 of \d+ of the baseline's meanwhile$/,
    )
  })

  it('calls one dead of which a fifth is answered well: a good answer speaks for it, and does not clear it', () => {
    const guard = well(new Guard())
    for (let i = 0; i < 6; i += 1) {
      for (let k = 0; k < 4; k += 1) guard.candidate(true)
      guard.candidate(false)
      well(guard, 4)
    }
    expect(guard.dead).toBe(true)
  })

  it('waits for the baseline to answer meanwhile before it decides', () => {
    const guard = well(new Guard())
    expect(failuresUntilDead(guard, () => undefined)).toBe(Number.POSITIVE_INFINITY)
    well(guard, 10)
    expect(guard.dead).toBe(true)
  })

  it('says nothing where both fail, however the traffic is shared', () => {
    for (const each of [1, 4, 19]) {
      const guard = well(new Guard())
      const fail = (): void => {
        for (let k = 0; k < each; k += 1) guard.baseline(true)
      }
      expect(failuresUntilDead(guard, fail)).toBe(Number.POSITIVE_INFINITY)
    }
  })

  it('says nothing without a baseline that was seen', () => {
    const guard = well(new Guard(), 10)
    expect(failuresUntilDead(guard, () => undefined)).toBe(Number.POSITIVE_INFINITY)
  })

  it('takes what was seen before a swap where nothing runs beside', () => {
    const guard = new Guard({ samples: 5000, failures: 50 })
    expect(failuresUntilDead(guard, () => undefined)).toBeLessThanOrEqual(8)
    expect(guard.reason).toContain('against 50 of 5,000 before the swap')
    expect(failuresUntilDead(new Guard({ samples: 5000, failures: 2500 }), () => undefined)).toBe(
      Number.POSITIVE_INFINITY,
    )
  })

  it('needs more of one unit than of many', () => {
    const many = well(new Guard())
    const one = well(new Guard())
    const ofMany = failuresUntilDead(
      many,
      () => well(many, 4),
      (i) => i,
    )
    const ofOne = failuresUntilDead(
      one,
      () => well(one, 4),
      () => 7,
    )
    expect(ofOne).toBeGreaterThan(2 * ofMany)
    expect(ofOne).toBeLessThan(40)
  })

  it('begins anew when the candidate does well', () => {
    const guard = well(new Guard())
    for (let i = 0; i < 300; i += 1) {
      for (let k = 0; k < 3; k += 1) guard.candidate(true)
      well(guard, 8)
      for (let k = 0; k < 6; k += 1) guard.candidate(false)
    }
    expect(guard.dead).toBe(false)
  })

  it('stays silent over a million requests of which a twentieth fails', () => {
    const random = new Random(5)
    const guard = well(new Guard())
    for (let i = 0; i < 1_000_000; i += 1) {
      guard.candidate(random.share() < 0.05)
      guard.baseline(random.share() < 0.05)
    }
    expect(guard.dead).toBe(false)
  })
})
