/**
 * What one side of a comparison has seen, in constant memory.
 *
 * Calls of one session or tenant are alike, so counting them as if each had been drawn by itself makes every difference
 * look certain. An arm therefore keeps its sums in a fixed number of groups, chosen by a hash of the unit: units never
 * straddle groups, so how far the groups differ tells how far units differ. Each group also keeps a sum in which each
 * unit has a sign of its own: its square is, on average, the sum of the squares of the units' calls, which tells how
 * many units really carry the traffic without remembering one of them.
 *
 * Amounts are kept as logarithms, because latency and cost are skewed and their plain means are moved by a handful of
 * calls; and as a histogram in eighths of a doubling, for their tail.
 *
 * Invariant: `add` allocates nothing and never throws. What is not a finite number of 0 or more is only counted.
 *
 * Not here: what the sums say (`comparison.ts`).
 */
import type { Arm as ArmPort, MeasureSpec } from '../../contract/rollout.ts'

/** Groups of units in an arm. */
export const GROUPS = 64
/** Of each group: calls, sum, sum of squares, calls with the sign of their unit. */
export const FIELDS = 4
/** Bins of a doubling, and of all of an amount's histogram: 40 doublings. */
export const BINS_PER_DOUBLING = 8
export const BINS = 320

const BIN_SCALE = BINS_PER_DOUBLING / Math.LN2

/** Adding costs ten nanoseconds or so a number. `measure` is the place in `specs`. */
export class Arm implements ArmPort {
  /**
   * Fields of each measure of each group (`placeOf`); amounts as ln(value / grain + 1). What one call adds to lies
   * together: its group is as good as random, so wherever it lies is not in the processor's caches.
   */
  readonly sums: Float64Array
  /** `measure * BINS + bin`; empty for proportions. */
  readonly bins: Uint32Array
  /** Values that are no finite number of 0 or more, by measure. */
  readonly broken: Float64Array
  readonly #scales: Float64Array
  #callsWithUnit = 0
  #ownUnits = 0

  constructor(specs: readonly MeasureSpec[]) {
    this.sums = new Float64Array(specs.length * GROUPS * FIELDS)
    this.bins = new Uint32Array(specs.length * BINS)
    this.broken = new Float64Array(specs.length)
    // 0 stands for a proportion, so that adding looks up one number and no object.
    this.#scales = Float64Array.from(specs, (it) => (it.kind === 'amount' ? 1 / (it.grain ?? 1) : 0))
  }

  /** Whether any call said which unit it belongs to; calls that did not are units of their own. */
  get hasUnits(): boolean {
    return this.#callsWithUnit > 0
  }

  /** Where the fields of a measure begin in `sums`: calls, sum, sum of squares, signed calls. */
  placeOf(measure: number, group: number): number {
    return (group * this.#scales.length + measure) * FIELDS
  }

  /** `unit`: a hash of the unit, of which the lower 32 bits count. */
  add(measure: number, value: number, unit?: number): void {
    if (!this.#takes(measure, value)) return
    const hash = this.#hashOf(unit)
    this.#put(measure, value, this.placeOf(measure, groupOf(hash)), signOf(hash))
  }

  /** Without a unit it is one of its own, the same in each measure: measures are never held against each other. */
  addAll(values: Float64Array, unit?: number): void {
    const hash = this.#hashOf(unit)
    const sign = signOf(hash)
    let at = this.placeOf(0, groupOf(hash))
    for (let measure = 0; measure < values.length; measure += 1) {
      const value = values[measure] ?? Number.NaN
      if (!Number.isNaN(value) && this.#takes(measure, value)) this.#put(measure, value, at, sign)
      at += FIELDS
    }
  }

  #takes(measure: number, value: number): boolean {
    const scale = this.#scales[measure]
    if (scale === undefined) return false
    if (value >= 0 && value < Number.POSITIVE_INFINITY && (scale !== 0 || value <= 1)) return true
    this.broken[measure] = (this.broken[measure] ?? 0) + 1
    return false
  }

  #hashOf(unit: number | undefined): number {
    if (unit === undefined) this.#ownUnits += 1
    else this.#callsWithUnit += 1
    return spread(unit ?? this.#ownUnits)
  }

  #put(measure: number, value: number, at: number, sign: 1 | -1): void {
    const scale = this.#scales[measure] ?? 0
    const kept = scale === 0 ? value : Math.log1p(value * scale)
    const { sums } = this
    sums[at] = (sums[at] ?? 0) + 1
    sums[at + 1] = (sums[at + 1] ?? 0) + kept
    sums[at + 2] = (sums[at + 2] ?? 0) + kept * kept
    sums[at + 3] = (sums[at + 3] ?? 0) + sign
    if (scale !== 0) this.#addBin(measure, kept)
  }

  #addBin(measure: number, kept: number): void {
    const bin = Math.min(BINS - 1, (kept * BIN_SCALE) | 0)
    const at = measure * BINS + bin
    this.bins[at] = (this.bins[at] ?? 0) + 1
  }
}

function groupOf(hash: number): number {
  return hash & (GROUPS - 1)
}

function signOf(hash: number): 1 | -1 {
  return hash < 0 ? -1 : 1
}

/** Hashes of neighbours fall far apart, whoever made them; all 32 bits count. */
function spread(unit: number): number {
  let hash = Math.imul(unit ^ (unit >>> 16), 0x7feb352d)
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b)
  return hash ^ (hash >>> 16)
}
