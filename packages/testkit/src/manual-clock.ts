/**
 * Time that stands still until a test moves it.
 *
 * Timers run in the order in which they fall due, equal ones in the order in which they were set, and at each
 * of them the clock shows exactly that timer's instant. Between two timers everything that the first one woke
 * comes to rest, so that a chain of waits behaves as it would with real time between its links.
 *
 * Why not vitest's fake timers: they replace the globals of the whole process, also for the servers and
 * watchers under a test; here only the code that was given this clock is held.
 */
import type { Clock, Timer } from '@changeover/reload'

interface Waiting {
  readonly dueMs: number
  readonly order: number
  readonly run: () => void
}

export class ManualClock implements Clock {
  private readonly waiting = new Set<Waiting>()
  private elapsedMs = 0
  private wallMs: number
  private order = 0

  /** `wallMs` is the wall time at which it starts, milliseconds since the epoch. */
  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.wallMs = wallMs
  }

  /** Timers set and neither run nor cancelled. */
  get pending(): number {
    return this.waiting.size
  }

  now(): number {
    return this.wallMs + this.elapsedMs
  }

  monotonic(): number {
    return this.elapsedMs
  }

  after(ms: number, run: () => void): Timer {
    const timer: Waiting = { dueMs: this.elapsedMs + Math.max(0, ms), order: this.order++, run }
    this.waiting.add(timer)
    return { cancel: () => void this.waiting.delete(timer) }
  }

  /** Moves time on by `ms`, running what falls due, and returns when everything that was woken has come to rest. */
  async advance(ms: number): Promise<void> {
    const endMs = this.elapsedMs + ms
    await settle()
    for (let timer = this.next(endMs); timer !== null; timer = this.next(endMs)) {
      this.waiting.delete(timer)
      this.elapsedMs = Math.max(this.elapsedMs, timer.dueMs)
      timer.run()
      await settle()
    }
    this.elapsedMs = Math.max(this.elapsedMs, endMs)
  }

  /** Moves the wall time only, as a corrected system clock does; timers and `monotonic` do not notice. */
  turnWall(ms: number): void {
    this.wallMs += ms
  }

  private next(endMs: number): Waiting | null {
    let first: Waiting | null = null
    for (const timer of this.waiting) {
      if (timer.dueMs > endMs) continue
      if (first === null || timer.dueMs < first.dueMs) first = timer
    }
    return first
  }
}

// Held from the start, so that a test which replaces the global timers does not stop the clock too.
const nextTurn = setImmediate

/** One turn of the event loop: it comes only after the queue of microtasks, however long their chain, is empty. */
function settle(): Promise<void> {
  return new Promise((resolve) => void nextTurn(resolve))
}
