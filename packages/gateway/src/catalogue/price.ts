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
import { digestOf } from '@changeover/reload'
import type { MostUsage, Price } from '../contract/model-facts.ts'
import type { Usage } from '../contract/neutral.ts'
import type { PriceSpec } from './spec.ts'

/** Pico-dollars a token. */
interface Rates {
  readonly input: number
  readonly output: number
  readonly cachedInput: number
  readonly cachedAudio: number
  readonly cacheWrite: number
  readonly cacheWriteHour: number
  readonly inputAudio: number
  readonly outputAudio: number
  readonly inputImage: number
  readonly outputImage: number
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

interface ServedRates {
  readonly rates: Rates
  /** Of the longest request first. */
  readonly above: readonly Tier[]
  readonly hours: readonly Period[]
  /** Pico-dollars a call. */
  readonly request: number
  /** Pico-dollars a call of a tool; `null` where no tool has a price. */
  readonly tools: ReadonlyMap<string, number> | null
}

interface DatedRates {
  /** Wall milliseconds. */
  readonly from: number
  readonly usual: ServedRates
  /** By the provider's word for how it served a call. */
  readonly services: ReadonlyMap<string, ServedRates>
}

const PICO_PER_MICRO = 1_000_000
const DAY_MINUTES = 24 * 60
const DIGEST_DIGITS = 12

/** Prices in any order. `null` when there is none. */
export function compilePrice(prices: readonly PriceSpec[]): Price | null {
  const dated = prices.map(toDated).sort((a, b) => b.from - a.from)
  const newest = dated[0]
  if (newest === undefined) return null
  return {
    digest: digestOfPrices(prices),
    chargesForKeeping: prices.some(chargesForKeeping),
    costMicroUsd(usage, atMs) {
      const price = dated.find((it) => it.from <= atMs)
      return price === undefined ? null : Math.round(costOf(price, usage, atMs) / PICO_PER_MICRO)
    },
    mostMicroUsd(most, atMs) {
      const price = dated.find((it) => it.from <= atMs)
      return price === undefined ? null : Math.round(mostOf(price, most, atMs) / PICO_PER_MICRO)
    },
    perMillionTokens(atMs) {
      const { input, output } = (dated.find((it) => it.from <= atMs) ?? newest).usual.rates
      return { input: input / PICO_PER_MICRO, output: output / PICO_PER_MICRO }
    },
  }
}

function chargesForKeeping({ above = [], hours = [], ...usual }: PriceSpec): boolean {
  return [usual, ...above, ...hours].some(
    ({ input, cacheWrite = input, cacheWriteHour = cacheWrite }) =>
      Math.max(cacheWrite, cacheWriteHour) > input,
  )
}

/** The order in which prices and their fields are written does not count. */
function digestOfPrices(prices: readonly PriceSpec[]): string {
  const sorted = prices.toSorted((a, b) => ((a.from ?? '') < (b.from ?? '') ? -1 : 1))
  const text = JSON.stringify(sorted, (_, value: unknown) => inOrder(value))
  return digestOf(Buffer.from(text)).slice('sha256:'.length).slice(0, DIGEST_DIGITS)
}

function inOrder(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Pico-dollars. */
function costOf(price: DatedRates, usage: Usage, atMs: number): number {
  const { serviceTier } = usage
  const served = (serviceTier === undefined ? undefined : price.services.get(serviceTier)) ?? price.usual
  const rates = ratesOf(served, usage, atMs)
  return served.request + costOfTools(served, usage) + costOfInput(rates, usage) + costOfOutput(rates, usage)
}

/** Pico-dollars. */
function mostOf(price: DatedRates, it: MostUsage, atMs: number): number {
  const asked = it.serviceTier === null ? undefined : price.services.get(it.serviceTier)
  const usual = mostAs(price.usual, it, atMs)
  return asked === undefined ? usual : Math.max(usual, mostAs(asked, it, atMs))
}

function mostAs(served: ServedRates, it: MostUsage, atMs: number): number {
  const rates = ratesOf(served, it, atMs)
  const short = it.keeps === 'no' ? rates.input : Math.max(rates.input, rates.cacheWrite)
  const input = it.keeps === 'hour' ? Math.max(short, rates.cacheWriteHour) : short
  return served.request + it.inputTokens * input + it.outputTokens * Math.max(rates.output, rates.reasoning)
}

function costOfTools({ tools }: ServedRates, { toolCalls }: Usage): number {
  if (tools === null || toolCalls === undefined) return 0
  let cost = 0
  for (const [tool, price] of tools) cost += price * (toolCalls[tool] ?? 0)
  return cost
}

// A provider that counts a part as more than the whole is not to lower the price of the rest below nothing.

function costOfInput(rates: Rates, usage: Usage): number {
  const cached = usage.cachedInputTokens ?? 0
  const cachedAudio = usage.cachedAudioTokens ?? 0
  const written = usage.cacheWriteTokens ?? 0
  const forAnHour = usage.cacheWriteHourTokens ?? 0
  const heard = Math.max(0, (usage.inputAudioTokens ?? 0) - cachedAudio)
  const seen = Math.max(0, (usage.inputImageTokens ?? 0) - (usage.cachedImageTokens ?? 0))
  return (
    Math.max(0, usage.inputTokens - cached - written - heard - seen) * rates.input +
    Math.max(0, cached - cachedAudio) * rates.cachedInput +
    cachedAudio * rates.cachedAudio +
    Math.max(0, written - forAnHour) * rates.cacheWrite +
    forAnHour * rates.cacheWriteHour +
    heard * rates.inputAudio +
    seen * rates.inputImage
  )
}

function costOfOutput(rates: Rates, usage: Usage): number {
  const said = usage.outputAudioTokens ?? 0
  const drawn = usage.outputImageTokens ?? 0
  const reasoned = usage.reasoningTokens ?? 0
  return (
    Math.max(0, usage.outputTokens - said - drawn - reasoned) * rates.output +
    said * rates.outputAudio +
    drawn * rates.outputImage +
    reasoned * rates.reasoning
  )
}

function ratesOf(price: ServedRates, usage: Pick<Usage, 'inputTokens'>, atMs: number): Rates {
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
  const services = Object.entries(price.services ?? {})
  return {
    from: price.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(`${price.from}T00:00:00Z`),
    usual: toServed(price, 1),
    services: new Map(services.map(([name, factor]) => [name, toServed(price, factor)])),
  }
}

/** Each rate is rounded to the pico-dollar once, here; from then on all are whole numbers. */
function toServed(price: PriceSpec, factor: number): ServedRates {
  return {
    rates: toRates(price, factor),
    above: (price.above ?? [])
      .map((it) => ({ tokens: it.tokens, rates: toRates(it, factor) }))
      .sort((a, b) => b.tokens - a.tokens),
    hours: (price.hours ?? []).map((it) => ({
      from: minuteOf(it.from),
      until: minuteOf(it.until),
      rates: toRates(it, factor),
    })),
    request: Math.round(pico((price.request ?? 0) * PICO_PER_MICRO) * factor),
    // Searches cost the same however fast the tokens come.
    tools:
      price.tools === undefined
        ? null
        : new Map(Object.entries(price.tools).map(([tool, usd]) => [tool, pico(usd * PICO_PER_MICRO)])),
  }
}

type Amounts = Pick<PriceSpec, keyof Rates>

function toRates(it: Amounts, factor: number): Rates {
  const cachedInput = it.cachedInput ?? it.input
  const cacheWrite = it.cacheWrite ?? it.input
  const rate = (usdPerMillion: number): number => Math.round(pico(usdPerMillion) * factor)
  return {
    input: rate(it.input),
    output: rate(it.output),
    cachedInput: rate(cachedInput),
    cachedAudio: rate(it.cachedAudio ?? cachedInput),
    cacheWrite: rate(cacheWrite),
    cacheWriteHour: rate(it.cacheWriteHour ?? cacheWrite),
    inputAudio: rate(it.inputAudio ?? it.input),
    outputAudio: rate(it.outputAudio ?? it.output),
    inputImage: rate(it.inputImage ?? it.input),
    outputImage: rate(it.outputImage ?? it.output),
    reasoning: rate(it.reasoning ?? it.output),
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
