/** Tries something again, later and later, until it is told that it worked. One timer at most. */
import type { Clock, Timer } from '../../contract/clock.ts'

const FIRST_MS = 1_000
const LAST_MS = 30_000

export class Retrying {
  private readonly clock: Clock
  private readonly run: () => void
  private timer: Timer | null = null
  private waitMs = FIRST_MS

  constructor(clock: Clock, run: () => void) {
    this.clock = clock
    this.run = run
  }

  later(): void {
    if (this.timer !== null) return
    this.timer = this.clock.after(this.waitMs, () => {
      this.timer = null
      this.run()
    })
    this.waitMs = Math.min(LAST_MS, this.waitMs * 2)
  }

  /** It worked: the next trouble begins with the shortest wait. */
  stop(): void {
    this.timer?.cancel()
    this.timer = null
    this.waitMs = FIRST_MS
  }
}
