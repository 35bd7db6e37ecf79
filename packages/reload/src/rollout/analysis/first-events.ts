/**
 * Who is hit at all: the first bad event of each group of units, and to which side it falls.
 *
 * Where few units carry the candidate's traffic, their calls are worth little: at worst each unit is good for one, whatever
 * number it makes, and a canary of seven tenants would never be judged by rates. But a change that hurts mostly hurts
 * everybody, and habits do not: that all seven have trouble and of two hundred others nobody is no habit of seven. So each
 * group counts once, with its first bad event, and how alike its calls are no longer matters.
 *
 * Given that a further group is hit, it is one of the candidate's with the candidate's share of what could still be hit: of
 * the calls, or of the groups, whichever is more. By calls alone a few small tenants of bad habits would look guilty; by
 * groups alone a few large ones would.
 *
 * Not here: how often each is hit (`proportion-measure.ts`); where that is seen as well, most groups have been hit on both
 * sides, and this says nothing more.
 */
import { type Arm, GROUPS } from './arm.ts'
import { ProportionTest } from './proportion-test.ts'

export class FirstEvents {
  readonly #candidate: Side
  readonly #baseline: Side
  readonly #test: ProportionTest

  /** `countsAbsence`: what is bad is the 0, not the 1. */
  constructor(measure: number, allowed: number, countsAbsence: boolean) {
    this.#candidate = new Side(measure, countsAbsence)
    this.#baseline = new Side(measure, countsAbsence)
    this.#test = new ProportionTest(allowed)
  }

  look(candidate: Arm, baseline: Arm): void {
    const here = this.#candidate
    const there = this.#baseline
    here.look(candidate)
    there.look(baseline)
    if (here.newHits + there.newHits === 0) return
    const byCalls = shareOf(here.newCalls, there.newCalls)
    const byGroups = shareOf(here.unhit + here.newHits, there.unhit + there.newHits)
    const share = Math.max(byCalls, byGroups)
    // Where one side has nobody left to hit, whom the next one hits says nothing.
    if (share === 0 || share === 1) return
    this.#test.look([here.newHits, share], [there.newHits, 1 - share])
  }

  /** ln of the evidence that more of the candidate's units are hit than is allowed. */
  evidence(): number {
    return this.#test.evidence(1)
  }
}

function shareOf(here: number, there: number): number {
  return here + there === 0 ? 1 : here / (here + there)
}

/** One arm's groups: which have been hit, and what those that have not are doing. */
class Side {
  /** Groups that have called and were never hit. */
  unhit = 0
  newHits = 0
  /** Calls of groups that had not been hit before, those after the hit left out as well as can be told. */
  newCalls = 0
  readonly #measure: number
  readonly #countsAbsence: boolean
  readonly #calls = new Float64Array(GROUPS)
  readonly #sums = new Float64Array(GROUPS)
  readonly #hit = new Uint8Array(GROUPS)
  #arm: Arm | null = null

  constructor(measure: number, countsAbsence: boolean) {
    this.#measure = measure
    this.#countsAbsence = countsAbsence
  }

  look(arm: Arm): void {
    if (arm !== this.#arm) {
      this.#arm = arm
      this.#calls.fill(0)
      this.#sums.fill(0)
    }
    this.newHits = 0
    this.newCalls = 0
    this.unhit = 0
    for (let group = 0; group < GROUPS; group += 1) this.#lookAt(arm, group)
  }

  #lookAt(arm: Arm, group: number): void {
    if (this.#hit[group] === 1) return
    const at = arm.placeOf(this.#measure, group)
    const calls = arm.sums[at] ?? 0
    const sum = arm.sums[at + 1] ?? 0
    const newCalls = calls - (this.#calls[group] ?? 0)
    const newSum = sum - (this.#sums[group] ?? 0)
    this.#calls[group] = calls
    this.#sums[group] = sum
    if (calls === 0) return
    const bad = this.#countsAbsence ? newCalls - newSum : newSum
    if (bad < 0.5) {
      this.newCalls += newCalls
      this.unhit += 1
      return
    }
    this.#hit[group] = 1
    this.newHits += 1
    this.newCalls += newCalls / (bad + 1)
  }
}
