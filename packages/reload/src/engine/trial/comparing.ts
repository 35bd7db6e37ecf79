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

export interface Compared {
  readonly measures: readonly MeasureSpec[]
  readonly policy: AnalysisPolicy
  readonly burnRate: BurnRatePolicy | null
  /** Told once, on a request's way out: must be quick. */
  readonly onDead: () => void
}

/** What the baseline did lately is what counts, not what it did hours ago. */
const LATELY = 1_000

/** One measure of failures, and what the baseline has shown of it. */
interface Watched {
  /** `null`: it has none, or all at once and nothing known of the time before; whatever fails now may have failed then. */
  guard: Guard | null
  readonly budget: BurnRate | null
  readonly baseline: { samples: number; failures: number }
}

export class Comparing {
  readonly candidate: ArmPort
  readonly baseline: ArmPort
  private readonly arms: { readonly candidate: Arm; readonly baseline: Arm }
  /** Made for the first judgement: a version that takes all at once is watched and not judged. */
  private comparison: Comparison | null = null
  private readonly compared: Compared
  /** By place of the measure; nothing where it has no guard. */
  private readonly watched: readonly (Watched | null)[]
  /** Told of the same failures as the guards. */
  private readonly budgets: readonly BurnRate[]
  private readonly onDead: () => void
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
    this.watched = measures.map((it) => {
      const isOff = policy.measures?.[it.name]?.off === true
      const counts = burnRate !== null && (saysBudget ? it.budget : it.guard) === true
      if (!(it.guard === true || counts) || it.kind !== 'proportion' || isOff) return null
      const seen = before?.(it.name) ?? null
      const guard = it.guard !== true || (before !== null && seen === null) ? null : new Guard(seen)
      const budget = counts ? new BurnRate(burnRate, seen) : null
      if (guard === null && budget === null) return null
      return { guard, budget, baseline: { samples: 0, failures: 0 } }
    })
    this.budgets = this.watched.flatMap((it) => (it?.budget == null ? [] : [it.budget]))
    this.onDead = onDead
    this.candidate = { add: (measure, value, unit) => this.addCandidate(measure, value, unit) }
    this.baseline = { add: (measure, value, unit) => this.addBaseline(measure, value, unit) }
  }

  /** Whether anything would be noticed at full traffic: by a guard, or by its budget. */
  get isWatching(): boolean {
    return this.watched.some((it) => it !== null)
  }

  /** `others`: judgements of measures that others take. */
  judge(others: readonly MeasureJudgement[] = []): Judgement {
    const { measures, policy } = this.compared
    this.comparison ??= new Comparison(measures, policy)
    return this.comparison.judge(this.arms.candidate, this.arms.baseline, others)
  }

  /** For people; `null` while it is not dead. */
  get dead(): string | null {
    return this.watched.find((it) => it?.guard?.dead === true)?.guard?.reason ?? null
  }

  /** For people; `null` while its error budget lasts. */
  burning(nowMs: number): string | null {
    for (const it of this.budgets) {
      const said = it.look(nowMs)
      if (said !== null) return said
    }
    return null
  }

  /** The candidate has all of the traffic: what the baseline did lately stands in its place from here on. */
  alone(nowMs: number): void {
    for (const it of this.watched) {
      if (it === null) continue
      if (it.guard !== null) it.guard = new Guard(it.baseline.samples > 0 ? it.baseline : null)
      it.budget?.alone(nowMs)
    }
  }

  private addCandidate(measure: number, value: number, unit?: number): void {
    this.arms.candidate.add(measure, value, unit)
    const watched = this.watched[measure]
    if (watched == null) return
    watched.guard?.candidate(value > 0, unit)
    watched.budget?.candidate(value > 0)
    this.tellOnce(watched.guard)
  }

  private addBaseline(measure: number, value: number, unit?: number): void {
    this.arms.baseline.add(measure, value, unit)
    const watched = this.watched[measure]
    if (watched == null) return
    const { baseline, guard } = watched
    if (baseline.samples >= LATELY) {
      baseline.failures *= 0.5
      baseline.samples *= 0.5
    }
    baseline.samples += 1
    baseline.failures += value > 0 ? 1 : 0
    guard?.baseline(value > 0)
    watched.budget?.baseline(value > 0)
    this.tellOnce(guard)
  }

  private tellOnce(guard: Guard | null): void {
    if (this.isTold || guard?.dead !== true) return
    this.isTold = true
    this.onDead()
  }
}
