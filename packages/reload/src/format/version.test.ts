import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareVersions, formatVersion, nextVersion, parseVersion } from './version.ts'

const versions = fc.record({
  epoch: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
})

describe('a version', () => {
  it('is read back from what it is printed as', () => {
    fc.assert(
      fc.property(versions, (it) => {
        expect(parseVersion(formatVersion(it))).toEqual(it)
      }),
    )
  })

  it('is read from one spelling only', () => {
    const refused = [
      '',
      '1',
      '1.',
      '.1',
      '0.1',
      '1.0',
      '01.2',
      '1.02',
      '-1.2',
      '1.2.3',
      ' 1.2',
      '1.2 ',
      '1,2',
    ]
    for (const text of [...refused, '1.2e3', '9007199254740993.1', '1.99999999999999999', '１.２']) {
      expect(parseVersion(text), text).toBeNull()
    }
  })

  it('is compared as a pair of numbers', () => {
    const order = ['1.1', '1.9', '1.10', '2.1', '10.1']
    const parsed = order.map((it) => parseVersion(it) ?? expect.fail(it))
    for (const [i, a] of parsed.entries()) {
      for (const [j, b] of parsed.entries()) expect(compareVersions(a, b)).toBe(Math.sign(i - j))
    }
  })

  it('is followed by the next in its epoch, and a line opens with 1.1', () => {
    expect(nextVersion(null)).toEqual({ epoch: 1, seq: 1 })
    expect(nextVersion({ epoch: 3, seq: 41 })).toEqual({ epoch: 3, seq: 42 })
  })
})
