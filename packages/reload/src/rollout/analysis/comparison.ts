/**
 * Judges a candidate against the baseline that runs beside it, whenever asked.
 *
 * One comparison belongs to one rollout and may be asked at any moment and as often as one likes: every test in it keeps its
 * promise over all looks together. The false alarms that the policy allows are split over the measures of which both sides
 * have data, by their weights (Bonferroni): measures of one service move together in ways nobody knows, and a split needs
 * to know nothing of them.
 *
 * Not here: when to look, and what follows from a verdict (the engine).
 */
import type { AnalysisPolicy, Judgement, MeasureJudgement, MeasureSpec } from '../../contract/rollout.ts'
import { AmountMeasure } from './amount-measure.ts'
import type { Arm } from './arm.ts'
import type { MeasurePlan, MeasureTest } from './measure-test.ts'
import { ProportionMeasure } from './proportion-measure.ts'

const FALSE_ALARMS = 0.01

export class Comparison {
  readonly #tests: readonly { readonly spec: MeasureSpec; readonly test: MeasureTest }[]
  readonly #falseAlarms: number

  constructor(specs: readonly MeasureSpec[], policy: AnalysisPolicy) {
    const asked = specs.flatMap((spec, measure) => {
      const { off = false, ...own } = policy.measures?.[spec.name] ?? {}
      return off ? [] : [{ measure, spec: { ...spec, ...own } }]
    })
    this.#falseAlarms = policy.falseAlarms ?? FALSE_ALARMS
    this.#tests = asked.map(({ measure, spec }) => {
      const plan: MeasurePlan = { measure, spec, pass: policy.pass ?? 'noHarm' }
      return {
        spec,
        test: spec.kind === 'proportion' ? new ProportionMeasure(plan) : new AmountMeasure(plan),
      }
    })
  }

  /** `others`: judgements of measures that come from elsewhere (`reading.ts`); they count like our own. */
  judge(candidate: Arm, baseline: Arm, others: readonly MeasureJudgement[] = []): Judgement {
    for (const { test } of this.#tests) test.look(candidate, baseline)
    const weights = this.#tests.reduce(
      (sum, { spec, test }) => sum + (test.isPresent() ? weightOf(spec) : 0),
      0,
    )
    const own = this.#tests.map(({ spec, test }) => {
      const alpha = (this.#falseAlarms * weightOf(spec)) / Math.max(weights, weightOf(spec))
      return { spec, judgement: test.judge(alpha) }
    })
    const counted = own.filter(({ spec, judgement }) => !isAbsent(spec, judgement)).map((it) => it.judgement)
    return {
      verdict: verdictOf([...counted, ...others]),
      measures: [...own.map((it) => it.judgement), ...others],
    }
  }
}

/** One failure fails; a pass takes a pass of every measure, and at least one. */
export function verdictOf(measures: readonly MeasureJudgement[]): Judgement['verdict'] {
  if (measures.some((it) => it.verdict === 'fail')) return 'fail'
  if (measures.length === 0 || measures.some((it) => it.verdict === 'inconclusive')) return 'inconclusive'
  return 'pass'
}

function isAbsent(spec: MeasureSpec, { candidate, baseline }: MeasureJudgement): boolean {
  return spec.optional === true && candidate.samples === 0 && baseline.samples === 0
}

function weightOf({ weight = 1 }: MeasureSpec): number {
  return weight > 0 ? weight : 1
}
