/**
 * How much time a request may spend on looking at it. Only the time of looking counts, not that of waiting for the next
 * piece; whoever looks asks between steps that each take a bounded time.
 *
 * Why time and not steps: what a step of an expression costs differs by a factor of a hundred from one to the next, and
 * what is protected here is the time of everybody else's requests.
 */
import type { WorkMeter } from './scan.ts'

export class TimedWork implements WorkMeter {
  readonly #mostMs: number
  readonly #now: () => number
  #spentMs = 0
  #since: number | null = null
  /** Whether anything was left unlooked at. */
  isSpent = false

  constructor(mostMs: number, now: () => number) {
    this.#mostMs = mostMs
    this.#now = now
  }

  begin(): void {
    this.#since = this.#now()
  }

  end(): void {
    if (this.#since !== null) this.#spentMs += this.#now() - this.#since
    this.#since = null
  }

  goesOn(): boolean {
    if (this.isSpent) return false
    const running = this.#since === null ? 0 : this.#now() - this.#since
    this.isSpent = this.#spentMs + running > this.#mostMs
    return !this.isSpent
  }
}
