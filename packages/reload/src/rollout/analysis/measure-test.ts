/**
 * What proportions and amounts have in common when they are judged: what is not enough to say anything, and what a pass takes.
 *
 * Order matters: missing or broken data is looked at before any number that was computed from it.
 */
import type { AnalysisPolicy, MeasureJudgement, MeasureSpec, Verdict } from '../../contract/rollout.ts'
import type { Arm } from './arm.ts'
import type { Strata } from './strata.ts'
import { count } from './words.ts'

export interface MeasureTest {
  /** Takes in what both arms saw since the last look. */
  look(candidate: Arm, baseline: Arm): void
  /** Whether both sides have said anything yet. */
  isPresent(): boolean
  /** `alpha`: probability of a false alarm that this measure may spend. */
  judge(alpha: number): MeasureJudgement
}

/** A measure as this rollout looks at it: the service's word, then the policy's. */
export interface MeasurePlan {
  /** Place in the arms. */
  readonly measure: number
  readonly spec: MeasureSpec
  readonly pass: NonNullable<AnalysisPolicy['pass']>
}

export interface Finding {
  readonly verdict: Verdict
  readonly reason: string
}

/** How much evidence of harm there is, and how much room for none. */
export interface Evidence {
  /** ln of the evidence of harm less what would be enough; above 0 is a failure. */
  readonly harm: number
  /** Standard errors by which the candidate is worse than the baseline, tolerance not counted. */
  readonly worse: number
  /** The estimate itself is within the tolerance. */
  readonly within: boolean
  /** The whole interval is within the tolerance. */
  readonly shown: boolean
  /** By how much calls vary more than independent ones. */
  readonly design: number
  readonly units: number
}

/** Of values that are no number, a share above which nothing else is believed. */
const BROKEN_SHARE = 0.01
/** Standard errors that are a sign of harm: with sixteen measures, chance shows one in a tenth of all looks. */
const SIGN = 2.5

/** Why nothing can be said at all, or `null`. */
export function unfit(strata: Strata, spec: MeasureSpec): string | null {
  const sides = [
    ['candidate', strata.candidate],
    ['baseline', strata.baseline],
  ] as const
  for (const [side, { seen, broken }] of sides) {
    if (broken > BROKEN_SHARE * (seen + broken)) {
      return `${count(broken)} values of the ${side} are not finite numbers in range`
    }
  }
  for (const [side, { seen }] of sides) if (seen === 0) return `no data of the ${side}`
  for (const [side, { samples }] of sides) {
    if (samples < spec.minSamples) {
      return `${count(samples)} of at least ${count(spec.minSamples)} samples of the ${side}`
    }
  }
  return null
}

/** From evidence to a verdict; `said` describes the difference. */
export function conclude(plan: MeasurePlan, strata: Strata, evidence: Evidence, said: string): Finding {
  const { spec } = plan
  if (evidence.harm >= 0)
    return { verdict: 'fail', reason: `${said}; more than is tolerated, and not by chance` }
  const worth = strata.candidate.samples / Math.max(1, evidence.design)
  if (worth < spec.minSamples) {
    const units = count(Math.max(1, evidence.units))
    return {
      verdict: 'inconclusive',
      reason: `${said}; the candidate's calls come from about ${units} units and are worth ${count(worth)} independent ones`,
    }
  }
  if (evidence.shown) return { verdict: 'pass', reason: `${said}; shown to be within the tolerance` }
  if (plan.pass === 'noHarm' && (evidence.within || evidence.worse < SIGN)) {
    return { verdict: 'pass', reason: `${said}; no sign of harm` }
  }
  return { verdict: 'inconclusive', reason: `${said}; neither harm nor its absence is shown yet` }
}
