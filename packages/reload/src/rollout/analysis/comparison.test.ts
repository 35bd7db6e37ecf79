import { describe, expect, it } from 'vitest'
import type { MeasureSpec } from '../../contract/rollout.ts'
import { Arm } from './arm.ts'
import { Comparison } from './comparison.ts'

const errors: MeasureSpec = {
  name: 'error_rate',
  kind: 'proportion',
  worse: 'higher',
  tolerance: 0.1,
  minSamples: 50,
}
const latency: MeasureSpec = {
  name: 'latency_ms',
  kind: 'amount',
  worse: 'higher',
  tolerance: 0.1,
  minSamples: 50,
}
const specs = [errors, latency]

/** Arms of which every so-manieth call fails, and whose latencies go round and round. */
function arms(candidate: { failEvery: number; times: number }, calls = 2000) {
  const here = new Arm(specs)
  const there = new Arm(specs)
  for (let i = 0; i < calls; i += 1) {
    here.add(0, i % candidate.failEvery === 0 ? 1 : 0)
    here.add(1, (100 + (i % 97)) * candidate.times)
    for (let k = 0; k < 4; k += 1) {
      there.add(0, (i * 4 + k) % 100 === 0 ? 1 : 0)
      there.add(1, 100 + ((i + k) % 97))
    }
  }
  return { here, there }
}

describe('a comparison', () => {
  it('passes a candidate that is like the baseline', () => {
    const { here, there } = arms({ failEvery: 100, times: 1 })
    const judged = new Comparison(specs, {}).judge(here, there)
    expect(judged.verdict).toBe('pass')
    expect(judged.measures.map((it) => it.verdict)).toEqual(['pass', 'pass'])
  })

  it('fails one with four times the errors, and says so in numbers', () => {
    const { here, there } = arms({ failEvery: 25, times: 1 })
    const judged = new Comparison(specs, {}).judge(here, there)
    expect(judged.verdict).toBe('fail')
    expect(judged.measures[0]).toMatchObject({
      name: 'error_rate',
      verdict: 'fail',
      candidate: { samples: 2000, value: 0.04 },
    })
    expect(judged.measures[0]?.reason).toContain('4.0 % of 2,000 against 1.0 % of 8,000')
    expect(judged.measures[0]?.change).toBeCloseTo(3)
  })

  it('fails one that is 30 % slower, and passes it where 40 % is tolerated', () => {
    const { here, there } = arms({ failEvery: 100, times: 1.3 })
    expect(new Comparison(specs, {}).judge(here, there).measures[1]?.verdict).toBe('fail')
    const policy = { measures: { latency_ms: { tolerance: 0.4 } } }
    expect(new Comparison(specs, policy).judge(here, there).verdict).toBe('pass')
  })

  it('says nothing without data', () => {
    const judged = new Comparison(specs, {}).judge(new Arm(specs), new Arm(specs))
    expect(judged.verdict).toBe('inconclusive')
  })
})
