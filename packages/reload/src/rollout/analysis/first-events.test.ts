import { describe, expect, it } from 'vitest'
import type { MeasureSpec } from '../../contract/rollout.ts'
import { Arm } from './arm.ts'
import { Comparison } from './comparison.ts'
import { FirstEvents } from './first-events.ts'
import { Random } from './test-random.ts'

const refusals: MeasureSpec = {
  name: 'refusal_rate',
  kind: 'proportion',
  worse: 'higher',
  tolerance: 0.1,
  minSamples: 100,
}

interface Tenant {
  readonly hash: number
  readonly tried: boolean
  readonly rate: number
  readonly volume: number
}

/** Two arms over `looks` stretches of time, in each of which every tenant makes `volume` calls. */
function compare(tenants: readonly Tenant[], looks: number, seed: number) {
  const random = new Random(seed, 5)
  const [candidate, baseline] = [new Arm([refusals]), new Arm([refusals])]
  const comparison = new Comparison([refusals], {})
  const first = new FirstEvents(0, 1.1, false)
  for (let look = 0; look < looks; look += 1) {
    for (const { hash, tried, rate, volume } of tenants) {
      for (let call = 0; call < volume; call += 1) {
        const value = random.share() < rate ? 1 : 0
        ;(tried ? candidate : baseline).add(0, value, hash)
      }
    }
    first.look(candidate, baseline)
    const { verdict } = comparison.judge(candidate, baseline)
    if (verdict === 'fail') return { verdict, looks: look + 1, evidence: first.evidence() }
  }
  return { verdict: 'no fail' as const, looks, evidence: first.evidence() }
}

/** `tried` of `count` tenants under the candidate, which has `rate` of bad events; the others have `usual`. */
function tenants(count: number, tried: number, rate: number, usual: number): Tenant[] {
  return Array.from({ length: count }, (_, i) => {
    const isTried = i < tried
    return { hash: (i + 1) * 2_654_435, tried: isTried, rate: isTried ? rate : usual, volume: 1 }
  })
}

describe('who is hit at all', () => {
  it('finds a change that hurts all seven tenants that have it, and none of two hundred that do not', () => {
    expect(compare(tenants(200, 7, 0.3, 0), 40, 1)).toMatchObject({ verdict: 'fail' })
  })

  it('says nothing against a change that hurts nobody', () => {
    expect(compare(tenants(200, 7, 0, 0), 200, 2)).toMatchObject({ verdict: 'no fail', evidence: 0 })
  })

  it('says nothing where everybody is hit', () => {
    expect(compare(tenants(200, 7, 0.2, 0.2), 100, 3).evidence).toBeLessThan(3)
  })

  it('says nothing where nobody of the candidate is left to be hit, or nobody at all has the candidate', () => {
    const first = new FirstEvents(0, 1, false)
    const [candidate, baseline] = [new Arm([refusals]), new Arm([refusals])]
    baseline.add(0, 1, 7)
    first.look(candidate, baseline)
    candidate.add(0, 1, 8)
    first.look(candidate, baseline)
    expect(first.evidence()).toBe(0)
  })

  it('takes the absence of what is good for bad', () => {
    const first = new FirstEvents(0, 1, true)
    const [candidate, baseline] = [new Arm([refusals]), new Arm([refusals])]
    for (let unit = 1; unit <= 60; unit += 1)
      (unit <= 6 ? candidate : baseline).add(0, unit <= 6 ? 0 : 1, unit * 77_777)
    first.look(candidate, baseline)
    expect(first.evidence()).toBeGreaterThan(5)
  })

  it('is not deceived by tenants of bad habits, however large or small they are', () => {
    const runs = Array.from({ length: 200 }, (_, seed) => {
      const random = new Random(seed, 11)
      const all = Array.from({ length: 100 }, (): Tenant => {
        const rate = random.share() < 0.15 ? 0.3 : 0
        const volume = random.share() < 0.1 ? 8 : 1
        return { hash: random.bits(), tried: random.share() < 0.06, rate, volume }
      })
      return compare(all, 30, seed).verdict
    })
    expect(runs.filter((it) => it === 'fail').length).toBeLessThanOrEqual(4)
  })
})
