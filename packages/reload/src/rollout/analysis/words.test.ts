import { describe, expect, it } from 'vitest'
import { count } from './words.ts'

describe('a count, as it is said', () => {
  it.each([0, 0.4, 7, 999.4, 999.5, 1000, 1007, 29_657, 999_999.4, 999_999.5, 12_345_678, Number.NaN])(
    'is %d as English writes it',
    (samples) => {
      expect(count(samples)).toBe(Math.round(samples).toLocaleString('en-US'))
    },
  )
})
