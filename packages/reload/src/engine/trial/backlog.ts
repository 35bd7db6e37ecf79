/**
 * What calls of both sides have said and nobody has added up yet, in the order in which they ended.
 *
 * Added up as it ends, each call finds the sums and the code for them pushed out of the processor's caches by the work of
 * the call itself; some dozens in a row find them there. Nobody sees the difference: whoever looks has all of it added up
 * first, and a call that failed in what is watched does not wait, nor what came before it, nor what follows until the guard
 * is at ease again.
 *
 * Invariant: keeping a call allocates nothing.
 */

/** Calls that may wait. */
const CALLS = 32

/** One side, as the backlog adds to it. */
export interface Settling {
  /** What a call said begins at `from`. */
  settle(values: Float64Array, from: number, unit: number | undefined): void
}

export class Backlog {
  private readonly measures: number
  /** Of each call in turn, by measure. */
  private readonly values: Float64Array
  /** `NaN` for a call without one. */
  private readonly units = new Float64Array(CALLS)
  private readonly sides: (Settling | null)[] = Array.from({ length: CALLS }, () => null)
  private length = 0
  private isSettling = false

  constructor(measures: number) {
    this.measures = measures
    this.values = new Float64Array(CALLS * measures)
  }

  keep(side: Settling, values: Float64Array, unit: number | undefined): void {
    // Somebody was told of a failure, and ended calls for it: what is there is not written over.
    if (this.isSettling) return side.settle(values, 0, unit)
    const { measures, length } = this
    const from = length * measures
    for (let i = 0; i < measures; i += 1) this.values[from + i] = values[i] ?? Number.NaN
    this.units[length] = unit ?? Number.NaN
    this.sides[length] = side
    this.length = length + 1
    if (this.length === CALLS) this.settle()
  }

  /** Adds up what waits. */
  settle(): void {
    if (this.isSettling || this.length === 0) return
    const { length, measures, values, units, sides } = this
    this.isSettling = true
    try {
      for (let i = 0; i < length; i += 1) {
        const unit = units[i] ?? Number.NaN
        sides[i]?.settle(values, i * measures, Number.isNaN(unit) ? undefined : unit)
      }
    } finally {
      this.length = 0
      this.isSettling = false
    }
  }
}
