import { describe, expect, it } from 'vitest'
import { testTarget } from '../server/test-gateway.ts'
import { createEjector, createStandings, type EjectionNumbers } from './ejector.ts'

const targets = ['a', 'b', 'c', 'd'].map((it) => testTarget(it, { upstream: null as never }))
const [a, b, c] = targets as [(typeof targets)[0], (typeof targets)[0], (typeof targets)[0]]
const numbers: EjectionNumbers = {
  failuresInRow: 3,
  successGap: 0.3,
  minCalls: 10,
  windowMs: 10_000,
  forMs: 1000,
  maxPercent: 50,
}
const make = (more: Partial<EjectionNumbers> = {}, among = targets, standings = createStandings()) =>
  createEjector(standings, among, { ...numbers, ...more })
const fail = (ejector: ReturnType<typeof make>, target: typeof a, times: number, nowMs = 0) => {
  for (let i = 0; i < times; i += 1) ejector.record(target, false, nowMs)
}

describe('an outlier', () => {
  it('is out after so many failures in a row, for a while', () => {
    const ejector = make()
    fail(ejector, a, 2)
    expect(ejector.isOut(a, 0)).toBe(false)
    ejector.record(a, true, 0)
    fail(ejector, a, 2)
    expect(ejector.isOut(a, 0)).toBe(false)
    fail(ejector, a, 1)
    expect(ejector.isOut(a, 0)).toBe(true)
    expect(ejector.isOut(a, 999)).toBe(true)
    expect(ejector.isOut(a, 1000)).toBe(false)
  })

  it('is out longer each time', () => {
    const ejector = make()
    fail(ejector, a, 3, 0)
    fail(ejector, a, 3, 2000)
    expect(ejector.isOut(a, 3999)).toBe(true)
    expect(ejector.isOut(a, 4000)).toBe(false)
  })

  it('is who succeeds less often than the others, by more than the gap', () => {
    const ejector = make({ failuresInRow: 1000 })
    for (let i = 0; i < 10; i += 1) for (const it of [b, c]) ejector.record(it, true, 0)
    for (let i = 0; i < 6; i += 1) ejector.record(a, true, 0)
    fail(ejector, a, 3)
    expect(ejector.isOut(a, 0)).toBe(false)
    fail(ejector, a, 1)
    expect(ejector.isOut(a, 0)).toBe(true)
  })

  it('is nobody when all are as bad', () => {
    const ejector = make({ failuresInRow: 1000 })
    for (let i = 0; i < 40; i += 1) for (const it of targets) ejector.record(it, i % 2 === 0, 0)
    expect(targets.map((it) => ejector.isOut(it, 0))).toEqual([false, false, false, false])
  })

  it('is judged by the last two windows, not by its past', () => {
    const ejector = make({ failuresInRow: 1000 })
    fail(ejector, a, 30, 0)
    for (let i = 0; i < 20; i += 1) {
      ejector.record(a, true, 25_000)
      ejector.record(b, true, 25_000)
    }
    fail(ejector, a, 1, 25_000)
    expect(ejector.isOut(a, 25_000)).toBe(false)
  })

  it('does not go when too many are out already, and the last one never', () => {
    const ejector = make()
    for (const it of targets) fail(ejector, it, 3)
    expect(targets.filter((it) => ejector.isOut(it, 0))).toHaveLength(2)
    const alone = make({ maxPercent: 100 }, [a])
    fail(alone, a, 50)
    expect(alone.isOut(a, 0)).toBe(false)
  })

  it('stays out over a reload, whatever numbers come with it', () => {
    const standings = createStandings()
    fail(make({}, targets, standings), a, 3)
    expect(make({ failuresInRow: 100 }, targets, standings).isOut(a, 500)).toBe(true)
  })
})
