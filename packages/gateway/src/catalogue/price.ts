/**
 * What a call costs.
 *
 * Invariant: the same tokens at the same time cost the same, streamed or whole, today or re-priced next year.
 * So all of it is done in whole numbers: a price per million tokens, given to at most six decimals, is a whole
 * number of pico-dollars a token, and a sum of such products is exact up to nine thousand dollars a call.
 * Rounding happens once, at the end, to the nearest micro-dollar.
 *
 * Not here: where prices come from (`catalogue.ts`), and counting tokens, which the provider does.
 */
import type { Price } from '../contract/model-facts.ts'
import type { Usage } from '../contract/neutral.ts'
import type { PriceSpec } from './spec.ts'

/** Pico-dollars a token. */
interface Rates {
  readonly input: number
  readonly output: number
  readonly cachedInput: number
  readonly cacheWrite: number
  readonly inputAudio: number
  readonly outputAudio: number
  readonly reasoning: number
}

interface Tier {
  readonly tokens: number
  readonly rates: Rates
}

interface Period {
  /** Minutes of the day. */
  readonly from: number
  readonly until: number
  readonly rates: Rates
}

interface DatedRates {
  /** Wall milliseconds. */
  readonly from: number
  readonly rates: Rates
  /** Of the longest request first. */
  readonly above: readonly Tier[]
  readonly hours: readonly Period[]
  /** Pico-dollars a call. */
  readonly request: number
}

const PICO_PER_MICRO = 1_000_000
const DAY_MINUTES = 24 * 60

/** Prices in any order. `null` when there is none. */
export function compilePrice(prices: readonly PriceSpec[]): Price | null {
  const dated = prices.map(toDated).sort((a, b) => b.from - a.from)
  const newest = dated[0]
  if (newest === undefined) return null
  return {
    costMicroUsd(usage, atMs) {
      const price = dated.find((it) => it.from <= atMs)
      return price === undefined ? null : Math.round(costOf(price, usage, atMs) / PICO_PER_MICRO)
    },
    perMillionTokens(atMs) {
      const { input, output } = (dated.find((it) => it.from <= atMs) ?? newest).rates
      return { input: input / PICO_PER_MICRO, output: output / PICO_PER_MICRO }
    },
  }
}

/** Pico-dollars. */
function costOf(price: DatedRates, usage: Usage, atMs: number): number {
  const rates = ratesOf(price, usage, atMs)
  const cached = usage.cachedInputTokens ?? 0
  const written = usage.cacheWriteTokens ?? 0
  const heard = usage.inputAudioTokens ?? 0
  const said = usage.outputAudioTokens ?? 0
  const reasoned = usage.reasoningTokens ?? 0
  // A provider that counts a part as more than the whole is not to lower the price of the rest below nothing.
  const plainInput = Math.max(0, usage.inputTokens - cached - written - heard)
  const plainOutput = Math.max(0, usage.outputTokens - said - reasoned)
  return (
    price.request +
    plainInput * rates.input +
    cached * rates.cachedInput +
    written * rates.cacheWrite +
    heard * rates.inputAudio +
    plainOutput * rates.output +
    reasoned * rates.reasoning +
    said * rates.outputAudio
  )
}

function ratesOf(price: DatedRates, usage: Usage, atMs: number): Rates {
  const tier = price.above.find((it) => usage.inputTokens > it.tokens)
  if (tier !== undefined) return tier.rates
  if (price.hours.length === 0) return price.rates
  const minute = Math.floor(atMs / 60_000) % DAY_MINUTES
  return price.hours.find((it) => isWithin(it, minute))?.rates ?? price.rates
}

function isWithin({ from, until }: Period, minute: number): boolean {
  return from <= until ? minute >= from && minute < until : minute >= from || minute < until
}

function toDated(price: PriceSpec): DatedRates {
  return {
    from: price.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(`${price.from}T00:00:00Z`),
    rates: toRates(price),
    above: (price.above ?? [])
      .map((it) => ({ tokens: it.tokens, rates: toRates(it) }))
      .sort((a, b) => b.tokens - a.tokens),
    hours: (price.hours ?? []).map((it) => ({
      from: minuteOf(it.from),
      until: minuteOf(it.until),
      rates: toRates(it),
    })),
    request: pico((price.request ?? 0) * PICO_PER_MICRO),
  }
}

type Amounts = Pick<PriceSpec, keyof Rates>

function toRates(it: Amounts): Rates {
  return {
    input: pico(it.input),
    output: pico(it.output),
    cachedInput: pico(it.cachedInput ?? it.input),
    cacheWrite: pico(it.cacheWrite ?? it.input),
    inputAudio: pico(it.inputAudio ?? it.input),
    outputAudio: pico(it.outputAudio ?? it.output),
    reasoning: pico(it.reasoning ?? it.output),
  }
}

/** Dollars a million tokens are micro-dollars a token. */
function pico(usdPerMillion: number): number {
  return Math.round(usdPerMillion * PICO_PER_MICRO)
}

function minuteOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':')
  return Number(hours) * 60 + Number(minutes)
}
