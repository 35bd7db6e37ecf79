/**
 * One side of a comparison as requests see it: what they say is added to its arm, and what they say of failures is counted
 * at once by the guard and the error budget, where a measure has them.
 *
 * Both stand on every request's way out. So they are classes, whose methods are the same for every rollout (functions that
 * are made for one are compiled anew for the next), and of a request's measures only the watched ones are looked at.
 *
 * Not here: which measures are watched, and what follows (`comparing.ts`).
 */
import type { Arm } from '../../contract/rollout.ts'
import type { BurnRate } from '../../rollout/analysis/burn-rate.ts'
import { Guard } from '../../rollout/analysis/guard.ts'

/** What the baseline did lately is what counts, not what it did hours ago. */
const LATELY = 1_000

export interface Watchers {
  /** `null`: it has none, or all at once and nothing known of the time before; whatever fails now may have failed then. */
  readonly guard: Guard | null
  readonly budget: BurnRate | null
  /** The guard has seen enough: called for each request from then on. */
  readonly onDead: () => void
}

/** One measure of failures, and what the baseline has shown of it. */
export class WatchedMeasure {
  /** Its place. */
  readonly measure: number
  readonly budget: BurnRate | null
  private guard: Guard | null
  private readonly onDead: () => void
  private readonly lately = { samples: 0, failures: 0 }

  constructor(measure: number, { guard, budget, onDead }: Watchers) {
    this.measure = measure
    this.guard = guard
    this.budget = budget
    this.onDead = onDead
  }

  /** For people; `null` while the candidate is not dead. */
  get dead(): string | null {
    return this.guard?.dead === true ? this.guard.reason : null
  }

  /** The candidate has all of the traffic: what the baseline did lately stands in its place from here on. */
  alone(nowMs: number): void {
    if (this.guard !== null) this.guard = new Guard(this.lately.samples > 0 ? this.lately : null)
    this.budget?.alone(nowMs)
  }

  candidate(failed: boolean, unit: number | undefined): void {
    this.guard?.candidate(failed, unit)
    this.budget?.candidate(failed)
    if (this.guard?.dead === true) this.onDead()
  }

  baseline(failed: boolean): void {
    const { lately } = this
    if (lately.samples >= LATELY) {
      lately.failures *= 0.5
      lately.samples *= 0.5
    }
    lately.samples += 1
    lately.failures += failed ? 1 : 0
    this.guard?.baseline(failed)
    this.budget?.baseline(failed)
    if (this.guard?.dead === true) this.onDead()
  }
}

export class WatchedArm implements Arm {
  private readonly arm: Arm
  private readonly side: 'candidate' | 'baseline'
  private readonly watched: readonly WatchedMeasure[]

  constructor(arm: Arm, side: 'candidate' | 'baseline', watched: readonly WatchedMeasure[]) {
    this.arm = arm
    this.side = side
    this.watched = watched
  }

  add(measure: number, value: number, unit?: number): void {
    this.arm.add(measure, value, unit)
    for (const it of this.watched) if (it.measure === measure) this.tell(it, value > 0, unit)
  }

  addAll(values: Float64Array, unit?: number): void {
    this.arm.addAll(values, unit)
    for (let i = 0; i < this.watched.length; i += 1) {
      const it = this.watched[i]
      const value = it === undefined ? Number.NaN : (values[it.measure] ?? Number.NaN)
      if (it !== undefined && !Number.isNaN(value)) this.tell(it, value > 0, unit)
    }
  }

  private tell(it: WatchedMeasure, failed: boolean, unit: number | undefined): void {
    if (this.side === 'candidate') it.candidate(failed, unit)
    else it.baseline(failed)
  }
}
