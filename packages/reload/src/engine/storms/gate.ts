/**
 * Slows down what comes by itself: an offer waits until its source has been quiet for a moment, and until
 * there is a token. Of several that wait, the newest is kept.
 *
 * What a person asks for never comes here; see `isAutomatic`.
 */
import type { Clock, Timer } from '../../contract/clock.ts'
import type { ReloaderLimits } from '../../contract/reloader.ts'
import type { Attempt } from '../attempt.ts'
import { Bucket } from './bucket.ts'

type GateLimits = Pick<ReloaderLimits, 'debounceQuietMs' | 'debounceMaxMs' | 'burst' | 'refillMs'>

export class Gate {
  /** The one that waits. */
  held: Attempt | null = null
  private readonly clock: Clock
  private readonly limits: GateLimits
  private readonly bucket: Bucket
  private readonly pass: (attempt: Attempt) => void
  private timer: Timer | null = null
  /** When the first of those that wait came. */
  private sinceMs: number | null = null

  constructor(clock: Clock, limits: GateLimits, pass: (attempt: Attempt) => void) {
    this.clock = clock
    this.limits = limits
    this.bucket = new Bucket(clock, limits)
    this.pass = pass
  }

  /** Holds an offer in the place of the one that is held; the caller has answered that one. */
  hold(attempt: Attempt): void {
    const nowMs = this.clock.monotonic()
    this.sinceMs ??= nowMs
    this.held = attempt
    const { debounceQuietMs, debounceMaxMs } = this.limits
    this.wait(Math.min(debounceQuietMs, Math.max(0, this.sinceMs + debounceMaxMs - nowMs)))
  }

  /** Takes out the one that is held. The time it has waited still counts, until something passes. */
  take(): Attempt | null {
    const { held } = this
    this.timer?.cancel()
    this.timer = null
    this.held = null
    return held
  }

  private wait(ms: number): void {
    this.timer?.cancel()
    this.timer = this.clock.after(ms, () => this.open())
  }

  private open(): void {
    const waitMs = this.bucket.waitMs()
    if (waitMs > 0) return this.wait(waitMs)
    const attempt = this.take()
    this.sinceMs = null
    if (attempt === null) return
    this.bucket.take()
    this.pass(attempt)
  }
}
