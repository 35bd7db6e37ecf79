import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FORBIDDEN_KEYS, parseJson, readUtf8 } from './json.ts'
import { findFault } from './json-fault.ts'

const caps = { what: 'the text', depth: 8, count: 1000 }

const answer = (text: string, limits = caps): string => {
  try {
    return JSON.stringify(parseJson(text, limits))
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    return `${code} ${message.replace('; the running version stays', '')}`
  }
}

describe('reading JSON', () => {
  it('says where the text stops being JSON, what stands there and what should', () => {
    const at = (line: number, column: number, rest: string): string =>
      `payload.not_json the text, line ${line}, column ${column}: ${rest}`
    expect(answer('')).toBe(at(1, 1, 'found the end of the text, expected a value'))
    expect(answer('\ufeff{}')).toBe(at(1, 1, 'found the character U+FEFF, expected a value'))
    expect(answer('{\n  "a": 1\n  "b": 2\n}')).toBe(
      at(3, 3, 'found """, expected "," or the end of the list or object'),
    )
    expect(answer('[1,]')).toBe(at(1, 4, 'found "]", expected a value'))
    expect(answer('{"a":1,}')).toBe(at(1, 8, 'found "}", expected a key in double quotes'))
    expect(answer("{'a':1}")).toBe(at(1, 2, 'found "\'", expected a key in double quotes or "}"'))
    expect(answer('{"a" 1}')).toBe(at(1, 6, 'found "1", expected ":"'))
    expect(answer('[1}')).toContain('column 3: found "}"')
    expect(answer('{} {}')).toBe(at(1, 4, 'found "{", expected nothing more'))
    expect(answer('{}]')).toBe(at(1, 3, 'found "]", expected nothing more'))
    expect(answer('[01]')).toContain('column 3: found "1"')
    expect(answer('[+1]')).toContain('column 2: found "+"')
    expect(answer('[tru]')).toContain('column 2: found "t"')
    expect(answer('["a\tb"]')).toContain('column 4: found the character U+0009, expected an escape')
    expect(answer('["\\x41"]')).toContain('column 3: found "\\x", expected a JSON escape')
    expect(answer('["abc')).toContain('column 6: found the end of the text, expected a closing quote')
    expect(answer('// note\n{}')).toContain('column 1: found "/"')
  })

  it('refuses a key that stands twice, also when it is spelled differently', () => {
    const twice = 'found the key "a" a second time, expected each key once'
    expect(answer('{"a":1,"b":{"a":2},\n"a":3}')).toBe(
      `payload.not_json the text, line 2, column 1: ${twice}`,
    )
    expect(answer('{"a":1,"\\u0061":2}')).toContain(twice)
    expect(answer('[{"a":1},{"a":2}]')).toBe('[{"a":1},{"a":2}]')
  })

  it('refuses keys that reach a prototype, and changes none', () => {
    expect(answer('{"a":[{"__proto__":{"polluted":true}}]}')).toBe(
      'payload.forbidden_key /a/0: the key "__proto__" is not allowed',
    )
    expect(answer('{"\\u005f_proto__":1}')).toContain('payload.forbidden_key')
    expect(answer('{"x":{"constructor":{"prototype":{}}}}')).toContain('/x: the key "constructor"')
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(answer('["__proto__"]'), 'as a value it is a text like any other').toBe('["__proto__"]')
  })

  it('refuses half surrogate pairs and numbers that are none', () => {
    expect(answer('["a\\ud800b"]')).toContain('line 1, column 2: found half a surrogate pair')
    expect(answer('{"\\uDC00":1}')).toContain('found half a surrogate pair')
    expect(answer('["\\ud83d\\ude00"]')).toBe('["😀"]')
    expect(answer('[1e400]')).toContain('found a number beyond 1.8e308')
    expect(answer('[true,1e400]'), 'words are not numbers').toContain('column 7')
  })

  it('counts levels and values before anything is built', () => {
    expect(answer('[[[[[[[[1]]]]]]]]')).toBe('[[[[[[[[1]]]]]]]]')
    expect(answer('[[[[[[[[[1]]]]]]]]]')).toBe(
      'payload.too_many 9 levels of nesting in the text, the limit is 8',
    )
    expect(answer('["[[[[[[[[[[[["]'), 'brackets inside a text are text').toBe('["[[[[[[[[[[[["]')
    const list = (length: number): string => `[${'0,'.repeat(length - 1)}0]`
    expect(answer(list(999))).toBe(list(999))
    expect(answer(list(1000))).toBe('payload.too_many 1001 values in the text, the limit is 1000')
    const six = '{"a":[],"b":{},"c":[ 1 ],"d":"x"}'
    expect(answer(six, { ...caps, count: 6 })).toBe(six.replaceAll(' ', ''))
    expect(answer(six, { ...caps, count: 5 })).toContain('6 values')
  })

  it('takes a hostile depth in its stride', () => {
    for (const text of ['['.repeat(1_000_000), '{"a":'.repeat(200_000), '[[]'.repeat(300_000)]) {
      expect(answer(text)).toContain('levels of nesting')
    }
    const deep = '['.repeat(1_000_000)
    expect(answer(deep, { ...caps, depth: 2_000_000, count: 2_000_000 })).toContain('column 1000001')
  })

  it('agrees with JSON.parse on everything that it takes', () => {
    const written = fc
      .tuple(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom('', ' ', '\n\t'))
      .map(([value, indent]) => JSON.stringify(value, null, indent))
    fc.assert(
      fc.property(written, (text) => {
        const limits = { what: 'the text', depth: 64, count: 100_000 }
        const forbidden = /"(__proto__|constructor|prototype)"/.test(text)
        if (!forbidden) expect(parseJson(text, limits)).toEqual(JSON.parse(text))
      }),
    )
  })

  it('refuses what JSON.parse refuses, and then always knows a place', () => {
    const damaged = fc
      .tuple(
        fc.jsonValue({ maxDepth: 3 }),
        fc.nat(),
        fc.constantFrom('', ',', '"', '{', ']', ':', '\\', '0', ' '),
      )
      .map(([value, at, put]) => {
        const text = JSON.stringify(value)
        const cut = at % (text.length + 1)
        return text.slice(0, cut) + put + text.slice(cut + (at % 2))
      })
    fc.assert(
      fc.property(damaged, (text) => {
        if (isJson(text)) return
        const fault = findFault(text, FORBIDDEN_KEYS)
        expect(() => parseJson(text, { ...caps, depth: 64 })).toThrow()
        expect(fault).not.toMatchObject({ found: 'the end of the text', expected: 'nothing more' })
      }),
      { numRuns: 1000 },
    )
  })
})

describe('reading UTF-8', () => {
  it('refuses bytes that are not', () => {
    expect(readUtf8(new TextEncoder().encode('grüße 😀'), 'the text')).toBe('grüße 😀')
    for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82], [0xf5, 0x80, 0x80, 0x80]]) {
      expect(() => readUtf8(Uint8Array.from(bytes), 'the text')).toThrow('the text is not valid UTF-8')
    }
  })
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
