/**
 * Stops a source that keeps sending versions that do not work: after some failures within a window, nothing
 * more is built by itself for a while; then one attempt is let through, and decides.
 *
 * Only what failed after something was built counts: a fetch, a build, a warm-up, a regression. A typing
 * mistake is refused before it costs anything, and must not lock out the save that mends it; a forged
 * payload must not lock out the publisher.
 *
 * What a person asks for by hand, and what restores an older version, is not held up here.
 */
import type { Clock } from '../../contract/clock.ts'
import type { ReloaderLimits } from '../../contract/reloader.ts'

export type BreakerState = 'closed' | 'open' | 'half_open'
type BreakerLimits = Pick<ReloaderLimits, 'breakerFailures' | 'breakerWindowMs' | 'breakerOpenMs'>

export class Breaker {
  private readonly clock: Clock
  private readonly limits: BreakerLimits
  /** Times of failures within the window. */
  private failures: number[] = []
  private openedMs: number | null = null
  /** The attempt that was let through, while half open. */
  private trial: string | null = null

  constructor(clock: Clock, limits: BreakerLimits) {
    this.clock = clock
    this.limits = limits
  }

  get state(): BreakerState {
    if (this.openedMs === null) return 'closed'
    return this.leftMs() > 0 ? 'open' : 'half_open'
  }

  /** Lets an attempt through, or says for how long to wait. While half open, one goes through. */
  admit(attempt: string): { readonly waitMs: number; readonly failures: number } | null {
    if (this.state === 'closed' || this.trial === attempt) return null
    if (this.state === 'half_open' && this.trial === null) {
      this.trial = attempt
      return null
    }
    const waitMs = this.state === 'open' ? this.leftMs() : this.limits.breakerOpenMs
    return { waitMs: Math.ceil(waitMs), failures: this.failures.length }
  }

  failed(attempt: string): void {
    const nowMs = this.clock.monotonic()
    this.failures = this.failures.filter((it) => nowMs - it < this.limits.breakerWindowMs)
    this.failures.push(nowMs)
    const trialFailed = this.trial === attempt
    if (trialFailed) this.trial = null
    if (trialFailed || this.failures.length >= this.limits.breakerFailures) this.openedMs = nowMs
  }

  succeeded(): void {
    this.failures = []
    this.openedMs = null
    this.trial = null
  }

  /** The attempt ended without having shown anything. */
  undecided(attempt: string): void {
    if (this.trial === attempt) this.trial = null
  }

  private leftMs(): number {
    if (this.openedMs === null) return 0
    return Math.max(0, this.openedMs + this.limits.breakerOpenMs - this.clock.monotonic())
  }
}
