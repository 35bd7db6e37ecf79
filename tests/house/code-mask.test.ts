/** What the mask leaves of code. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { lineOf, maskOf } from './code-mask.ts'

describe('the mask', () => {
  const blank = (text: string, pieces: readonly string[]) =>
    pieces.reduce((left, it) => left.replace(it, ' '.repeat(it.length)), text)

  it.each([
    ["a // b 'c", ["// b 'c"], []],
    ["a /* ' */ b", ["/* ' */"], []],
    ["'a // b' + c", [], ['a // b']],
    ["'it\\'s' + c", [], ["it\\'s"]],
    ['`a${b /* c */}d`', ['/* c */'], ['a', 'd']],
    ['`${{ a: `b` }}` + c', [], ['b']],
    ['x = /[/"]/ + y', [], ['/[/"]/']],
    ['a / b / c', [], []],
    ['#!/usr/bin/env node\na', ['#!/usr/bin/env node'], []],
  ])('of %s is right', (text, comments, strings) => {
    const { code, withStrings } = maskOf(text)
    expect(withStrings).toBe(blank(text, comments))
    expect(code).toBe(blank(blank(text, comments), strings))
  })

  it('keeps every line and every place, whatever the text', () => {
    const piece = fc.constantFrom(
      "'",
      '"',
      '`',
      '${',
      '}',
      '{',
      '/',
      '*',
      '\\',
      '\n',
      'a',
      '//',
      '/*',
      '*/',
      '🎬',
    )
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('')
        const { code, withStrings } = maskOf(text)
        expect([code.length, withStrings.length]).toEqual([text.length, text.length])
        expect(lineOf(code, code.length)).toBe(lineOf(text, text.length))
      }),
    )
  })
})
