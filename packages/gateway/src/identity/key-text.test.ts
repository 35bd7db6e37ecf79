import { createRedactor } from '@changeover/otel'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createKey, hashOfKey, isMistyped } from './key-text.ts'

describe('a key', () => {
  it('is known by its beginning and its length, and is no mistyped one, whatever its bits', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bits) => {
        const { key, hash } = createKey(() => bits)
        expect(key).toMatch(/^cok_[0-9A-Za-z]{49}$/)
        expect(createRedactor().text(`in a text: ${key}.`)).toBe('in a text: [redacted].')
        expect(isMistyped(key)).toBe(false)
        expect(hash).toBe(hashOfKey(key))
      }),
    )
  })

  it('is another for other bits', () => {
    const all = [0, 1, 255].map((last) => {
      const bits = new Uint8Array(32)
      bits[31] = last
      return createKey(() => bits).key
    })
    expect(new Set(all).size).toBe(3)
    expect(createKey().key).not.toBe(createKey().key)
  })

  it('with a letter changed, two exchanged, one lost or one too many is known to be mistyped', () => {
    const { key } = createKey(() => Uint8Array.from({ length: 32 }, (_, i) => i * 7))
    for (let i = 4; i < key.length; i += 1) {
      const other = key[i] === 'x' ? 'y' : 'x'
      expect(isMistyped(`${key.slice(0, i)}${other}${key.slice(i + 1)}`), `letter ${i}`).toBe(true)
      expect(isMistyped(`${key.slice(0, i)}${key.slice(i + 1)}`), `without ${i}`).toBe(true)
      const [a, b] = [key.charAt(i), key.charAt(i + 1)]
      if (a !== b && b !== '') expect(isMistyped(`${key.slice(0, i)}${b}${a}${key.slice(i + 2)}`)).toBe(true)
    }
    expect(isMistyped(`${key}x`)).toBe(true)
  })

  it('of somebody else is none of our business', () => {
    for (const it of ['', 'sk-live-1', 'COK_x', 'a cok_']) expect(isMistyped(it)).toBe(false)
  })
})
