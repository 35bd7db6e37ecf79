/**
 * A target's circuit breaker: after too many failures it gives the target a rest, then lets one
 * request try, and closes again when that one succeeds.
 *
 * It opens when at least `failures` of the last calls failed and they are at least half of them. The last
 * sixteen outcomes are bits of one number: nothing is allocated and nothing needs a timer. Failures
 * older than `windowMs` are forgotten, so that a quiet target is not judged by its past.
 *
 * A probe whose caller leaves is answered neither way; after `openMs` the next one may try, so that the
 * breaker cannot stay half-open for ever.
 *
 * Not here: what counts as a failure (`routing/attempt.ts`).
 */
import type { Breaker } from '../contract/breaker.ts'

export interface BreakerOptions {
  /** Failures among the last sixteen calls that open it. Default 5. */
  readonly failures?: number
  /** A failure this long after the one before starts a new count. Default 30 s. */
  readonly windowMs?: number
  /** First rest. Doubles with each failed probe. Default 5 s. */
  readonly openMs?: number
  /** Longest rest. Default 60 s. */
  readonly maxOpenMs?: number
}

const REMEMBERED = 16
const MASK = 2 ** REMEMBERED - 1

export function createBreaker(options: BreakerOptions = {}): Breaker {
  return new CountingBreaker(options)
}

class CountingBreaker implements Breaker {
  state: 'closed' | 'open' | 'half_open' = 'closed'
  readonly #failures: number
  readonly #windowMs: number
  readonly #firstOpenMs: number
  readonly #maxOpenMs: number
  #outcomes = 0
  #samples = 0
  #failedAt = Number.NEGATIVE_INFINITY
  #openMs: number
  /** Open: until when. Half-open: until when the probe has the floor. */
  #until = 0

  constructor(options: BreakerOptions) {
    this.#failures = Math.min(options.failures ?? 5, REMEMBERED)
    this.#windowMs = options.windowMs ?? 30_000
    this.#firstOpenMs = options.openMs ?? 5_000
    this.#maxOpenMs = options.maxOpenMs ?? 60_000
    this.#openMs = this.#firstOpenMs
  }

  allows(nowMs: number): boolean {
    if (this.state === 'closed') return true
    if (nowMs < this.#until) return false
    this.state = 'half_open'
    this.#until = nowMs + this.#openMs
    return true
  }

  succeeded(): void {
    if (this.state === 'closed') {
      this.#remember(0)
      return
    }
    // A late answer to a request from before it opened proves nothing about now.
    if (this.state === 'half_open') this.#close()
  }

  failed(nowMs: number): void {
    if (this.state === 'open') return
    if (this.state === 'half_open') {
      this.#openMs = Math.min(this.#openMs * 2, this.#maxOpenMs)
      this.#open(nowMs)
      return
    }
    if (nowMs - this.#failedAt > this.#windowMs) this.#forget()
    this.#failedAt = nowMs
    this.#remember(1)
    const failures = countBits(this.#outcomes)
    if (failures >= this.#failures && failures * 2 >= this.#samples) this.#open(nowMs)
  }

  #open(nowMs: number): void {
    this.state = 'open'
    this.#until = nowMs + this.#openMs
  }

  #close(): void {
    this.state = 'closed'
    this.#openMs = this.#firstOpenMs
    this.#forget()
  }

  #forget(): void {
    this.#outcomes = 0
    this.#samples = 0
  }

  #remember(failed: 0 | 1): void {
    this.#outcomes = ((this.#outcomes << 1) | failed) & MASK
    if (this.#samples < REMEMBERED) this.#samples += 1
  }
}

function countBits(bits: number): number {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1
  return count
}
