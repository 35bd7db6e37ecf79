/**
 * Judges an amount: latency, cost, tokens. Typical values are compared (the mean of logarithms), and the tail beside it.
 *
 * Values that people are shown are typical values too, geometric means, so that they agree with the change.
 */
import type { MeasureJudgement } from '../../contract/rollout.ts'
import { evidenceAbove, halfWidth } from './amount-test.ts'
import type { Arm } from './arm.ts'
import type { ArmTrace } from './arm-trace.ts'
import { conclude, type Evidence, type MeasurePlan, type MeasureTest, unfit } from './measure-test.ts'
import { type Estimate, Strata } from './strata.ts'
import { TailTest } from './tail-test.ts'
import { amount, count, moreOrLess, percent } from './words.ts'

const INTERVAL_ALPHA = 0.05
/** Of the false alarms that the measure may give. */
const TAIL_PART = 0.2
/** Variance of one logarithm below which amounts count as constant: 1 %. */
const CONSTANT = 1e-4

export class AmountMeasure implements MeasureTest {
  readonly #plan: MeasurePlan
  readonly #strata: Strata
  readonly #tail: TailTest | null
  readonly #grain: number

  constructor(plan: MeasurePlan) {
    this.#plan = plan
    this.#strata = new Strata(plan.measure)
    this.#tail = plan.spec.worse === 'lower' ? null : new TailTest(plan.measure, plan.spec.tolerance)
    this.#grain = plan.spec.grain ?? 1
  }

  look(candidate: Arm, baseline: Arm): void {
    if (!this.#strata.look(candidate, baseline)) return
    this.#strata.settle()
    this.#tail?.look(candidate, baseline)
  }

  isPresent(): boolean {
    return this.#strata.candidate.samples > 0
  }

  judge(alpha: number): MeasureJudgement {
    const { spec } = this.#plan
    const { candidate, baseline } = this.#strata
    const summary = {
      name: spec.name,
      candidate: { samples: candidate.seen, value: this.#typical(candidate) },
      baseline: { samples: baseline.seen, value: this.#typical(baseline) },
    }
    const reason = unfit(this.#strata, spec) ?? this.#zeros()
    if (reason !== null)
      return { ...summary, verdict: 'inconclusive', change: null, low: null, high: null, reason }
    const estimate = this.#estimate()
    const { difference, variance } = estimate
    const width = halfWidth(variance, INTERVAL_ALPHA)
    return {
      ...summary,
      change: Math.expm1(difference),
      low: Math.expm1(difference - width),
      high: Math.expm1(difference + width),
      ...this.#conclude(estimate, alpha),
    }
  }

  #conclude(estimate: Estimate, alpha: number): Pick<MeasureJudgement, 'verdict' | 'reason'> {
    const evidence = this.#evidence(estimate, alpha)
    const tail =
      (this.#tail?.evidence(estimate.design) ?? Number.NEGATIVE_INFINITY) + Math.log(alpha * TAIL_PART)
    const harm = Math.max(evidence.harm, tail)
    const said = tail >= 0 && evidence.harm < 0 ? this.#sayTail() : this.#say(estimate.difference)
    return conclude(this.#plan, this.#strata, { ...evidence, harm }, said)
  }

  #estimate(): Estimate {
    const { candidate, baseline } = this.#strata
    return this.#strata.estimate({
      candidate: Math.max(CONSTANT, candidate.variance()),
      baseline: Math.max(CONSTANT, baseline.variance()),
      events: Number.POSITIVE_INFINITY,
    })
  }

  #evidence({ difference, variance, design, units }: Estimate, alpha: number): Evidence {
    const { spec } = this.#plan
    const up = Math.log1p(spec.tolerance)
    const down = spec.tolerance < 1 ? -Math.log1p(-spec.tolerance) : Number.POSITIVE_INFINITY
    const part = this.#tail === null ? 1 : 1 - TAIL_PART
    const enough = Math.log((spec.worse === 'either' ? 2 : 1) / (alpha * part))
    const higher = evidenceAbove(difference, variance, up) - enough
    const lower = evidenceAbove(-difference, variance, down) - enough
    const width = halfWidth(variance, 2 * INTERVAL_ALPHA)
    const shared = { design, units }
    if (spec.worse === 'higher') return { harm: higher, ...room(difference, variance, up, width), ...shared }
    if (spec.worse === 'lower') return { harm: lower, ...room(-difference, variance, down, width), ...shared }
    const limit = difference > 0 ? up : down
    return { harm: Math.max(higher, lower), ...room(Math.abs(difference), variance, limit, width), ...shared }
  }

  /** Nothing is so and so much more than nothing. */
  #zeros(): string | null {
    const { candidate, baseline } = this.#strata
    return baseline.sum === 0 && candidate.sum > 0 ? 'the baseline has nothing but zeros' : null
  }

  #typical({ seenMean }: ArmTrace): number | null {
    return seenMean === null ? null : Math.expm1(seenMean) * this.#grain
  }

  #say(difference: number): string {
    const { candidate, baseline } = this.#strata
    const [here, there] = [candidate, baseline].map(
      (it) => `${amount(this.#typical(it) ?? 0)} typically in ${count(it.samples)}`,
    )
    return `${here} against ${there}: ${moreOrLess(Math.expm1(difference))}`
  }

  #sayTail(): string {
    const shares = this.#tail?.shares() ?? { candidate: 0, baseline: 0 }
    return `${percent(shares.candidate)} of the candidate's calls are in the tail, where ${percent(shares.baseline)} of the baseline's are`
  }
}

function room(
  away: number,
  variance: number,
  limit: number,
  width: number,
): Pick<Evidence, 'worse' | 'within' | 'shown'> {
  return { worse: away / Math.sqrt(variance), within: away <= limit, shown: away + width <= limit }
}
