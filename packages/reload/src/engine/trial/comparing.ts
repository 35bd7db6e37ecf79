/**
 * What both sides of a rollout have shown: an arm for each, the comparison of the two, and the guard that sees a dead
 * candidate at once.
 *
 * One pair of arms serves a whole rollout. The comparison takes each look as a stratum of its own, so a share that
 * grows between two looks blames nobody; a new pair for each step would throw away what the steps before have shown.
 */
import type {
  AnalysisPolicy,
  Arm as ArmPort,
  BurnRatePolicy,
  Judgement,
  LatelySeen,
  MeasureJudgement,
  MeasureSpec,
} from '../../contract/rollout.ts'
import { Arm } from '../../rollout/analysis/arm.ts'
import { BurnRate } from '../../rollout/analysis/burn-rate.ts'
import { Comparison } from '../../rollout/analysis/comparison.ts'
import { Guard } from '../../rollout/analysis/guard.ts'
import { WatchedArm, WatchedMeasure } from './watched-arm.ts'

export interface Compared {
  readonly measures: readonly MeasureSpec[]
  readonly policy: AnalysisPolicy
  readonly burnRate: BurnRatePolicy | null
  /** Told once, on a request's way out: must be quick. */
  readonly onDead: () => void
}

export class Comparing {
  readonly candidate: ArmPort
  readonly baseline: ArmPort
  private readonly arms: { readonly candidate: Arm; readonly baseline: Arm }
  /** Made for the first judgement: a version that takes all at once is watched and not judged. */
  private comparison: Comparison | null = null
  private readonly compared: Compared
  private readonly watched: readonly WatchedMeasure[]
  private isTold = false

  /**
   * `before`: what the service saw of a measure just before a version that takes all at once; `null` where both run side
   * by side.
   */
  constructor(compared: Compared, before: ((measure: string) => LatelySeen | null) | null) {
    const { measures, policy, burnRate, onDead } = compared
    this.compared = compared
    this.arms = { candidate: new Arm(measures), baseline: new Arm(measures) }
    const saysBudget = measures.some((it) => it.budget === true)
    const tell = (): void => this.tellOnce(onDead)
    this.watched = measures.flatMap((it, measure) => {
      const isOff = policy.measures?.[it.name]?.off === true
      const counts = burnRate !== null && (saysBudget ? it.budget : it.guard) === true
      if (!(it.guard === true || counts) || it.kind !== 'proportion' || isOff) return []
      const seen = before?.(it.name) ?? null
      const guard = it.guard !== true || (before !== null && seen === null) ? null : new Guard(seen)
      const budget = counts ? new BurnRate(burnRate, seen) : null
      return guard === null && budget === null
        ? []
        : [new WatchedMeasure(measure, { guard, budget, onDead: tell })]
    })
    this.candidate = new WatchedArm(this.arms.candidate, 'candidate', this.watched)
    this.baseline = new WatchedArm(this.arms.baseline, 'baseline', this.watched)
  }

  /** Whether anything would be noticed at full traffic: by a guard, or by its budget. */
  get isWatching(): boolean {
    return this.watched.length > 0
  }

  /** `others`: judgements of measures that others take. */
  judge(others: readonly MeasureJudgement[] = []): Judgement {
    const { measures, policy } = this.compared
    this.comparison ??= new Comparison(measures, policy)
    return this.comparison.judge(this.arms.candidate, this.arms.baseline, others)
  }

  /** For people; `null` while it is not dead. */
  get dead(): string | null {
    return this.watched.find((it) => it.dead !== null)?.dead ?? null
  }

  /** For people; `null` while its error budget lasts. */
  burning(nowMs: number): string | null {
    for (const { budget } of this.watched) {
      const said = budget?.look(nowMs) ?? null
      if (said !== null) return said
    }
    return null
  }

  /** The candidate has all of the traffic: what the baseline did lately stands in its place from here on. */
  alone(nowMs: number): void {
    for (const it of this.watched) it.alone(nowMs)
  }

  private tellOnce(onDead: () => void): void {
    if (this.isTold) return
    this.isTold = true
    onDead()
  }
}
