import { describe, expect, it } from 'vitest'
import { Samples } from './spread.ts'

describe('samples', () => {
  it('give nearest-rank percentiles, also beyond their first room', () => {
    const samples = new Samples()
    for (let i = 100_000; i >= 1; i--) samples.add(i)
    expect(samples.spread()).toEqual({ p50: 50_000, p90: 90_000, p99: 99_000, max: 100_000, count: 100_000 })
  })

  it('are all zero when there are none', () => {
    expect(new Samples().spread()).toEqual({ p50: 0, p90: 0, p99: 0, max: 0, count: 0 })
  })
})
