/**
 * Which levels a metric may have, how likely each is in a short stretch of time, and how it moves from one stretch to the next.
 *
 * A level has two parts. The base drifts by small steps and may jump for good; an incident lies on it for a while and ends as
 * it began. That is what tells a reload from a burst that happens to begin with it: the burst goes away by itself. Levels are
 * logarithms on a grid, because what is wrong multiplies; in a calm window the grid is finer, and smaller jumps count.
 *
 * States lie one height of incidents after the other, each with all base levels; the first height is none.
 *
 * Not here: what is reckoned with them (`blame-steps.ts`).
 */
import type { Series } from './blame-series.ts'

/** Widest and narrowest distance of levels, and how many of them a window's own spread has at least. */
const WIDEST = 0.08
const FINEST = 0.02
const SPREAD = 10
/** Levels beyond those that were seen. */
const MARGIN = 6
/** Of incidents, in levels, up and down. */
const HEIGHTS = [3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 26, 30] as const
const HIGHEST = 30
const SHIFTS: readonly number[] = [0, ...HEIGHTS, ...HEIGHTS.map((it) => -it)]
/** Levels of the least jump: what is less is drift. */
const LEAST_JUMP = 3
/** Mean size of jumps beyond the least: they double or halve, about. */
const JUMP = 0.8
const INCIDENTS_PER_HOUR = 4
const INCIDENT_MS = 120_000
/** Jumps for good that no reload made. */
const STRAY_PER_HOUR = 0.3
/** Variance of the drift, in levels, over the whole window. */
const DRIFT = 225
const HOUR_MS = 3_600_000
/** The coarse look at how far levels spread, and calls at the mean rate that each block is taken to have had besides its own. */
const BLOCKS = 120
const BESIDE = 5
/** No rate is taken to be nearer to all than this. */
const MOST_RATE = 0.985

export class Grid {
  readonly levels: number
  readonly states: number
  readonly #series: Series
  readonly #step: number
  readonly #lowest: number
  readonly #decay: number
  /** Probability of the least jump, in one direction. */
  readonly #least: number
  readonly #likely: Float64Array
  readonly #logs: readonly { readonly value: number; readonly log: number; readonly logRest: number }[]

