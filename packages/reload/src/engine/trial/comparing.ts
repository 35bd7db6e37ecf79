/**
 * What both sides of a rollout have shown: an arm for each, the comparison of the two, and the guard that sees a dead
 * candidate at once.
 *
 * One pair of arms serves a whole rollout. The comparison takes each look as a stratum of its own, so a share that
 * grows between two looks blames nobody; a new pair for each step would throw away what the steps before have shown.
 */
import type { AnalysisPolicy, Arm as ArmPort, Judgement, MeasureSpec } from '../../contract/rollout.ts'
import { Arm } from '../../rollout/analysis/arm.ts'
import { Comparison } from '../../rollout/analysis/comparison.ts'
import { Guard, type Seen } from '../../rollout/analysis/guard.ts'

export interface Compared {
  readonly measures: readonly MeasureSpec[]
  readonly policy: AnalysisPolicy
  /** Told once, on a request's way out: must be quick. */
  readonly onDead: () => void
}

/** What the baseline did lately is what counts, not what it did hours ago. */
const LATELY = 1_000

export class Comparing {
  readonly candidate: ArmPort
  readonly baseline: ArmPort
  private readonly arms: { readonly candidate: Arm; readonly baseline: Arm }
  private readonly comparison: Comparison
  private readonly failures: number
  private readonly onDead: () => void
  private guard: Guard
  private isTold = false
  private seen: { samples: number; failures: number } = { samples: 0, failures: 0 }

  /** `before`: what the service saw just before a version that takes all at once; `null` where both run side by side. */
  constructor({ measures, policy, onDead }: Compared, before: Seen | null) {
    this.failures = measures.findIndex((it) => it.guard === true && it.kind === 'proportion')
    this.arms = { candidate: new Arm(measures), baseline: new Arm(measures) }
    this.comparison = new Comparison(measures, policy)
    this.guard = new Guard(before)
    this.onDead = onDead
    this.candidate = { add: (measure, value, unit) => this.addCandidate(measure, value, unit) }
    this.baseline = { add: (measure, value, unit) => this.addBaseline(measure, value, unit) }
  }

  judge(): Judgement {
    return this.comparison.judge(this.arms.candidate, this.arms.baseline)
  }

  /** For people; `null` while it is not dead. */
  get dead(): string | null {
    return this.guard.dead ? this.guard.reason : null
  }

  /** The candidate has all of the traffic: what the baseline did lately stands in its place from here on. */
  alone(): void {
    this.guard = new Guard(this.seen.samples > 0 ? this.seen : null)
  }

  private addCandidate(measure: number, value: number, unit?: number): void {
    this.arms.candidate.add(measure, value, unit)
    if (measure !== this.failures) return
    this.guard.candidate(value > 0, unit)
    this.tellOnce()
  }

  private addBaseline(measure: number, value: number, unit?: number): void {
    this.arms.baseline.add(measure, value, unit)
    if (measure !== this.failures) return
    const { seen } = this
    if (seen.samples >= LATELY) {
      seen.failures *= 0.5
      seen.samples *= 0.5
    }
    seen.samples += 1
    seen.failures += value > 0 ? 1 : 0
    this.guard.baseline(value > 0)
    this.tellOnce()
  }

  private tellOnce(): void {
    if (this.isTold || !this.guard.dead) return
    this.isTold = true
    this.onDead()
  }
}
