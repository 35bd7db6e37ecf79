import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Usage } from '../contract/neutral.ts'
import { compilePrice } from './price.ts'
import type { PriceSpec } from './spec.ts'

const noon = Date.parse('2026-11-21T12:00:00Z')

function cost(prices: readonly PriceSpec[], usage: Partial<Usage>, atMs = noon): number | null {
  return compilePrice(prices)?.costMicroUsd({ inputTokens: 0, outputTokens: 0, ...usage }, atMs) ?? null
}

/** To the micro-dollar and below, as price lists are: 0.0755 a million tokens. */
const amount = fc.integer({ min: 0, max: 1_000_000 }).map((it) => it / 10_000)
const anyPrice = fc.record({
  input: amount,
  output: amount,
  cachedInput: amount,
  cacheWrite: amount,
  cacheWriteHour: amount,
  inputAudio: amount,
  inputImage: amount,
  outputAudio: amount,
  outputImage: amount,
  reasoning: amount,
})
const anyParts = fc.array(fc.nat(9999), { minLength: 10, maxLength: 10 })

/** Tokens of each kind, none in two of them, as a provider counts them: wholes that hold their parts. */
function usageOf(parts: readonly number[]): Usage {
  const [plain = 0, cached = 0, written = 0, hour = 0, heard = 0, seen = 0] = parts
  const [answer = 0, said = 0, drawn = 0, reasoned = 0] = parts.slice(6)
  return {
    inputTokens: plain + cached + written + hour + heard + seen,
    cachedInputTokens: cached,
    cacheWriteTokens: written + hour,
    cacheWriteHourTokens: hour,
    inputAudioTokens: heard,
    inputImageTokens: seen,
    outputTokens: answer + said + drawn + reasoned,
    outputAudioTokens: said,
    outputImageTokens: drawn,
    reasoningTokens: reasoned,
  }
}
const anyUsage = anyParts.map(usageOf)

function sumOf(one: Usage, other: Usage): Usage {
  const sum: Record<string, number> = {}
  for (const [name, tokens] of Object.entries(one)) {
    sum[name] = Number(tokens) + Number(other[name as keyof Usage])
  }
  return { inputTokens: 0, outputTokens: 0, ...sum }
}

