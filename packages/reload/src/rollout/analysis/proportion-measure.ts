/**
 * Judges a rate: errors, refusals, outputs that fit their schema.
 *
 * What is counted is the bad event: the thing itself, or its absence where lower is worse. The tolerance is relative to the
 * rate of bad events: with 2 % of outputs that do not fit, 10 % more of them is 2.2 %, not 11.8 %.
 */
import type { MeasureJudgement } from '../../contract/rollout.ts'
import { halfWidth } from './amount-test.ts'
import type { Arm } from './arm.ts'
import type { ArmTrace } from './arm-trace.ts'
import { FirstEvents } from './first-events.ts'
import { conclude, type Evidence, type MeasurePlan, type MeasureTest, unfit } from './measure-test.ts'
import { ProportionTest } from './proportion-test.ts'
import { Strata } from './strata.ts'
import { count, percent } from './words.ts'

/** Where the mixture behind the interval looks hardest: rates differ by more than amounts do. */
const EFFECT = 0.5
const INTERVAL_ALPHA = 0.05
/** From this rate of bad events on, and with this many, events hinder each other enough to count it. */
const FREQUENT = 0.05
const MANY = 20

interface Ratio {
  /** ln of candidate's rate over the baseline's. */
  readonly log: number
  readonly variance: number
}

export class ProportionMeasure implements MeasureTest {
  readonly #plan: MeasurePlan
  readonly #strata: Strata
  readonly #tests: readonly ProportionTest[]
  readonly #first: FirstEvents | null
  #crossHere = 0
  #crossThere = 0

  constructor(plan: MeasurePlan) {
    const { worse, tolerance } = plan.spec
    this.#plan = plan
    this.#strata = new Strata(plan.measure)
    const tests = [new ProportionTest(1 + tolerance)]
    if (worse === 'either' && tolerance < 1) tests.push(new ProportionTest(1 - tolerance, -1))
    this.#tests = tests
    this.#first = worse === 'either' ? null : new FirstEvents(plan.measure, 1 + tolerance, worse === 'lower')
  }

  look(candidate: Arm, baseline: Arm): void {
    const strata = this.#strata
    if (!strata.look(candidate, baseline)) return
    this.#first?.look(candidate, baseline)
    const here = strata.candidate.newSamples
    const there = strata.baseline.newSamples
    const badHere = this.#bad(strata.candidate.newSum, here)
    const badThere = this.#bad(strata.baseline.newSum, there)
    for (const test of this.#tests) test.look([badHere, here], [badThere, there])
    this.#crossHere += (badHere * there) / (here + there)
    this.#crossThere += (badThere * here) / (here + there)
    strata.settle()
  }

  isPresent(): boolean {
    return this.#strata.candidate.samples > 0
  }

  judge(alpha: number): MeasureJudgement {
    const { spec } = this.#plan
    const { candidate, baseline } = this.#strata
    const summary = {
      name: spec.name,
      candidate: { samples: candidate.seen, value: candidate.seenMean },
      baseline: { samples: baseline.seen, value: baseline.seenMean },
    }
    const reason = unfit(this.#strata, spec)
    if (reason !== null)
      return { ...summary, verdict: 'inconclusive', change: null, low: null, high: null, reason }
    const evidence = this.#evidence(alpha)
    return {
      ...summary,
      ...this.#interval(evidence.design),
      ...conclude(this.#plan, this.#strata, evidence, this.#say()),
    }
  }

  #bad(sum: number, samples: number): number {
    return this.#plan.spec.worse === 'lower' ? samples - sum : sum
  }

  #evidence(alpha: number): Evidence {
    const { candidate, baseline } = this.#strata
    const { spec } = this.#plan
    const badHere = this.#bad(candidate.sum, candidate.samples)
    const badThere = this.#bad(baseline.sum, baseline.samples)
    const here = (badHere + 0.5) / (candidate.samples + 1)
    const there = (badThere + 0.5) / (baseline.samples + 1)
    const { design: clustered, units } = this.#strata.estimate({
      candidate: here * (1 - here),
      baseline: there * (1 - there),
      events: badThere,
    })
    const frequent = badHere >= MANY && badThere >= MANY && there > FREQUENT
    const design = frequent ? clustered * (1 - there) : clustered
    const { log, variance: logVariance } = this.#ratio(design)
    const width = halfWidth(logVariance, 2 * INTERVAL_ALPHA, EFFECT)
    const limit = Math.log1p(spec.tolerance)
    const away = spec.worse === 'either' ? Math.abs(log) : badHere === 0 ? 0 : log
    const found = this.#tests.map((it) => it.evidence(design))
    // Only units that make several calls can be alike; the budget is then shared with what looks at units.
    if (this.#first !== null && this.#strata.candidate.hasUnits) found.push(this.#first.evidence())
    return {
      harm: Math.max(...found) - Math.log(found.length / alpha),
      worse: away / Math.sqrt(logVariance),
      within: away <= limit,
      shown: badHere + badThere > 0 && away + width <= limit,
      design,
      units,
    }
  }

  #ratio(design: number): Ratio {
    const { candidate, baseline } = this.#strata
    const here = this.#bad(candidate.sum, candidate.samples)
    const there = this.#bad(baseline.sum, baseline.samples)
    const variance = design * (1 / (here + 0.5) + 1 / (there + 0.5))
    if (this.#crossHere > 0 && this.#crossThere > 0) {
      return { log: Math.log(this.#crossHere / this.#crossThere), variance }
    }
    const rates = [(here + 0.5) / (candidate.samples + 1), (there + 0.5) / (baseline.samples + 1)] as const
    return { log: Math.log(rates[0] / rates[1]), variance }
  }

  #interval(design: number): Pick<MeasureJudgement, 'change' | 'low' | 'high'> {
    const baseline = rate(this.#strata.baseline)
    if (baseline === null || baseline === 0) return { change: null, low: null, high: null }
    const { log, variance } = this.#ratio(design)
    const width = halfWidth(variance, INTERVAL_ALPHA, EFFECT)
    if (this.#plan.spec.worse !== 'lower') {
      return {
        change: this.#crossHere > 0 ? Math.expm1(log) : -1,
        low: Math.expm1(log - width),
        high: Math.expm1(log + width),
      }
    }
    // Said of the rate itself, though what is compared is its absence.
    const turned = (ratio: number): number => Math.max(0, 1 - (1 - baseline) * ratio) / baseline - 1
    return {
      change: turned(Math.exp(log)),
      low: turned(Math.exp(log + width)),
      high: turned(Math.exp(log - width)),
    }
  }

  #say(): string {
    const { candidate, baseline } = this.#strata
    const [here, there] = [candidate, baseline].map(
      (it) => `${percent(rate(it) ?? 0)} of ${count(it.samples)}`,
    )
    return `${here} against ${there}`
  }
}

function rate(trace: ArmTrace): number | null {
  return trace.samples === 0 ? null : trace.sum / trace.samples
}
