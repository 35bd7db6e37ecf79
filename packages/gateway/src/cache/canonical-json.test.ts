import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePlain, writeCanonical } from './canonical-json.ts'

const canonical = (text: string) => {
  const value = parsePlain(text)
  return value === null ? null : writeCanonical(value)
}

describe('the canonical form', () => {
  it('is the same whatever the order of members and the space between them', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.nat(4), (value, space) => {
        const text = writeCanonical(value)
        const other = canonical(JSON.stringify(turned(value), null, space))
        // A value that is null by itself is no request.
        if (other !== null) expect(other).toBe(text)
        expect(writeCanonical(JSON.parse(text))).toBe(text)
      }),
    )
  })

  it('is different for values that are different', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 3 }), fc.jsonValue({ maxDepth: 3 }), (a, b) => {
        const isSame = JSON.stringify(turned(turned(a))) === JSON.stringify(turned(turned(b)))
        if (!isSame && writeCanonical(a) === writeCanonical(b)) {
          expect(JSON.parse(writeCanonical(a))).toEqual(JSON.parse(JSON.stringify(b)))
        }
      }),
    )
  })

  it.each([
    ['a member twice', '{"a":1,"a":2}'],
    ['a member twice, once with an escape', '{"a":1,"\\u0061":2}'],
    ['a member twice, further in', '{"x":[{"a":1,"a":1}]}'],
    ['digits beyond a double', '{"seed":9007199254740993}'],
    ['a fraction beyond a double', '{"t":0.10000000000000000001}'],
    ['a number without end', '{"t":1e400}'],
    ['a number that is nothing', '{"t":1e-400}'],
  ])('is not there for %s', (_, text) => {
    expect(canonical(text)).toBeNull()
  })

  it.each([
    ['colons, quotes and digits in texts', '{"a":"x: \\"9007199254740993\\" 1e999 \\\\","b\\\\":":"}'],
    ['a number that a double holds whole', '{"maximum":9007199254740991,"t":0.30000000000000004}'],
    ['an exponent', '{"a":1e5,"b":-1.5E-7}'],
    ['a name that objects have already', '{"__proto__":1,"constructor":{"toString":2}}'],
  ])('is there for %s', (_, text) => {
    expect(JSON.parse(canonical(text) ?? '')).toEqual(JSON.parse(text))
  })

  it.each([5, 31, 32, 33, 700])('sorts %i members by their names', (count) => {
    const names = Array.from({ length: count }, (_, i) => `n${(i * 7919) % 1000}`)
    const text = writeCanonical(Object.fromEntries(names.map((name) => [name, 1])))
    expect(Object.keys(JSON.parse(text) as object)).toEqual(names.toSorted())
    expect(text).toHaveLength(JSON.stringify(JSON.parse(text)).length)
  })

  it('takes one way of writing a number for another', () => {
    expect(canonical('{"t":1.0,"u":10e-1}')).toBe(canonical('{"u":1,"t":1}'))
  })
})

function turned(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(turned)
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, it]) => [key, turned(it)])
      .toReversed(),
  )
}
