/**
 * A test of rates that may be looked at whenever one likes, and is exact where they are low.
 *
 * Given how many bad events happened in a stretch of time, each falls to the candidate with a probability that depends only
 * on the two shares of the calls and on the ratio of the two rates, not on the rates themselves. So each look multiplies the
 * likelihood of the ratios that would be harm by that of the largest ratio allowed; the mean over those ratios exceeds
 * 1/alpha with a probability of at most alpha, ever, if the candidate is no worse (Ville). Shares may change between looks.
 *
 * Why not the normal approximation: a doubling of 1 % is some tens of events, where it is too weak or wrong.
 */
import { logMix } from './numbers.ts'

/** Times beyond what is allowed, and how much each is expected: a doubling most. */
const RATIOS = [1.3, 1.6, 2, 3, 6, 20]
const WEIGHTS = [0.15, 0.25, 0.25, 0.15, 0.1, 0.1]

export class ProportionTest {
  readonly #allowed: number
  readonly #direction: 1 | -1
  readonly #logs = RATIOS.map(() => 0)

  /** `allowed`: the ratio of candidate to baseline that is still fine. `direction` -1: less is harm. */
  constructor(allowed: number, direction: 1 | -1 = 1) {
    this.#allowed = allowed
    this.#direction = direction
  }

  /** Bad events and calls that are new, in the candidate and in the baseline. */
  look(candidate: readonly [number, number], baseline: readonly [number, number]): void {
    const [badHere, calls] = candidate
    const [badThere, otherCalls] = baseline
    if (badHere + badThere === 0) return
    const fine = this.#allowed * calls
    RATIOS.forEach((ratio, i) => {
      const harm = this.#direction > 0 ? fine * ratio : fine / ratio
      const all = Math.log((fine + otherCalls) / (harm + otherCalls))
      const gain = badHere * (Math.log(harm / fine) + all) + badThere * all
      this.#logs[i] = (this.#logs[i] ?? 0) + gain
    })
  }

  /**
   * ln of the evidence of harm. `design`: by how much the events vary more than independent ones, which spreads the
   * same evidence over as many times fewer events.
   */
  evidence(design: number): number {
    return logMix(
      this.#logs.map((it) => it / design),
      WEIGHTS,
    )
  }
}
