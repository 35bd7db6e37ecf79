import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isPointer, pointTo, stepsOf } from './pointer.ts'

describe('a JSON pointer', () => {
  it('escapes and unescapes as in RFC 6901', () => {
    expect(pointTo('/a', 'b/c~d')).toBe('/a/b~1c~0d')
    expect(pointTo('', 0)).toBe('/0')
    expect(stepsOf('/m~0n/~01/a~1b/')).toEqual(['m~n', '~1', 'a/b', ''])
    expect(stepsOf('')).toEqual([])
  })

  it('leads back to the steps that it was made from', () => {
    const step = fc.string({ unit: fc.constantFrom('~', '/', '0', '1', 'a', 'ä') })
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const pointer = steps.reduce(pointTo, '')
        expect(stepsOf(pointer)).toEqual(steps)
        expect(isPointer(pointer)).toBe(true)
      }),
    )
  })

  it('is told from what is none', () => {
    for (const text of ['a', 'a/b', '/~', '/~2', '/a~', '#/a']) expect(isPointer(text), text).toBe(false)
  })
})
