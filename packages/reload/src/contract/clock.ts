/** Time as an argument, so that a test can hold it in its hand (`ManualClock` in testkit). */
export interface Clock {
  /** Wall time, milliseconds since the epoch. For stamps and windows, never for durations. */
  now(): number
  /** Milliseconds from an arbitrary origin; never goes back. */
  monotonic(): number
  /** Calls `run` once, after `ms`. The timer does not keep the process alive. */
  after(ms: number, run: () => void): Timer
}

export interface Timer {
  cancel(): void
}
