/**
 * How long a call may take in all: as its route allows, and as its caller does where the route heeds that. Callers say it
 * for the whole answer, or until it begins.
 *
 * Not here: how long each part of an attempt may take (`attempts.ts`).
 */
import type { CompiledTarget } from '../contract/compiled.ts'
import type { AttemptRules } from './attempt-host.ts'

/** Share of a target's answers that come within what is usual for it. */
const USUAL = 0.95
/** For any target, it is in a hurry to wait no longer than this. */
const LEAST_USUAL_MS = 1000

export class CallTime {
  /** Monotonic milliseconds at which it is over. */
  endsAt: number
  readonly #rules: AttemptRules
  #hasBegun = false

  constructor(rules: AttemptRules) {
    this.#rules = rules
    const { wishes, route, startedAt } = rules
    this.endsAt =
      startedAt + Math.min(route.totalMs, this.#given(wishes.totalMs), this.#given(wishes.beginMs))
  }

  /** The answer has begun. */
  begin(): void {
    this.#hasBegun = true
    const { wishes, route, startedAt, stream } = this.#rules
    if (!stream || wishes.beginMs === null) return
    this.endsAt = startedAt + Math.min(route.totalMs, this.#given(wishes.totalMs))
  }

  /** From its beginning to its end. */
  get limitMs(): number {
    return Math.round(this.endsAt - this.#rules.startedAt)
  }

  /** What is left of the time that the caller gave; `null` when he gave none or it does not count. */
  leftForCallerMs(nowMs: number): number | null {
    const { wishes, startedAt } = this.#rules
    const given = Math.min(this.#given(wishes.totalMs), this.#given(wishes.beginMs))
    return given === Number.POSITIVE_INFINITY ? null : Math.max(1, Math.floor(startedAt + given - nowMs))
  }

  /** It is over because of its caller: the route would have given it longer. */
  isOverForCaller(nowMs: number): boolean {
    const { route, startedAt } = this.#rules
    return nowMs >= this.endsAt && this.endsAt < startedAt + route.totalMs
  }

  /**
   * It is over because its caller had no more time, since `sinceMs`, than the target takes for some, or since its answer
   * began: that says nothing of the target, nor of the version that chose it.
   */
  isHaste(target: CompiledTarget | null, sinceMs: number, nowMs: number): boolean {
    if (!this.isOverForCaller(nowMs)) return false
    const usualMs = Math.max(target?.live.quantileMs(USUAL, this.#rules.stream) ?? 0, LEAST_USUAL_MS)
    return this.#hasBegun || nowMs - sinceMs < usualMs
  }

  #given(ms: number | null): number {
    return ms === null || !this.#rules.route.plan.heedsDeadlines ? Number.POSITIVE_INFINITY : ms
  }
}
