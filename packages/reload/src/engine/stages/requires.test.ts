/** Needs of a payload against what an instance has. */
import { describe, expect, it } from 'vitest'
import { satisfies } from './requires.ts'

describe('a need', () => {
  it.each([
    ['1.4.0', '>=0.4', true],
    ['0.4.0', '>=0.4', true],
    ['0.3.9', '>=0.4', false],
    ['1.10', '>1.9', true],
    ['1.9', '<=1.9.0', true],
    ['2', '<2', false],
    ['7', '7', true],
    ['7', '=7.0', true],
    ['7', '8', false],
    ['yes', '*', true],
    ['yes', 'yes', true],
    ['yes', '>=1', false],
    ['1.2.3-beta', '>=1.2', true],
  ])('of %s for "%s" is met: %s', (found, expected, isMet) => {
    expect(satisfies(found, expected)).toBe(isMet)
  })
})
