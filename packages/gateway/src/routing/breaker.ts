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
 * Not here: what counts as a failure (`failure-class.ts`).
 */
import type { Breaker } from '../contract/breaker.ts'

export interface BreakerOptions {
  /** Failures among the last sixteen calls that open it. */
  readonly failures?: number
  /** A failure this long after the one before starts a new count. */
  readonly windowMs?: number
  /** First rest. Doubles with each failed probe. */
  readonly openMs?: number
  /** Longest rest. */
  readonly maxOpenMs?: number
}

export const BREAKER_DEFAULTS = {
  // Two or three bad answers happen to every provider; five among sixteen do not.
  failures: 5,
  windowMs: 30_000,
  // Restarts and short overloads are over by then.
  openMs: 5000,
  maxOpenMs: 60_000,
} as const

const REMEMBERED = 16
const MASK = 2 ** REMEMBERED - 1

/** What is carried over reloads: how the target stands. The numbers that it is judged by are each version's own. */
export class BreakerState {
  state: 'closed' | 'open' | 'half_open' = 'closed'
  outcomes = 0
  samples = 0
  failedAt = Number.NEGATIVE_INFINITY
  /** Length of the next rest; 0 while it has not rested since it was well. */
  openMs = 0
  /** Open: until when. Half-open: until when the probe has the floor. */
  until = 0
}

const views = new WeakMap<BreakerState, { readonly options: BreakerOptions | null; readonly it: Breaker }>()

/** The breaker that a state is under certain numbers: the same as long as both are. */
export function breakerOf(state: BreakerState, options: BreakerOptions | null): Breaker {
  const known = views.get(state)
  if (known !== undefined && known.options === options) return known.it
  const it = new CountingBreaker(state, options ?? {})
  views.set(state, { options, it })
  return it
}

export function createBreaker(options: BreakerOptions = {}): Breaker {
  return new CountingBreaker(new BreakerState(), options)
}

class CountingBreaker implements Breaker {
  readonly #it: BreakerState
  readonly #failures: number
  readonly #windowMs: number
  readonly #firstOpenMs: number
  readonly #maxOpenMs: number

  constructor(state: BreakerState, options: BreakerOptions) {
    this.#it = state
    this.#failures = Math.min(options.failures ?? BREAKER_DEFAULTS.failures, REMEMBERED)
    this.#windowMs = options.windowMs ?? BREAKER_DEFAULTS.windowMs
    this.#firstOpenMs = options.openMs ?? BREAKER_DEFAULTS.openMs
    this.#maxOpenMs = Math.max(options.maxOpenMs ?? BREAKER_DEFAULTS.maxOpenMs, this.#firstOpenMs)
  }

  get state(): Breaker['state'] {
    return this.#it.state
  }

  allows(nowMs: number): boolean {
    const it = this.#it
    if (it.state === 'closed') return true
    if (nowMs < it.until) return false
    it.state = 'half_open'
    it.until = nowMs + this.#openMs
    return true
  }

  isReady(nowMs: number): boolean {
    return this.#it.state === 'closed' || nowMs >= this.#it.until
  }

  succeeded(): void {
    if (this.#it.state === 'closed') {
      this.#remember(0)
      return
    }
    // A late answer to a request from before it opened proves nothing about now.
    if (this.#it.state === 'half_open') this.#close()
  }

  failed(nowMs: number): void {
    const it = this.#it
    if (it.state === 'open') return
    if (it.state === 'half_open') {
      it.openMs = Math.min(this.#openMs * 2, this.#maxOpenMs)
      this.#open(nowMs)
      return
    }
    if (nowMs - it.failedAt > this.#windowMs) this.#forget()
    it.failedAt = nowMs
    this.#remember(1)
    const failures = countBits(it.outcomes)
    if (failures >= this.#failures && failures * 2 >= it.samples) this.#open(nowMs)
  }

  get #openMs(): number {
    return this.#it.openMs === 0 ? this.#firstOpenMs : this.#it.openMs
  }

  #open(nowMs: number): void {
    this.#it.state = 'open'
    this.#it.until = nowMs + this.#openMs
  }

  #close(): void {
    this.#it.state = 'closed'
    this.#it.openMs = 0
    this.#forget()
  }

  #forget(): void {
    this.#it.outcomes = 0
    this.#it.samples = 0
  }

  #remember(failed: 0 | 1): void {
    const it = this.#it
    it.outcomes = ((it.outcomes << 1) | failed) & MASK
    if (it.samples < REMEMBERED) it.samples += 1
  }
}

function countBits(bits: number): number {
  let count = 0
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1
  return count
}
