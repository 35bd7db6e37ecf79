import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Usage } from '../contract/neutral.ts'
import { compilePrice } from './price.ts'
import type { PriceSpec } from './spec.ts'

const noon = Date.parse('2026-11-21T12:00:00Z')

function cost(prices: readonly PriceSpec[], usage: Partial<Usage>, atMs = noon): number | null {
  return compilePrice(prices)?.costMicroUsd({ inputTokens: 0, outputTokens: 0, ...usage }, atMs) ?? null
}

describe('a price', () => {
  it('is of each token that was sent and each that came', () => {
    expect(cost([{ input: 2.5, output: 15 }], { inputTokens: 1000, outputTokens: 200 })).toBe(5500)
  })

  it('counts cached, written and heard tokens once, at their own price', () => {
    const prices = [{ input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75, inputAudio: 40 }]
    const usage = { inputTokens: 1000, cachedInputTokens: 600, cacheWriteTokens: 200, inputAudioTokens: 100 }
    expect(cost(prices, usage)).toBe(100 * 3 + 600 * 0.3 + 200 * 3.75 + 100 * 40)
  })

  it('counts cached tokens as plain ones where nothing else is said', () => {
    expect(cost([{ input: 2, output: 0 }], { inputTokens: 100, cachedInputTokens: 40 })).toBe(200)
  })

  it('counts reasoning as output, unless it has a price of its own', () => {
    const usage = { outputTokens: 100, reasoningTokens: 60 }
    expect(cost([{ input: 0, output: 10 }], usage)).toBe(1000)
    expect(cost([{ input: 0, output: 10, reasoning: 5 }], usage)).toBe(700)
  })

  it('is that of its tier for the whole call, above the tier and not on it', () => {
    const prices = [{ input: 1, output: 2, above: [{ tokens: 200_000, input: 2, output: 4 }] }]
    expect(cost(prices, { inputTokens: 200_000, outputTokens: 10 })).toBe(200_020)
    expect(cost(prices, { inputTokens: 200_001, outputTokens: 10 })).toBe(400_042)
  })

  it('takes the longest tier that fits, in whatever order they are written', () => {
    const above = [
      { tokens: 10, input: 2, output: 0 },
      { tokens: 100, input: 3, output: 0 },
    ]
    expect(cost([{ input: 1, output: 0, above }], { inputTokens: 101 })).toBe(303)
    expect(cost([{ input: 1, output: 0, above: above.toReversed() }], { inputTokens: 50 })).toBe(100)
  })

  it('is the latest that has begun', () => {
    const prices = [
      { from: '2026-12-01', input: 3, output: 0 },
      { from: '2026-06-01', input: 2, output: 0 },
      { from: '2026-01-01', input: 1, output: 0 },
    ]
    expect(cost(prices, { inputTokens: 10 })).toBe(20)
    expect(cost(prices, { inputTokens: 10 }, Date.parse('2026-12-01T00:00:00Z'))).toBe(30)
    expect(cost(prices, { inputTokens: 10 }, Date.parse('2026-11-30T23:59:59.999Z'))).toBe(20)
    expect(cost(prices, { inputTokens: 10 }, Date.parse('2025-12-31T00:00:00Z'))).toBeNull()
  })

  it('is another one at night, also when the night spans two days', () => {
    const prices = [{ input: 2, output: 0, hours: [{ from: '16:30', until: '00:30', input: 1, output: 0 }] }]
    const at = (time: string) => cost(prices, { inputTokens: 10 }, Date.parse(`2026-11-21T${time}:00Z`))
    expect([at('16:29'), at('16:30'), at('23:59'), at('00:29'), at('00:30')]).toEqual([20, 10, 10, 10, 20])
  })

  it('has a part for the call itself', () => {
    expect(cost([{ input: 1, output: 1, request: 0.005 }], { inputTokens: 7 })).toBe(5007)
  })

  it('rounds once, at the end', () => {
    expect(cost([{ input: 0.075, output: 0.3 }], { inputTokens: 6, outputTokens: 1 })).toBe(1)
    expect(cost([{ input: 0.028, output: 0 }], { inputTokens: 1_000_000 })).toBe(28_000)
  })

  it('is never below nothing, whatever a provider counts', () => {
    const usage = { inputTokens: 5, cachedInputTokens: 9, outputTokens: 1, reasoningTokens: 8 }
    expect(cost([{ input: 1, output: 1, cachedInput: 0 }], usage)).toBe(8)
  })

  it('is exact: what whole numbers of a large kind say, to the micro-dollar', () => {
    const micros = fc.integer({ min: 0, max: 100_000_000 })
    const count = fc.integer({ min: 0, max: 1_000_000 })
    fc.assert(
      fc.property(micros, micros, count, count, (input, output, asked, said) => {
        const exact = BigInt(input) * BigInt(asked) + BigInt(output) * BigInt(said)
        const rounded = Number((exact + 500_000n) / 1_000_000n)
        const price = { input: input / 1e6, output: output / 1e6 }
        expect(cost([price], { inputTokens: asked, outputTokens: said })).toBe(rounded)
      }),
    )
  })

  it('is none where there is none', () => {
    expect(compilePrice([])).toBeNull()
  })
})