function clockOf(minute: number): string {
  return new Date(minute * 60_000).toISOString().slice(11, 16)
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

  it('is never more than what was worked out for it before', () => {
    const anyCase = fc.record({
      price: anyPrice,
      services: fc.constantFrom({}, { priority: 2 }, { priority: 0.5 }),
      tier: anyPrice,
      usage: anyUsage,
      keeps: fc.constantFrom('no' as const, 'short' as const, 'hour' as const),
      serviceTier: fc.constantFrom(null, 'priority', 'unheard'),
    })
    const property = fc.property(anyCase, ({ price, services, tier, usage, keeps, serviceTier }) => {
      const compiled = compilePrice([
        { ...price, services, request: 0.01, above: [{ ...tier, tokens: 20_000 }] },
      ])
      const { inputTokens, outputTokens, reasoningTokens = 0 } = usage
      const [written, forAnHour] = [keeps === 'no' ? 0 : inputTokens, keeps === 'hour' ? inputTokens / 2 : 0]
      const came = {
        inputTokens,
        outputTokens,
        reasoningTokens,
        cacheWriteTokens: written,
        cacheWriteHourTokens: Math.floor(forAnHour),
        ...(serviceTier === null ? {} : { serviceTier }),
      }
      const most = compiled?.mostMicroUsd({ inputTokens, outputTokens, keeps, serviceTier }, noon)
      expect(most).toBeGreaterThanOrEqual(compiled?.costMicroUsd(came, noon) ?? Number.NaN)
    })
    fc.assert(property, { numRuns: 500, seed: 3 })
  })

  it.each([
    [false, {}],
    [false, { cacheWrite: 3 }],
    [true, { cacheWrite: 3.75 }],
    [true, { cacheWriteHour: 6 }],
    [true, { above: [{ tokens: 200_000, input: 6, output: 22, cacheWrite: 7.5 }] }],
    [true, { hours: [{ from: '16:30', until: '00:30', input: 1, output: 7, cacheWrite: 3 }] }],
  ])('says %j whether keeping is charged for: %j', (charges, more) => {
    expect(compilePrice([{ input: 3, output: 15, ...more }])?.chargesForKeeping).toBe(charges)
  })

  it('tells tokens that are kept for an hour from those that are kept for minutes', () => {
    const usage = { inputTokens: 1000, cacheWriteTokens: 500, cacheWriteHourTokens: 200 }
    const price = { input: 3, output: 15, cacheWrite: 3.75 }
    expect(cost([{ ...price, cacheWriteHour: 6 }], usage)).toBe(500 * 3 + 300 * 3.75 + 200 * 6)
    expect(cost([price], usage)).toBe(500 * 3 + 500 * 3.75)
  })

  it('counts cached audio among the cached tokens, and not as audio once more', () => {
    const usage = { inputTokens: 1000, cachedInputTokens: 400, inputAudioTokens: 600, cachedAudioTokens: 300 }
    const price = { input: 1, output: 0, cachedInput: 0.1, inputAudio: 3 }
    // 300 plain, 100 cached text, 300 cached audio, 300 audio.
    expect(cost([price], usage)).toBe(300 + 10 + 30 + 900)
    expect(cost([{ ...price, cachedAudio: 0.3 }], usage)).toBe(300 + 10 + 90 + 900)
  })

  it('counts pictures at their own price, in the request and in the reply', () => {
    const usage = { inputTokens: 300, inputImageTokens: 258, outputTokens: 1390, outputImageTokens: 1290 }
    const price = { input: 1, output: 3 }
    expect(cost([{ ...price, inputImage: 2, outputImage: 30 }], usage)).toBe(42 + 516 + 300 + 38_700)
    expect(cost([price], usage)).toBe(300 + 4170)
    expect(
      cost([{ ...price, inputImage: 2 }], { ...usage, cachedInputTokens: 58, cachedImageTokens: 58 }),
    ).toBe(42 + 58 + 400 + 4170)
  })

  it('is multiplied, tiers and all, when the provider served the call in a class of its own', () => {
    const services = { flex: 0.5, priority: 1.75 }
    const above = [{ tokens: 100, input: 4, output: 8 }]
    const price = { input: 2, output: 6, request: 0.001, above, services }
    const of = (serviceTier: string | undefined, inputTokens: number) =>
      cost([price], { inputTokens, outputTokens: 10, ...(serviceTier === undefined ? {} : { serviceTier }) })
    expect([of(undefined, 100), of('default', 100), of('flex', 100)]).toEqual([1260, 1260, 630])
    expect([of('priority', 100), of('flex', 200)]).toEqual([2205, 940])
    expect(of('__proto__', 100)).toBe(1260)
  })

  it('has a digest of what it says, in whatever order it is said', () => {
    const digest = (prices: readonly PriceSpec[]) => compilePrice(prices)?.digest
    const [first, second] = [
      { input: 1, output: 2 },
      { from: '2026-06-01', output: 2, input: 3 },
    ]
    expect(digest([first, second])).toMatch(/^[0-9a-f]{12}$/)
    expect(digest([second, { output: 2, input: 1 }])).toBe(digest([first, second]))
    expect(digest([first])).not.toBe(digest([first, second]))
    expect(digest([{ ...first, services: { flex: 0.5 } }])).not.toBe(digest([first]))
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

  it('adds up: the tokens of two calls in one cost what the two cost, but for the last rounding', () => {
    fc.assert(
      fc.property(anyPrice, anyUsage, anyUsage, (price, one, other) => {
        const together = cost([price], sumOf(one, other)) ?? 0
        const apart = (cost([price], one) ?? 0) + (cost([price], other) ?? 0)
        expect(Math.abs(together - apart)).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('never falls when there is a token more of any kind', () => {
    const kinds = [
      'input',
      'cached',
      'written',
      'hour',
      'heard',
      'seen',
      'output',
      'said',
      'drawn',
      'reasoned',
    ]
    fc.assert(
      fc.property(
        anyPrice,
        anyParts,
        fc.nat(kinds.length - 1),
        fc.integer({ min: 1, max: 9999 }),
        (...it) => {
          const [price, parts, kind, more] = it
          const grown = parts.map((tokens, i) => (i === kind ? tokens + more : tokens))
          expect(cost([price], usageOf(grown))).toBeGreaterThanOrEqual(cost([price], usageOf(parts)) ?? 0)
        },
      ),
    )
  })

  it('goes over into a tier without a jump where the tier costs the same, and else only there', () => {
    fc.assert(
      fc.property(anyPrice, anyUsage, fc.integer({ min: 1, max: 50_000 }), (price, usage, tokens) => {
        const flat = cost([price], usage)
        expect(cost([{ ...price, above: [{ ...price, tokens }] }], usage)).toBe(flat)
        const dear = { ...price, above: [{ tokens, input: 99_999, output: 99_999 }] }
        if (usage.inputTokens <= tokens) expect(cost([dear], usage)).toBe(flat)
        else expect(cost([dear], usage)).toBe(99_999 * (usage.inputTokens + usage.outputTokens))
      }),
    )
  })

  it('of a day is the sum of its hours, whichever of them are dear', () => {
    const times = fc.integer({ min: 0, max: 1439 })
    fc.assert(
      fc.property(times, times, (begin, end) => {
        const [from, until] = [clockOf(begin), clockOf(end)]
        const price = compilePrice([{ input: 1, output: 0, hours: [{ from, until, input: 3, output: 0 }] }])
        const start = Date.parse('2026-11-21T00:00:00Z')
        let sum = 0
        for (let minute = 0; minute < 1440; minute++) {
          sum += price?.costMicroUsd({ inputTokens: 1, outputTokens: 0 }, start + minute * 60_000) ?? 0
        }
        expect(sum).toBe(1440 + 2 * ((end - begin + 1440) % 1440))
      }),
      { numRuns: 30 },
    )
  })

  it('is none where there is none', () => {
    expect(compilePrice([])).toBeNull()
  })
})
