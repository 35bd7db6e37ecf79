/** A token bucket: so many at once, and one more every so often. Keeps no timer; it is asked. */
import type { Clock } from '../../contract/clock.ts'

export class Bucket {
  private readonly clock: Clock
  private readonly burst: number
  private readonly refillMs: number
  private tokens: number
  private countedMs: number

  constructor(clock: Clock, options: { readonly burst: number; readonly refillMs: number }) {
    this.clock = clock
    this.burst = Math.max(1, options.burst)
    this.refillMs = Math.max(0, options.refillMs)
    this.tokens = this.burst
    this.countedMs = clock.monotonic()
  }

  /** Milliseconds until a token is there; 0 when one is. */
  waitMs(): number {
    this.refill()
    if (this.tokens >= 1) return 0
    return Math.max(1, this.refillMs - (this.clock.monotonic() - this.countedMs))
  }

  /** Takes a token. False, and nothing taken, when there is none. */
  take(): boolean {
    this.refill()
    if (this.tokens < 1) return false
    this.tokens -= 1
    return true
  }

  private refill(): void {
    const nowMs = this.clock.monotonic()
    if (this.refillMs === 0) this.tokens = this.burst
    const gained = this.refillMs === 0 ? 0 : Math.floor((nowMs - this.countedMs) / this.refillMs)
    if (this.tokens + gained >= this.burst) {
      this.tokens = this.burst
      this.countedMs = nowMs
    } else {
      this.tokens += gained
      this.countedMs += gained * this.refillMs
    }
  }
}
