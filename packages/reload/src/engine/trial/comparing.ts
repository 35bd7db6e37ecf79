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
  Judgement,
  LatelySeen,
  MeasureJudgement,
  MeasureSpec,
} from '../../contract/rollout.ts'
import { Arm } from '../../rollout/analysis/arm.ts'
import { Comparison } from '../../rollout/analysis/comparison.ts'
import { Guard } from '../../rollout/analysis/guard.ts'

export interface Compared {
  readonly measures: readonly MeasureSpec[]
  readonly policy: AnalysisPolicy
  /** Told once, on a request's way out: must be quick. */
  readonly onDead: () => void
}

/** What the baseline did lately is what counts, not what it did hours ago. */
const LATELY = 1_000

/** One measure of failures, and what the baseline has shown of it. */
interface Watched {
  guard: Guard
  readonly baseline: { samples: number; failures: number }
}

export class Comparing {
  readonly candidate: ArmPort
  readonly baseline: ArmPort
  private readonly arms: { readonly candidate: Arm; readonly baseline: Arm }
  private readonly comparison: Comparison
  /** By place of the measure; nothing where it has no guard. */
  private readonly watched: readonly (Watched | null)[]
  private readonly onDead: () => void
  private isTold = false

  /**
   * `before`: what the service saw of a measure just before a version that takes all at once; `null` where both run side
   * by side.
   */
  constructor(
    { measures, policy, onDead }: Compared,
    before: ((measure: string) => LatelySeen | null) | null,
  ) {
    this.arms = { candidate: new Arm(measures), baseline: new Arm(measures) }
    this.comparison = new Comparison(measures, policy)
    this.watched = measures.map((it) => {
      const isOff = policy.measures?.[it.name]?.off === true
      if (it.guard !== true || it.kind !== 'proportion' || isOff) return null
      const seen = before?.(it.name) ?? null
      // All at once and nothing known of the time before: whatever fails now may have failed then.
      if (before !== null && seen === null) return null
      return { guard: new Guard(seen), baseline: { samples: 0, failures: 0 } }
    })
    this.onDead = onDead
    this.candidate = { add: (measure, value, unit) => this.addCandidate(measure, value, unit) }
    this.baseline = { add: (measure, value, unit) => this.addBaseline(measure, value, unit) }
  }

  /** Whether anything would be noticed at full traffic. */
  get hasGuard(): boolean {
    return this.watched.some((it) => it !== null)
  }

  /** `others`: judgements of measures that others take. */
  judge(others: readonly MeasureJudgement[] = []): Judgement {
    return this.comparison.judge(this.arms.candidate, this.arms.baseline, others)
  }

  /** For people; `null` while it is not dead. */
  get dead(): string | null {
    return this.watched.find((it) => it?.guard.dead === true)?.guard.reason ?? null
  }

  /** The candidate has all of the traffic: what the baseline did lately stands in its place from here on. */
  alone(): void {
    for (const it of this.watched) {
      if (it !== null) it.guard = new Guard(it.baseline.samples > 0 ? it.baseline : null)
    }
  }

  private addCandidate(measure: number, value: number, unit?: number): void {
    this.arms.candidate.add(measure, value, unit)
    const watched = this.watched[measure]
    if (watched == null) return
    watched.guard.candidate(value > 0, unit)
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
    guard.baseline(value > 0)
    this.tellOnce(guard)
  }

  private tellOnce(guard: Guard): void {
    if (this.isTold || !guard.dead) return
    this.isTold = true
    this.onDead()
  }
}
