import fc from 'fast-check'
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
function arms(candidate: { failEvery: number; times: number }, calls = 2000, of = specs) {
  const here = new Arm(of)
  const there = new Arm(of)
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

describe('every comparison', () => {
  const feed = (arm: Arm, calls: number, value: (i: number) => number, measure = 1): Arm => {
    for (let i = 0; i < calls; i += 1) arm.add(measure, value(i))
    return arm
  }
  const only = (measure: MeasureSpec, candidate: Arm, baseline: Arm) =>
    new Comparison(
      specs.map((it) => (it.name === measure.name ? measure : it)),
      { measures: { [measure.name === 'error_rate' ? 'latency_ms' : 'error_rate']: { off: true } } },
    ).judge(candidate, baseline)

  it('never passes without enough data on both sides, whatever the data is', () => {
    const values = fc.array(fc.oneof(fc.double(), fc.nat(1000)), { maxLength: 49 })
    fc.assert(
      fc.property(values, values, (here, there) => {
        const candidate = new Arm(specs)
        const baseline = new Arm(specs)
        for (const measure of [0, 1]) {
          for (const it of here) candidate.add(measure, it)
          for (const it of there) baseline.add(measure, it)
        }
        expect(new Comparison(specs, {}).judge(candidate, baseline).verdict).toBe('inconclusive')
      }),
    )
  })

  it.each([
    [
      'data of the baseline only',
      new Arm(specs),
      feed(new Arm(specs), 500, (i) => i),
      'no data of the candidate',
    ],
    [
      'data of the candidate only',
      feed(new Arm(specs), 500, (i) => i),
      new Arm(specs),
      'no data of the baseline',
    ],
    [
      'NaN',
      feed(
        feed(new Arm(specs), 500, (i) => i),
        50,
        () => Number.NaN,
      ),
      feed(new Arm(specs), 500, (i) => i),
      'not finite',
    ],
    [
      'infinity',
      feed(
        feed(new Arm(specs), 500, (i) => i),
        50,
        () => Number.POSITIVE_INFINITY,
      ),
      feed(new Arm(specs), 500, (i) => i),
      'not finite',
    ],
    [
      'a baseline of zeros',
      feed(new Arm(specs), 500, (i) => i),
      feed(new Arm(specs), 500, () => 0),
      'nothing but zeros',
    ],
  ])('says nothing of %s, and why', (_, candidate, baseline, why) => {
    const judged = only(latency, candidate, baseline)
    expect(judged.verdict).toBe('inconclusive')
    expect(judged.measures[0]?.reason).toContain(why)
  })

  it('does not blame a candidate for the time of day when its share grows', () => {
    const here = new Arm(specs)
    const there = new Arm(specs)
    const comparison = new Comparison(specs, {})
    // The evening has three times the latency and ten times the errors of the morning, and a share of one half.
    for (const [share, times, every] of [
      [20, 1, 100],
      [2, 3, 10],
    ] as const) {
      for (let look = 0; look < 20; look += 1) {
        for (let i = 0; i < 2000; i += 1) {
          const arm = i % share === 0 ? here : there
          arm.add(0, Math.floor(i / share) % every === 0 ? 1 : 0)
          arm.add(1, times * (100 + ((i * 7) % 89)))
        }
        comparison.judge(here, there)
      }
    }
    const judged = comparison.judge(here, there)
    expect(judged.verdict).toBe('pass')
    for (const it of judged.measures) expect(Math.abs(it.change ?? 1)).toBeLessThan(0.05)
  })

  it('judges the mirror image where lower is worse', () => {
    const valid: MeasureSpec = { ...errors, worse: 'lower' }
    const { here, there } = arms({ failEvery: 25, times: 1 })
    expect(only(valid, here, there).verdict).toBe('pass')
    // What fits its schema is what is counted: 1 % does not here, and 4 % there.
    const turned = (failEvery: number): Arm =>
      feed(new Arm(specs), 4000, (i) => (i % failEvery === 0 ? 0 : 1), 0)
    expect(only(valid, turned(25), turned(100)).verdict).toBe('fail')
    expect(only(valid, turned(100), turned(25)).verdict).toBe('pass')
  })

  it('leaves a measure out that is optional and silent, and waits for one that is not', () => {
    const silent: MeasureSpec = { ...errors, name: 'feedback_rate' }
    const judge = (spec: MeasureSpec) => {
      const wide = [...specs, spec]
      const { here, there } = arms({ failEvery: 100, times: 1 }, 2000, wide)
      return new Comparison(wide, {}).judge(here, there).verdict
    }
    expect(judge({ ...silent, optional: true })).toBe('pass')
    expect(judge(silent)).toBe('inconclusive')
  })

  it('is slower to believe a few units than many calls', () => {
    const judge = (units: number) => {
      const here = new Arm(specs)
      const there = new Arm(specs)
      // Units have rates of their own: the first of every four fails a fifth of its calls.
      const add = (arm: Arm, unit: number, i: number, often: number): void =>
        arm.add(0, unit % 4 === 0 && i % often === 0 ? 1 : 0, unit)
      for (let i = 0; i < 4000; i += 1) {
        add(here, (i % units) * 4, Math.floor(i / units), 5)
        for (let k = 0; k < 4; k += 1) add(there, 1000 + ((i * 4 + k) % 80), Math.floor((i * 4 + k) / 80), 5)
      }
      return only(errors, here, there).verdict
    }
    expect(judge(1)).toBe('inconclusive')
    expect(judge(400)).toBe('fail')
  })

  it('takes no notice of a second look without news', () => {
    const { here, there } = arms({ failEvery: 40, times: 1.05 })
    const comparison = new Comparison(specs, {})
    const first = comparison.judge(here, there)
    expect(comparison.judge(here, there)).toEqual(first)
  })

  it('counts judgements from elsewhere like its own', () => {
    const { here, there } = arms({ failEvery: 100, times: 1 })
    const summary = { samples: 0, value: null }
    const other = {
      name: 'slo',
      change: null,
      low: null,
      high: null,
      reason: '',
      candidate: summary,
      baseline: summary,
    }
    const comparison = new Comparison(specs, {})
    expect(comparison.judge(here, there, [{ ...other, verdict: 'fail' }]).verdict).toBe('fail')
    expect(comparison.judge(here, there, [{ ...other, verdict: 'inconclusive' }]).verdict).toBe(
      'inconclusive',
    )
    expect(comparison.judge(here, there, [{ ...other, verdict: 'pass' }]).verdict).toBe('pass')
  })

  it('ignores a measure that is not there, and counts a rate that is none', () => {
    const arm = new Arm(specs)
    arm.add(7, 1)
    arm.add(0, 2)
    expect(arm.sums.every((it) => it === 0)).toBe(true)
    expect(arm.broken[0]).toBe(1)
  })
})

describe('arms that take the place of others', () => {
  /** A tenth of a stretch is the candidate's; in every stretch other units call. */
  function stretch(candidate: Arm, baseline: Arm, of: number): void {
    for (let i = 0; i < 2000; i += 1) {
      const arm = i % 10 === 0 ? candidate : baseline
      arm.add(0, i % (7 + of) === 0 ? 1 : 0, of * 20 + (i % 20))
    }
  }

  it('begin at nothing, and what others added stays', () => {
    const rates = [errors]
    const [oneGoesOn, othersCome] = [new Comparison(rates, {}), new Comparison(rates, {})]
    const [here, there] = [new Arm(rates), new Arm(rates)]
    let others = [new Arm(rates), new Arm(rates)] as const
    for (let of = 0; of < 12; of += 1) {
      if (of % 3 === 0) others = [new Arm(rates), new Arm(rates)]
      stretch(here, there, of)
      stretch(...others, of)
      expect(othersCome.judge(...others)).toEqual(oneGoesOn.judge(here, there))
    }
  })
})
