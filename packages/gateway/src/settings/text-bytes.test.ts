import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesOf, strictTextOf, textOf } from './text-bytes.ts'

describe('the bytes of a settings text', () => {
  it('say what a decoder would say, remembered or not', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string().map((it) => `\uFEFF${it}`),
      fc.string().map((it) => `${it}\uD800`),
    )
    fc.assert(
      fc.property(anyText, (text) => {
        const bytes = bytesOf(text)
        expect(Buffer.compare(bytes, Buffer.from(text))).toBe(0)
        const said = new TextDecoder().decode(Buffer.from(text))
        expect([textOf(bytes), strictTextOf(bytes), textOf(bytes)]).toEqual([said, said, said])
      }),
    )
  })

  it('are the same ones for the texts that were written last', () => {
    const [one, other] = [bytesOf('a: 1'), bytesOf('a: 2')]
    expect([bytesOf('a: 1'), bytesOf('a: 2')]).toEqual([one, other])
    expect(bytesOf('a: 1')).toBe(one)
    for (const text of ['b', 'c', 'd']) bytesOf(text)
    expect(bytesOf('a: 1')).not.toBe(one)
    const half = 'a: "\uD800"'
    expect(bytesOf(half), 'what does not come back as it was is not kept').not.toBe(bytesOf(half))
  })

  it('that are no UTF-8 are refused where that is asked for, however often', () => {
    const bytes = Uint8Array.of(0x61, 0xff)
    for (let again = 0; again < 2; again += 1) {
      expect(textOf(bytes)).toBe('a\uFFFD')
      expect(() => strictTextOf(bytes)).toThrow(TypeError)
    }
  })
})
