import { describe, expect, it } from 'vitest'
import { NO_WISHES, readWishes } from './caller-wishes.ts'

describe('what a caller wishes', () => {
  it('is the same nothing for all who wish nothing', () => {
    expect(readWishes({ 'content-type': 'application/json' }, 5)).toBe(NO_WISHES)
  })

  it('is read from headers: time in milliseconds or, from official clients, in seconds', () => {
    const headers = {
      'x-request-timeout-ms': '1500',
      'x-stainless-timeout': '600',
      'x-changeover-region': 'eu',
    }
    expect(readWishes(headers, 5)).toMatchObject({ totalMs: 1500, beginMs: 600_000, region: 'eu' })
    const nonsense = { 'x-request-timeout-ms': 'soon', 'x-stainless-timeout': '-1' }
    expect(readWishes(nonsense, 5)).toMatchObject({ totalMs: null, beginMs: null })
  })

  it('may be to wait longer, never to go before what the key is given', () => {
    const priority = (asked: string, own: number) =>
      readWishes({ 'x-changeover-priority': asked }, own).priority
    expect([priority('9', 5), priority('2', 5), priority('0', 5), priority('x', 5)]).toEqual([5, 2, 0, 5])
    expect(readWishes({}, 8).priority).toBe(8)
  })

  it('is taken for sensitive unless it is plainly not', () => {
    const sensitive = (it: string) => readWishes({ 'x-changeover-sensitive': it }, 5).sensitive
    expect([sensitive('true'), sensitive('1'), sensitive('ture'), sensitive('')]).toEqual([
      true,
      true,
      true,
      true,
    ])
    expect([sensitive('false'), sensitive('0')]).toEqual([false, false])
  })
})
