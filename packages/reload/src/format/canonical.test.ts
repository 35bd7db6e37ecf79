import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Json } from '../contract/payload.ts'
import { canonicalJson } from './canonical.ts'
import { parseJson } from './json.ts'

const published = fileURLToPath(new URL('../../../../../shared/data/jcs/testdata/', import.meta.url))
const caps = { what: 'the text', depth: 64, count: 10_000 }

const refused = (value: unknown): string => {
  try {
    return canonicalJson(value as Json)
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return `${code} ${message.split(';')[0]}`
  }
}

describe('canonical JSON', () => {
  it('gives the published texts of RFC 8785', (context) => {
    if (!existsSync(published)) context.skip('no ../shared/data/jcs: the published vectors are not here')
    const files = readdirSync(`${published}input`)
    expect(files.length).toBeGreaterThan(4)
    for (const file of files) {
      const input = parseJson(readFileSync(`${published}input/${file}`, 'utf8'), caps)
      expect(canonicalJson(input), file).toBe(readFileSync(`${published}output/${file}`, 'utf8').trimEnd())
      const hex = readFileSync(`${published}outhex/${file.replace('.json', '.txt')}`, 'utf8')
      expect(Buffer.from(canonicalJson(input)).toString('hex'), file).toBe(hex.replace(/\s/g, ''))
    }
  })

  it('sorts keys by UTF-16 code unit, at every level', () => {
    const keys = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6', '10', '2']
    const sorted = ['\r', '1', '10', '2', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33']
    const value = { inner: Object.fromEntries(keys.map((it) => [it, 0])), Z: 1 }
    const inner = sorted.map((it) => `${JSON.stringify(it)}:0`).join(',')
    expect(canonicalJson(value)).toBe(`{"Z":1,"inner":{${inner}}}`)
  })

  it('prints numbers in their shortest form', () => {
    const values = [
      JSON.parse('333333333.33333329') as number,
      1e30,
      4.5,
      2e-3,
      1e-27,
      -0,
      1e21,
      1e20,
      0.000001,
      5e-324,
      -1.5,
    ]
    expect(canonicalJson(values)).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0,1e+21,100000000000000000000,0.000001,5e-324,-1.5]',
    )
  })

  it('escapes only what must be escaped', () => {
    expect(canonicalJson('\u0000\b\t\n\f\r"\\/\u007f\u2028é€😀')).toBe(
      '"\\u0000\\b\\t\\n\\f\\r\\"\\\\/\u007f\u2028é€😀"',
    )
  })

  it('refuses what JSON cannot say, and names the place', () => {
    expect(refused({ a: [1, { 'b/c': Number.NaN }] })).toBe(
      'payload.schema /a/1/b~1c: found NaN, expected a JSON value',
    )
    expect(refused([Number.POSITIVE_INFINITY])).toContain('/0: found Infinity')
    expect(refused({ a: undefined })).toContain('/a: found a value of type undefined')
    expect(refused({ a: new Date(0) })).toContain('/a: found an object of a class')
    expect(refused({ a: '\ud800' })).toContain('/a: found half a surrogate pair')
    expect(refused({ '\udc00': 1 })).toContain('half a surrogate pair')
    expect(refused(10n)).toContain('payload: found a value of type bigint')
  })

  it('ends on what contains itself', () => {
    const endless: unknown[] = []
    endless.push(endless)
    expect(refused(endless)).toContain('payload.too_many 513 levels of nesting')
  })

  it('says the same when it is read and written again, whatever the order of keys', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = canonicalJson(value as Json)
        expect(canonicalJson(JSON.parse(text) as Json)).toBe(text)
        expect(canonicalJson(turned(value as Json))).toBe(text)
      }),
    )
  })
})

/** The same value with every object's keys in reverse order. */
function turned(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((it: Json) => turned(it))
  return Object.fromEntries(
    Object.entries(value)
      .toReversed()
      .map(([key, it]) => [key, turned(it)]),
  )
}
