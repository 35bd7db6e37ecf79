/**
 * What an arm added between two looks, and how far its groups of units have strayed.
 *
 * Every look is a stratum: candidate and baseline are compared with what both saw in the same stretch of time, and only
 * the differences are summed up. Comparing running totals instead would blame the candidate for the time of day as soon
 * as its share grows.
 *
 * Not here: the estimate (`strata.ts`) and the tests.
 */
import { type Arm, BINS, FIELDS, GROUPS } from './arm.ts'

/** Calls beyond the first of their look from which a variance is believed. */
const ENOUGH = 50

export class ArmTrace {
  /** Not yet taken into the totals. */
  newSamples = 0
  newSum = 0
  /** Of all looks. */
  samples = 0
  sum = 0
  broken = 0
  hasUnits = false
  readonly #measure: number
  /** The groups' fields as they are now, side by side, and as they were when they were last taken in. */
  readonly #now = new Float64Array(GROUPS * FIELDS)
  readonly #last = new Float64Array(GROUPS * FIELDS)
  readonly #strayed = new Float64Array(GROUPS)
  readonly #signed = new Float64Array(GROUPS)
  #arm: Arm | null = null
  #brokenBefore = 0
  #newSquares = 0
  #squares = 0
  #within = 0
  #freedom = 0

  constructor(measure: number) {
    this.#measure = measure
  }

  /** Reads what is new. An arm that was not seen before begins at nothing; what others added stays. */
  look(arm: Arm): void {
    if (arm !== this.#arm) {
      this.#arm = arm
      this.#now.fill(0)
      this.#last.fill(0)
      this.#brokenBefore = this.broken
    }
    this.newSamples = 0
    this.newSum = 0
    this.#newSquares = 0
    const { sums } = arm
    const now = this.#now
    const last = this.#last
    for (let group = 0; group < GROUPS; group += 1) {
      const at = arm.placeOf(this.#measure, group)
      const i = group * FIELDS
      const samples = (sums[at] ?? 0) - (last[i] ?? 0)
      now[i] = sums[at] ?? 0
      // Whatever is added to a group is a call.
      if (samples === 0) continue
      for (let field = 1; field < FIELDS; field += 1) now[i + field] = sums[at + field] ?? 0
      this.newSamples += samples
      this.newSum += difference(now, last, i + 1)
      this.#newSquares += difference(now, last, i + 2)
    }
    this.broken = this.#brokenBefore + (arm.broken[this.#measure] ?? 0)
    this.hasUnits ||= arm.hasUnits
  }

  /**
   * Takes what is new into the totals. `centre` is what one call was expected to show in this stratum, `weight` how much
   * one call of it counts in the estimate.
   */
  settle(centre: number, weight: number): void {
    const now = this.#now
    const last = this.#last
    for (let group = 0; group < GROUPS; group += 1) {
      const i = group * FIELDS
      const samples = difference(now, last, i)
      if (samples === 0) continue
      const sum = difference(now, last, i + 1)
      this.#strayed[group] = (this.#strayed[group] ?? 0) + weight * (sum - samples * centre)
      this.#signed[group] = (this.#signed[group] ?? 0) + difference(now, last, i + 3)
    }
    last.set(now)
    this.samples += this.newSamples
    this.sum += this.newSum
    this.#squares += this.#newSquares
    this.#within += Math.max(0, this.#newSquares - (this.newSum * this.newSum) / this.newSamples)
    this.#freedom += this.newSamples - 1
    this.newSamples = 0
    this.newSum = 0
  }

  /** Sum of the squares by which the groups strayed. */
  strayedSquares(): number {
    return this.#strayed.reduce((total, it) => total + it * it, 0)
  }

  /** Sum of the squares of the calls of each unit, as good as 64 groups can tell. */
  unitSquares(): number {
    return this.#signed.reduce((total, it) => total + it * it, 0)
  }

  /** All that came in, compared or not. */
  get seen(): number {
    return this.samples + this.newSamples
  }

  /** Of all that came in; `null` before anything did. */
  get seenMean(): number | null {
    return this.seen === 0 ? null : (this.sum + this.newSum) / this.seen
  }

  mean(): number {
    return this.samples === 0 ? 0 : this.sum / this.samples
  }

  /** Of one call within a look, as soon as looks have enough calls to tell: the time of day is no chance. */
  variance(): number {
    if (this.#freedom >= ENOUGH) return this.#within / this.#freedom
    if (this.samples < 2) return 0
    const mean = this.mean()
    return Math.max(0, (this.#squares - this.samples * mean * mean) / (this.samples - 1))
  }
}

/** The histogram of an arm's amounts over all looks. */
export class BinTrace {
  readonly totals = new Float64Array(BINS)
  /** In all bins. */
  samples = 0
  readonly #measure: number
  readonly #last = new Uint32Array(BINS)
  #arm: Arm | null = null

  constructor(measure: number) {
    this.#measure = measure
  }

  /** Takes what is new into the totals; of that, how many calls there are, and how many in bins from `edge` on. */
  look(arm: Arm, edge: number): { readonly calls: number; readonly above: number } {
    if (arm !== this.#arm) {
      this.#arm = arm
      this.#last.fill(0)
    }
    const { totals } = this
    const from = this.#measure * BINS
    const last = this.#last
    let calls = 0
    let above = 0
    for (let i = 0; i < BINS; i += 1) {
      const now = arm.bins[from + i] ?? 0
      const fresh = now - (last[i] ?? 0)
      // Most bins are those of amounts that nobody has.
      if (fresh === 0) continue
      last[i] = now
      totals[i] = (totals[i] ?? 0) + fresh
      calls += fresh
      if (i >= edge) above += fresh
    }
    this.samples += calls
    return { calls, above }
  }
}

function difference(now: Float64Array, before: Float64Array, i: number): number {
  return (now[i] ?? 0) - (before[i] ?? 0)
}
