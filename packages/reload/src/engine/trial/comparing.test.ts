import { describe, expect, it } from 'vitest'
import type { MeasureSpec } from '../../contract/rollout.ts'
import { Random } from '../../rollout/analysis/test-random.ts'
import { Comparing } from './comparing.ts'

const shared = { worse: 'higher', tolerance: 0.1, minSamples: 20 } as const
const measures: readonly MeasureSpec[] = [
  { ...shared, name: 'failed', kind: 'proportion', guard: true, budget: true },
  { ...shared, name: 'latency', kind: 'amount' },
]
const burnRate = { objective: 0.99, factor: 2, longMs: 60_000, shortMs: 5_000 }

interface Ended {
  readonly side: 'candidate' | 'baseline'
  readonly failed: boolean
  readonly ms: number
  readonly unit: number | undefined
}

/** Of the candidate so many fail. */
function calls(count: number, seed: number, failing: number): readonly Ended[] {
  const random = new Random(seed)
  return Array.from({ length: count }, () => {
    const side = random.share() < 0.3 ? 'candidate' : 'baseline'
    const failed = random.share() < (side === 'candidate' ? failing : 0.01)
    return { side, failed, ms: random.share() * 100, unit: random.below(40) }
  })
}

type Say = (it: Comparing, ended: Ended, place: number) => void

const atOnce: Say = (it, { side, failed, ms, unit }) =>
  it[side].addAll(Float64Array.of(Number(failed), failed ? Number.NaN : ms), unit)

const oneByOne: Say = (it, { side, failed, ms, unit }) => {
  it[side].add(0, Number(failed), unit)
  if (!failed) it[side].add(1, ms, unit)
}

const byTurns: Say = (it, ended, place) => (place % 3 === 0 ? oneByOne : atOnce)(it, ended, place)

/** How many had ended when it was told that the candidate is dead, and what is found at the end. */
function compared(ended: readonly Ended[], say: Say) {
  let [told, done] = [-1, 0]
  const onDead = (): void => {
    told = done
  }
  const it = new Comparing({ measures, policy: {}, burnRate, onDead }, null)
  for (const call of ended) {
    done += 1
    say(it, call, done)
  }
  return { told, burning: it.burning(1), judgement: it.judge(), dead: it.dead }
}

const nothing = (): void => undefined

describe('a comparison', () => {
  it.each([0.01, 0.2, 0.9, 1])(
    'says of calls what it says of each number: %d of the candidate fail',
    (failing) => {
      for (let seed = 1; seed <= 20; seed += 1) {
        const ended = calls(400, seed, failing)
        const expected = compared(ended, oneByOne)
        expect(compared(ended, atOnce)).toEqual(expected)
        expect(compared(ended, byTurns)).toEqual(expected)
      }
    },
  )

  it('is told of a dead candidate by a call of the baseline that goes well, where that decides', () => {
    const well = { side: 'baseline', failed: false, ms: 10, unit: undefined } as const
    const failed = { ...well, side: 'candidate', failed: true } as const
    const before = Array.from({ length: 100 }, () => well)
    const ended = [...before, ...Array.from({ length: 20 }, () => failed), ...before]
    const { told } = compared(ended, atOnce)
    expect(told).toBe(compared(ended, oneByOne).told)
    expect(told).toBeGreaterThan(120)
  })

  it('knows of all that went well when it is asked for its budget', () => {
    const burnRate = { objective: 0.99, factor: 2, longMs: 60_000, shortMs: 5_000, minSamples: 10 }
    const it = new Comparing({ measures, policy: {}, burnRate, onDead: nothing }, null)
    it.candidate.addAll(Float64Array.of(1, Number.NaN))
    for (let i = 0; i < 9; i += 1) it.candidate.addAll(Float64Array.of(0, 10))
    expect(it.burning(1)).toMatch(/^1 of 10 requests failed/)
  })

  it('is told of a dead candidate by the very call that shows it', () => {
    const told = Array.from({ length: 20 }, (_, seed) => compared(calls(400, seed + 1, 1), atOnce).told)
    expect(told.every((it) => it > 0 && it < 200)).toBe(true)
  })

  it('has all that calls said when it judges', () => {
    const it = new Comparing({ measures, policy: {}, burnRate: null, onDead: nothing }, null)
    for (let i = 0; i < 7; i += 1) {
      it.baseline.addAll(Float64Array.of(0, 10))
      it.candidate.addAll(Float64Array.of(0, 10))
    }
    expect(it.judge().measures[0]?.candidate.samples).toBe(7)
  })

  it('takes what the baseline did before it was gone for what it did', () => {
    const dead = (it: Comparing) => {
      it.alone(0)
      for (let i = 0; i < 40; i += 1) it.candidate.addAll(Float64Array.of(1, Number.NaN))
      return it.dead
    }
    const it = new Comparing({ measures, policy: {}, burnRate: null, onDead: nothing }, null)
    for (let i = 0; i < 25; i += 1) it.baseline.addAll(Float64Array.of(0, 10))
    expect(dead(it)).toMatch(/0 of 25 before the swap/)
  })

  it('keeps what is said by a call that ends while others are told of', () => {
    let it: Comparing | null = null
    let cut = 0
    const onDead = (): void => {
      for (; cut < 3; cut += 1) it?.baseline.addAll(Float64Array.of(0, 10))
    }
    it = new Comparing({ measures, policy: {}, burnRate: null, onDead }, null)
    for (let i = 0; i < 100; i += 1) it.baseline.addAll(Float64Array.of(0, 10))
    for (let i = 0; i < 30; i += 1) {
      it.candidate.addAll(Float64Array.of(1, Number.NaN))
      it.baseline.addAll(Float64Array.of(0, 10))
    }
    expect(cut).toBe(3)
    expect(it.judge().measures[0]?.baseline.samples).toBe(133)
  })
})
