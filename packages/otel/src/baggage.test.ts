import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { baggageMember, withMember } from './baggage.ts'

/** Any octet that the recommendation lets a value have. */
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/

describe('a member of baggage', () => {
  it('is its key and its value', () => {
    expect(baggageMember('config.version', '3.42')).toBe('config.version=3.42')
    expect(baggageMember('k', 'a b,c;d="ü"\\')).toBe('k=a%20b%2Cc%3Bd%3D%22%C3%BC%22%5C')
  })

  it('has in its value what may be there, and says what it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const value = baggageMember('k', text).slice(2)
        expect(value).toMatch(VALUE)
        expect(decodeURIComponent(value)).toBe(text.toWellFormed())
      }),
    )
    expect(baggageMember('k', '\ud800')).toBe('k=%EF%BF%BD')
  })
})

describe('a member beside others', () => {
  const ours = 'config.version=3.42'

  it('comes last, and what came is as it was', () => {
    expect(withMember(undefined, ours)).toBe(ours)
    expect(withMember('a=1;p=q, b=%20', ours)).toBe(`a=1;p=q, b=%20,${ours}`)
    for (const nothing of ['', ' ', ', ,']) expect(withMember(nothing, ours)).toBe(ours)
  })

  it('is the only one with its key', () => {
    expect(withMember('a=1, config.version = 9.9;p ,config.versions=2', ours)).toBe(
      `a=1,config.versions=2,${ours}`,
    )
    expect(withMember('config.version=9.9', ours)).toBe(ours)
  })

  it('is left out, and no other, where 64 members or 8192 bytes are there', () => {
    const members = (count: number) => Array.from({ length: count }, (_, i) => `k${i}=v`).join(',')
    expect(withMember(members(63), ours)).toBe(`${members(63)},${ours}`)
    expect(withMember(members(64), ours)).toBe(members(64))
    expect(withMember(members(70), ours)).toBe(members(70))
    const long = (bytes: number) => `k=${'v'.repeat(bytes - 2)}`
    const room = 8192 - ours.length - 1
    expect(withMember(long(room), ours)).toHaveLength(8192)
    expect(withMember(long(room + 1), ours)).toBe(long(room + 1))
  })
})