  constructor(series: Series) {
    const { low, high } = rangeOf(series)
    this.#series = series
    this.#step = Math.min(WIDEST, Math.max(FINEST, (high - low) / SPREAD))
    this.levels = Math.ceil((high - low) / this.#step) + 2 * MARGIN + 1
    this.states = this.levels * SHIFTS.length
    this.#lowest = low - MARGIN * this.#step
    this.#decay = Math.exp(-this.#step / JUMP)
    this.#least = (1 - this.#decay) / 2
    this.#likely = new Float64Array(this.levels + 2 * HIGHEST)
    this.#logs = Array.from(this.#likely, (_, i) => {
      const value = this.valueOf(i - HIGHEST)
      const rate = Math.min(MOST_RATE, Math.exp(value))
      return { value, log: Math.log(rate), logRest: Math.log(1 - rate) }
    })
  }

  /** Logarithm of the metric at a base level, without an incident. */
  valueOf(level: number): number {
    return this.#lowest + level * this.#step
  }

  /** How likely a jump is to go over so many levels. */
  jumpBy(levels: number): number {
    return Math.abs(levels) < LEAST_JUMP ? 0 : this.#least * this.#decay ** (Math.abs(levels) - LEAST_JUMP)
  }

  /** Probability that the base jumps within a bin, and no reload made it. */
  strayJump(bin: number): number {
    return Math.min(0.01, (STRAY_PER_HOUR * this.#lengthMs(bin)) / HOUR_MS)
  }

  /** Multiplies by how likely it is to see in each state what a bin holds, and makes the sum 1. */
  observe(states: Float64Array, bin: number): void {
    this.#look(bin)
    const { levels } = this
    let sum = 0
    for (let height = 0; height < SHIFTS.length; height += 1) {
      const shift = (SHIFTS[height] ?? 0) + HIGHEST
      const start = height * levels
      for (let i = 0; i < levels; i += 1) {
        const product = (states[start + i] ?? 0) * (this.#likely[shift + i] ?? 0)
        states[start + i] = product
        sum += product
      }
    }
    for (let i = 0; i < states.length; i += 1) states[i] = (states[i] ?? 0) / sum
  }

  /** Incidents begin and end between two bins; `back`: the same, seen from the later one. */
  incidents(
    from: Float64Array,
    to: Float64Array,
    time: { readonly bin: number; readonly back: boolean },
  ): void {
    const { levels } = this
    const begins = Math.min(0.1, (INCIDENTS_PER_HOUR * this.#lengthMs(time.bin)) / HOUR_MS)
    const ends = Math.min(0.5, this.#lengthMs(time.bin) / INCIDENT_MS)
    const each = begins / (SHIFTS.length - 1)
    const [out, home] = time.back ? [ends, each] : [each, ends]
    for (let i = 0; i < levels; i += 1) {
      const calm = from[i] ?? 0
      let returned = 0
      for (let at = i + levels; at < from.length; at += levels) {
        const high = from[at] ?? 0
        returned += high
        to[at] = high * (1 - ends) + calm * out
      }
      to[i] = calm * (1 - begins) + returned * home
    }
  }

  /** The base drifts from one bin to the next, or jumps with the probability `jump`. The same in both directions of time. */
  move(from: Float64Array, to: Float64Array, time: { readonly bin: number; readonly jump: number }): void {
    const { levels } = this
    const { edges } = this.#series
    const share = this.#lengthMs(time.bin) / ((edges.at(-1) ?? 0) - (edges[0] ?? 0))
    const drift = Math.min(0.3, (DRIFT * share) / 2)
    this.jump(from, to)
    for (let start = 0; start < from.length; start += levels) {
      const last = start + levels - 1
      for (let i = start; i <= last; i += 1) {
        const here = from[i] ?? 0
        const beside = (i > start ? (from[i - 1] ?? 0) : here) + (i < last ? (from[i + 1] ?? 0) : here)
        const drifted = here * (1 - 2 * drift) + beside * drift
        to[i] = drifted * (1 - time.jump) + (to[i] ?? 0) * time.jump
      }
    }
  }

  /** Where one jump of the base leads: of each level the sum of what can come to it, by one walk up and one down. */
  jump(from: Float64Array, to: Float64Array): void {
    const { levels } = this
    const decay = this.#decay
    for (let start = 0; start < from.length; start += levels) {
      let up = 0
      for (let i = LEAST_JUMP; i < levels; i += 1) {
        up = up * decay + (from[start + i - LEAST_JUMP] ?? 0)
        to[start + i] = up * this.#least
      }
      to.fill(0, start, start + LEAST_JUMP)
      let down = 0
      for (let i = levels - 1 - LEAST_JUMP; i >= 0; i -= 1) {
        down = down * decay + (from[start + i + LEAST_JUMP] ?? 0)
        to[start + i] = (to[start + i] ?? 0) + down * this.#least
      }
    }
  }

  #lengthMs(bin: number): number {
    const { edges } = this.#series
    return (edges[bin + 1] ?? 0) - (edges[bin] ?? 0)
  }

  /** How likely a bin is at each level: binomial for events, normal for logarithms of amounts; the best is 1. */
  #look(bin: number): void {
    const { kind, calls, sums, design, variance } = this.#series
    const likely = this.#likely
    const n = (calls[bin + 1] ?? 0) - (calls[bin] ?? 0)
    if (n === 0) return void likely.fill(1)
    const sum = (sums[bin + 1] ?? 0) - (sums[bin] ?? 0)
    const events = Math.max(0, sum)
    // A level of the grid is known no better than to its width.
    const spread = 2 * ((variance * design) / n + this.#step ** 2 / 12)
    let best = Number.NEGATIVE_INFINITY
    this.#logs.forEach(({ value, log, logRest }, i) => {
      const odds =
        kind === 'amount'
          ? -((sum / n - value) ** 2) / spread
          : (events * log + Math.max(0, n - events) * logRest) / design
      likely[i] = odds
      best = Math.max(best, odds)
    })
    for (let i = 0; i < likely.length; i += 1) likely[i] = Math.exp((likely[i] ?? 0) - best)
  }
}

/** Of the series in coarse blocks. */
function rangeOf({ kind, calls, sums }: Series): { readonly low: number; readonly high: number } {
  const bins = calls.length - 1
  const mean = Math.max(1, sums[bins] ?? 0) / Math.max(1, calls[bins] ?? 0)
  let low = Number.POSITIVE_INFINITY
  let high = Number.NEGATIVE_INFINITY
  for (let block = 0; block < BLOCKS; block += 1) {
    const from = Math.floor((block * bins) / BLOCKS)
    const to = Math.floor(((block + 1) * bins) / BLOCKS)
    const n = (calls[to] ?? 0) - (calls[from] ?? 0)
    if (n === 0) continue
    const sum = (sums[to] ?? 0) - (sums[from] ?? 0)
    const value = kind === 'amount' ? sum / n : Math.log((Math.max(0, sum) + BESIDE * mean) / (n + BESIDE))
    low = Math.min(low, value)
    high = Math.max(high, value)
  }
  return { low, high }
}
