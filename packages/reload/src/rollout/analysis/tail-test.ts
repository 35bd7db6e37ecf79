/**
 * Whether the largest amounts have become more, which a mean of logarithms hardly shows.
 *
 * What is counted is calls above a high quantile of the baseline. The tolerance is applied to the amount: a candidate that
 * may be 10 % slower has its calls counted above a threshold that is 10 % higher, and those must not be more than the
 * baseline's above its own. The quantile is the one seen before the look that it is applied to, so the test stays exact.
 */
import type { Arm } from './arm.ts'
import { BINS, BINS_PER_DOUBLING } from './arm.ts'
import { BinTrace } from './arm-trace.ts'
import { ProportionTest } from './proportion-test.ts'

/** Share of the baseline's calls above the threshold: at least the first, at most the second. */
const TAIL = 0.01
const COARSE = 0.04
const LEAST_SAMPLES = 500
/** Bins are an eighth of a doubling wide: what falls into the threshold's own bin is given away. */
const ALLOWED = 1.1

export interface TailShares {
  readonly candidate: number
  readonly baseline: number
}

export class TailTest {
  readonly #candidate: BinTrace
  readonly #baseline: BinTrace
  readonly #shift: number
  readonly #test = new ProportionTest(ALLOWED)
  #above: [number, number] = [0, 0]
  #calls: [number, number] = [0, 0]

  constructor(measure: number, tolerance: number) {
    this.#candidate = new BinTrace(measure)
    this.#baseline = new BinTrace(measure)
    this.#shift = Math.ceil(Math.log2(1 + tolerance) * BINS_PER_DOUBLING)
  }

  look(candidate: Arm, baseline: Arm): void {
    const edge = tailEdge(this.#baseline)
    const here = this.#candidate.look(candidate, edge === null ? BINS : edge + this.#shift)
    const there = this.#baseline.look(baseline, edge ?? BINS)
    if (edge === null || here.calls === 0 || there.calls === 0) return
    this.#test.look([here.above, here.calls], [there.above, there.calls])
    this.#above = [this.#above[0] + here.above, this.#above[1] + there.above]
    this.#calls = [this.#calls[0] + here.calls, this.#calls[1] + there.calls]
  }

  evidence(design: number): number {
    return this.#test.evidence(design)
  }

  shares(): TailShares {
    return {
      candidate: this.#above[0] / Math.max(1, this.#calls[0]),
      baseline: this.#above[1] / Math.max(1, this.#calls[1]),
    }
  }
}

/** The highest bin with at least `TAIL` of all calls in it and above; `null` while there is none of use. */
function tailEdge({ totals, samples }: BinTrace): number | null {
  if (samples < LEAST_SAMPLES) return null
  let calls = 0
  for (let bin = BINS - 1; bin > 0; bin -= 1) {
    calls += totals[bin] ?? 0
    if (calls >= TAIL * samples) return calls <= COARSE * samples ? bin : null
  }
  return null
}
