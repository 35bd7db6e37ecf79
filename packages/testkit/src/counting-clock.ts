/** Another clock, and how many of its timers are still set: what a watch left behind when it ended. */
import type { Clock, Timer } from '@changeover/reload'

export class CountingClock implements Clock {
  private readonly clock: Clock
  private readonly set = new Set<Timer>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Timers set and neither run nor cancelled. */
  get pending(): number {
    return this.set.size
  }

  now(): number {
    return this.clock.now()
  }

  monotonic(): number {
    return this.clock.monotonic()
  }

  after(ms: number, run: () => void): Timer {
    const timer = this.clock.after(ms, () => {
      this.set.delete(counted)
      run()
    })
    const counted: Timer = {
      cancel: () => {
        this.set.delete(counted)
        timer.cancel()
      },
    }
    this.set.add(counted)
    return counted
  }
}
