import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ProportionTest } from './proportion-test.ts'

const evidenceOf = (looks: readonly [number, number, number, number][], allowed = 1): number => {
  const test = new ProportionTest(allowed)
  for (const [bad, calls, badThere, callsThere] of looks) test.look([bad, calls], [badThere, callsThere])
  return test.evidence(1)
}

const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k)

describe('the test of rates', () => {
  it('has no evidence before anything bad has happened', () => {
    expect(evidenceOf([[0, 1000, 0, 1000]])).toBeCloseTo(0, 12)
  })

  it('is worth what it should be, by hand: one bad event, equal shares', () => {
    // By ratio 1.3, 1.6, 2, 3, 6, 20, the event is the candidate's with r / (1 + r), against 1/2.
    const mean = [1.3, 1.6, 2, 3, 6, 20].map((r) => (2 * r) / (1 + r))
    const weights = [0.15, 0.25, 0.25, 0.15, 0.1, 0.1]
    const expected = Math.log(mean.reduce((sum, it, i) => sum + it * (weights[i] ?? 0), 0))
    expect(evidenceOf([[1, 100, 0, 100]])).toBeCloseTo(expected, 12)
  })

  it('is a fair bet where the candidate is as bad as is allowed: its mean is 1', () => {
    const allowed = 1.1
    const share = (allowed * 100) / (allowed * 100 + 900)
    let mean = 0
    for (let k = 0; k <= 12; k += 1) {
      const chance = choose(12, k) * share ** k * (1 - share) ** (12 - k)
      mean += chance * Math.exp(evidenceOf([[k, 100, 12 - k, 900]], allowed))
    }
    expect(mean).toBeCloseTo(1, 10)
  })

  it('does not care how the same calls are cut into looks while the shares stay', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3), fc.nat(30)), { minLength: 1, maxLength: 20 }), (looks) => {
        const parts = looks.map(([bad, badThere]): [number, number, number, number] => [
          bad,
          50,
          badThere,
          450,
        ])
        const whole = parts.reduce((a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]])
        expect(evidenceOf(parts)).toBeCloseTo(evidenceOf([whole]), 8)
        expect(evidenceOf(parts.toReversed())).toBeCloseTo(evidenceOf(parts), 8)
      }),
    )
  })

  it('is more certain with each bad event of the candidate, and less with each of the baseline', () => {
    const counts = [fc.nat(60), fc.nat(60), fc.integer({ min: 60, max: 500 })] as const
    fc.assert(
      fc.property(...counts, (bad, badThere, calls) => {
        const now = evidenceOf([[bad, calls, badThere, 500]])
        expect(evidenceOf([[bad + 1, calls, badThere, 500]])).toBeGreaterThan(now)
        expect(evidenceOf([[bad, calls, badThere + 1, 500]])).toBeLessThan(now)
      }),
    )
  })

  it('sees less as harm when told to, as the mirror of more', () => {
    const less = new ProportionTest(1, -1)
    less.look([0, 100], [9, 100])
    expect(less.evidence(1)).toBeCloseTo(evidenceOf([[9, 100, 0, 100]]), 10)
  })

  it('spreads evidence thinner where events come in heaps', () => {
    const test = new ProportionTest(1)
    test.look([20, 100], [20, 900])
    expect(test.evidence(4)).toBeLessThan(test.evidence(1) / 3)
  })
})
