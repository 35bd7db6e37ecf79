import { describe, expect, it } from 'vitest'
import type { MeasureSpec } from '../../contract/rollout.ts'
import { type Reading, Readings, readingVerdict } from './reading.ts'

const spec: MeasureSpec = {
  name: 'slo_burn',
  kind: 'amount',
  worse: 'higher',
  tolerance: 0.1,
  minSamples: 50,
}
const rate: MeasureSpec = { ...spec, name: 'complaints', kind: 'proportion' }
const reading = (
  candidate: number | null,
  baseline: number | null,
  samples: number | null = null,
): Reading => ({
  candidate,
  baseline,
  candidateSamples: samples,
  baselineSamples: samples,
})

describe('a reading from outside', () => {
  it.each([
    ['nothing', null],
    ['NaN', reading(Number.NaN, 1)],
    ['infinity', reading(Number.POSITIVE_INFINITY, 1)],
    ['less than nothing', reading(-1, 1)],
    ['the baseline only', reading(null, 1)],
    ['the candidate only', reading(1, null)],
    ['a baseline of zero', reading(1, 0)],
    ['zero on both sides', reading(0, 0)],
    ['too few samples', reading(1, 1, 49)],
    ['no samples', reading(1, 1, Number.NaN)],
  ])('says nothing of %s, however often', (_, it) => {
    expect(readingVerdict(spec, it).says).toBe('nothing')
    const readings = new Readings(spec)
    for (let i = 0; i < 10; i += 1) expect(readings.judge(it).verdict).toBe('inconclusive')
  })

  it('is a verdict after three in a row, and not before', () => {
    const readings = new Readings(spec)
    expect(readings.judge(reading(2, 1)).verdict).toBe('inconclusive')
    expect(readings.judge(reading(2, 1)).verdict).toBe('inconclusive')
    expect(readings.judge(reading(2, 1))).toMatchObject({ verdict: 'fail', change: 1 })
    expect(readings.judge(reading(1, 1)).verdict).toBe('inconclusive')
    readings.judge(reading(1.05, 1))
    expect(readings.judge(reading(1, 1)).verdict).toBe('pass')
    expect(readings.judge(null).verdict).toBe('inconclusive')
  })

  it('of a rate is bad only when chance does not explain it', () => {
    expect(readingVerdict(rate, reading(0.04, 0.02, 100)).says).toBe('fine')
    expect(readingVerdict(rate, reading(0.04, 0.02, 5000)).says).toBe('worse')
    expect(readingVerdict(rate, reading(1.2, 0.5)).says).toBe('nothing')
  })

  it('follows the direction that is harm', () => {
    const lower = { ...spec, worse: 'lower' } as const
    expect(readingVerdict(lower, reading(0.5, 1)).says).toBe('worse')
    expect(readingVerdict(lower, reading(2, 1)).says).toBe('fine')
    expect(readingVerdict({ ...spec, worse: 'either' }, reading(0.5, 1)).says).toBe('worse')
  })
})
