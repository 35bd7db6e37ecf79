/** Sticky and monotone, whatever the shares, and even. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cohortOf, POINTS, thresholdOf } from './cohort.ts'

const share = fc.integer({ min: 0, max: POINTS }).map((it) => it / POINTS)
const isIn = (rollout: string, unit: string, at: number) => cohortOf(rollout, unit) < thresholdOf(at)

describe('a cohort', () => {
  it('keeps each unit on its side, and gains units only (I24)', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), share, share, (rollout, unit, a, b) => {
        const [low, high] = a < b ? [a, b] : [b, a]
        expect(isIn(rollout, unit, low)).toBe(isIn(rollout, unit, low))
        if (isIn(rollout, unit, low)) expect(isIn(rollout, unit, high)).toBe(true)
      }),
    )
  })

  it('is empty at nothing and everybody at all', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (rollout, unit) => {
        expect([isIn(rollout, unit, 0), isIn(rollout, unit, 1)]).toEqual([false, true])
      }),
    )
  })

  it('has the size of its share', () => {
    const units = Array.from({ length: 20_000 }, (_, i) => `tenant-${i}`)
    for (const at of [0.01, 0.05, 0.25, 0.5]) {
      const found = units.filter((it) => isIn('sha256:a', it, at)).length / units.length
      expect(Math.abs(found - at)).toBeLessThan(0.01)
    }
  })

  it('is other units in another rollout', () => {
    const units = Array.from({ length: 10_000 }, (_, i) => `tenant-${i}`)
    const both = units.filter((it) => isIn('sha256:a', it, 0.1) && isIn('sha256:b', it, 0.1)).length
    expect(both).toBeLessThan(200)
  })

  it('knows a share exactly, whatever binary fractions make of it', () => {
    expect([0.07, 0.29, 0.57, 1e-4].map(thresholdOf)).toEqual([700, 2900, 5700, 1])
  })
})
