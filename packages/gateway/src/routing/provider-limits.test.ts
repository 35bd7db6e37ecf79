import { describe, expect, it } from 'vitest'
import { readLimits } from './provider-limits.ts'

const wallMs = Date.parse('2026-01-01T00:00:00Z')
const read = (headers: Readonly<Record<string, string>>) =>
  readLimits({ find: (name) => headers[name] }, 1000, wallMs)

describe('limits in the headers of', () => {
  it('groq: requests of a day and tokens of a minute, with what is left of a wait', () => {
    const told = {
      'x-ratelimit-limit-requests': '14400',
      'x-ratelimit-remaining-requests': '14370',
      'x-ratelimit-reset-requests': '2m59.56s',
      'x-ratelimit-limit-tokens': '18000',
      'x-ratelimit-remaining-tokens': '17997',
      'x-ratelimit-reset-tokens': '7.66s',
    }
    expect(read(told)).toEqual([
      { kind: 'requests', limit: 14400, left: 14370, resetAtMs: 180_560 },
      { kind: 'tokens', limit: 18000, left: 17997, resetAtMs: 8660 },
    ])
  })

  it('together: without saying that requests are counted, and tokens by another name', () => {
    const told = {
      'x-ratelimit-limit': '10',
      'x-ratelimit-remaining': '9',
      'x-ratelimit-reset': '1',
      'x-tokenlimit-limit': '3000',
      'x-tokenlimit-remaining': '2000',
    }
    expect(read(told)).toEqual([
      { kind: 'requests', limit: 10, left: 9, resetAtMs: 2000 },
      { kind: 'tokens', limit: 3000, left: 2000, resetAtMs: 61_000 },
    ])
  })

  it('openrouter: with the moment of the reset, in milliseconds', () => {
    const told = { 'x-ratelimit-limit': '20', 'x-ratelimit-remaining': '0' }

    expect(read({ ...told, 'x-ratelimit-reset': String(wallMs + 5000) })[0]?.resetAtMs).toBe(6000)
    expect(read({ ...told, 'x-ratelimit-reset': String(wallMs / 1000 + 5) })[0]?.resetAtMs).toBe(6000)
    expect(read({ ...told, 'x-ratelimit-reset': String(wallMs - 5000) })[0]?.resetAtMs).toBe(1000)
  })

  it('fireworks: tokens in and out, each for itself', () => {
    const told = {
      'x-ratelimit-limit-tokens-prompt': '60000',
      'x-ratelimit-remaining-tokens-prompt': '59000',
      'x-ratelimit-limit-tokens-generated': '6000',
      'x-ratelimit-remaining-tokens-generated': '100',
    }
    expect(read(told).map((it) => [it.kind, it.limit, it.left])).toEqual([
      ['tokens', 60000, 59000],
      ['tokens', 6000, 100],
    ])
  })

  it.each(['lots', '-1', '', 'NaN'])('nobody when what is left is %j', (left) => {
    expect(read({ 'x-ratelimit-limit-requests': '10', 'x-ratelimit-remaining-requests': left })).toEqual([])
  })
})
