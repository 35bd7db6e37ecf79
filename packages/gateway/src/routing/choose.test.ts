import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import { chooseTarget } from './choose.ts'

function route(weights: readonly number[], resting: readonly number[] = []): CompiledRoute {
  let until = 0
  const targets = weights.map((weight, i) => {
    until += weight
    const breaker = {
      allows: () => !resting.includes(i),
      succeeded: () => {},
      failed: () => {},
      state: 'closed',
    }
    return { target: { name: String(i), breaker } as unknown as CompiledTarget, until }
  })
  return { targets, totalWeight: until } as unknown as CompiledRoute
}

/** Golden-ratio steps: even like a grid, and neighbours have nothing to do with each other. */
function evenNumbers(): () => number {
  let point = 0
  return () => {
    point = (point + 0.618_033_988_749_895) % 1
    return point
  }
}

function shares(it: CompiledRoute): readonly number[] {
  const counts = it.targets.map(() => 0)
  const [first, further] = [evenNumbers(), evenNumbers()]
  const draws = 1000
  for (let i = 0; i < draws; i += 1) {
    let asked = 0
    const chosen = chooseTarget(it, () => (asked++ === 0 ? first() : further()), 0)
    if (chosen !== null) counts[Number(chosen.name)] = (counts[Number(chosen.name)] ?? 0) + 1
  }
  return counts.map((count) => Math.round((count / draws) * 100) / 100)
}

describe('a choice', () => {
  it('follows the weights', () => {
    expect(shares(route([1]))).toEqual([1])
    expect(shares(route([95, 5]))).toEqual([0.95, 0.05])
    expect(shares(route([0, 3, 1]))).toEqual([0, 0.75, 0.25])
  })

  it('spreads the share of a target at rest over the others by their weights', () => {
    const [resting, second, third] = shares(route([50, 40, 10], [0]))
    expect(resting).toBe(0)
    expect(second).toBeCloseTo(0.8, 1.5)
    expect(third).toBeCloseTo(0.2, 1.5)
  })

  it('is none exactly when every target with weight is at rest', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ weight: fc.nat(5), rests: fc.boolean() }), { minLength: 1, maxLength: 5 }),
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        (targets, numbers) => {
          if (targets.every((it) => it.weight === 0)) return
          const resting = targets.flatMap((it, i) => (it.rests ? [i] : []))
          const it = route(
            targets.map(({ weight }) => weight),
            resting,
          )
          const chosen = chooseTarget(it, () => numbers.next().value ?? 0, 0)
          const possible = targets.some(({ weight, rests }) => weight > 0 && !rests)

          expect(chosen !== null).toBe(possible)
          if (chosen !== null) {
            expect(targets[Number(chosen.name)]).toMatchObject({ rests: false })
            expect(targets[Number(chosen.name)]?.weight).toBeGreaterThan(0)
          }
        },
      ),
    )
  })
})
