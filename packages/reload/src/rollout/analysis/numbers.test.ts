import { describe, expect, it } from 'vitest'
import { chiSquareLow, logBeta, logGamma, logMix, normalBelow } from './numbers.ts'

describe('the functions of probability', () => {
  it.each([
    [0, 0.5],
    [1, 0.841345],
    [-1.96, 0.0249979],
    [3, 0.9986501],
    [-5, 2.866516e-7],
    [-9, 1.1285884e-19],
  ])('has the normal distribution below %d as in tables', (z, expected) => {
    expect(normalBelow(z) / expected).toBeCloseTo(1, z < -8 ? 1 : 4)
  })

  it.each([
    [10, 1.6449, 3.94],
    [30, 1.6449, 18.493],
    [19, 2.3263, 7.633],
    [5, 1.6449, 1.1455],
  ])('has the lower ends of chi-square with %d degrees as in tables', (freedom, z, expected) => {
    expect(Math.abs(chiSquareLow(freedom, z) / expected - 1)).toBeLessThan(0.02)
  })

  it('has no lower end for what has no degree of freedom', () => {
    expect(chiSquareLow(0, 1.6)).toBe(0)
    expect(chiSquareLow(-1, 1.6)).toBe(0)
  })

  it('has gamma as factorials and at a half', () => {
    expect(logGamma(6)).toBeCloseTo(Math.log(120), 10)
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.sqrt(Math.PI)), 10)
    expect(logBeta(9, 9)).toBeCloseTo(-Math.log(9 * 24_310), 9)
  })

  it('mixes exponents that no number could hold', () => {
    expect(logMix([1000, 999], [0.5, 0.5])).toBeCloseTo(1000 + Math.log(0.5 + 0.5 / Math.E), 10)
  })
})
