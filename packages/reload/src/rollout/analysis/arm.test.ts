import { describe, expect, it } from 'vitest'
import type { MeasureSpec } from '../../contract/rollout.ts'
import { Arm, GROUPS } from './arm.ts'

const shared = { worse: 'higher', tolerance: 0.1, minSamples: 1 } as const
const specs: readonly MeasureSpec[] = [
  { ...shared, name: 'failed', kind: 'proportion' },
  { ...shared, name: 'latency', kind: 'amount' },
  { ...shared, name: 'cost', kind: 'amount' },
]
const calls = [
  [0, 12, 3],
  [1, Number.NaN, Number.NaN],
  [0, 40.5, 0],
] as const

describe('all that a call says, added at once', () => {
  it('is what it says, added one by one', () => {
    const [together, apart] = [new Arm(specs), new Arm(specs)]
    for (const [unit, said] of calls.entries()) {
      together.addAll(Float64Array.from(said), unit)
      for (const [measure, value] of said.entries()) {
        if (!Number.isNaN(value)) apart.add(measure, value, unit)
      }
    }
    expect(together.sums).toEqual(apart.sums)
    expect(together.bins).toEqual(apart.bins)
    expect([together.hasUnits, [...together.broken]]).toEqual([true, [0, 0, 0]])
  })

  it('is of a unit of its own where none is named', () => {
    const arm = new Arm(specs)
    for (let i = 0; i < 1000; i += 1) arm.addAll(Float64Array.of(0, 10, 1))
    const used = new Set<number>()
    for (let i = 0; i < GROUPS; i += 1) if ((arm.sums[i * 4] ?? 0) > 0) used.add(i)
    expect([used.size, arm.hasUnits]).toEqual([GROUPS, false])
  })

  it('counts what is no rate and no amount, and keeps none of it', () => {
    const arm = new Arm(specs)
    arm.addAll(Float64Array.of(1.5, -1, Number.POSITIVE_INFINITY, 7))
    expect([...arm.broken]).toEqual([1, 1, 1])
    expect(arm.sums.every((it) => it === 0)).toBe(true)
  })
})
