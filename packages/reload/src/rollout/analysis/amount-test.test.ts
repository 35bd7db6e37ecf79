import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evidenceAbove, halfWidth } from './amount-test.ts'

/** The mixture as it is defined: likelihood ratios of all effects above the limit, half-normal with 0.15, summed up. */
function byHand(difference: number, variance: number): number {
  const step = 1e-4
  let sum = 0
  for (let effect = step / 2; effect < 1.5; effect += step) {
    const prior = (2 / (0.15 * Math.sqrt(2 * Math.PI))) * Math.exp(-0.5 * (effect / 0.15) ** 2)
    sum += prior * Math.exp((effect * difference - 0.5 * effect * effect) / variance) * step
  }
  return Math.log(sum)
}

describe('the test of amounts', () => {
  it.each([
    [0, 0.001],
    [0.1, 0.001],
    [0.2, 0.01],
    [-0.05, 0.002],
  ])('is the mixture of all effects above the limit: %d with variance %d', (difference, variance) => {
    expect(evidenceAbove(difference, variance, 0)).toBeCloseTo(byHand(difference, variance), 4)
    expect(evidenceAbove(difference + 0.3, variance, 0.3)).toBeCloseTo(byHand(difference, variance), 4)
  })

  it('has no evidence where nothing is known', () => {
    for (const variance of [0, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(evidenceAbove(1, variance, 0)).toBe(Number.NEGATIVE_INFINITY)
    }
  })

  it('is more certain the larger the difference', () => {
    const number = fc.double({ min: -1, max: 1, noNaN: true })
    fc.assert(
      fc.property(number, number, fc.double({ min: 1e-4, max: 0.1, noNaN: true }), (a, b, variance) => {
        fc.pre(Math.abs(a - b) > 1e-6)
        const [low, high] = a < b ? [a, b] : [b, a]
        expect(evidenceAbove(high, variance, 0)).toBeGreaterThanOrEqual(evidenceAbove(low, variance, 0))
      }),
    )
  })

  it('has an interval wider than one that is looked at once, and narrower with more data', () => {
    expect(halfWidth(0.001, 0.05)).toBeGreaterThan(1.96 * Math.sqrt(0.001))
    expect(halfWidth(0.0001, 0.05)).toBeLessThan(halfWidth(0.001, 0.05))
  })
})
