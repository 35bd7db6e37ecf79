/**
 * Request limits: a leaky bucket per key (GCRA, counted in requests instead of time).
 *
 * The textbook form stores the instant at which the next request conforms. That instant is made of the
 * old numbers: after a reload from 10 a minute to 1000 a minute it would hold a caller back for an hour.
 * Here the level is kept in requests and drains at whatever rate is in force, so the same count is read
 * rightly under every version, by requests pinned to different ones too.
 *
 * The count belongs to the caller's identity and is carried from version to version; the numbers belong
 * to the snapshot.
 *
 * Not here: limits shared by several instances.
 */
import type { Limiter } from '../contract/limiter.ts'

/** What a caller has used. Lives as long as the caller, whatever the numbers. */
export interface RequestCount {
  /** Requests that have not drained yet. */
  level: number
  /** Instant up to which `level` has been drained; never goes back. */
  atMs: number
}

export interface RequestNumbers {
  readonly requests: number
  readonly perMs: number
  /** How many may come at once; default: `requests`. */
  readonly burst?: number | undefined
}

/** Rounding of a few thousand additions; a billionth of a request. */
const SLACK = 1e-9

export function createRequestCount(): RequestCount {
  return { level: 0, atMs: Number.NEGATIVE_INFINITY }
}

/** Counts in `count` by these numbers: at most `burst` at once, and `requests` in each `perMs` after it. */
export function createLimiter(count: RequestCount, numbers: RequestNumbers): Limiter {
  return new RequestLimit(count, numbers)
}

class RequestLimit implements Limiter {
  readonly #count: RequestCount
  readonly #requests: number
  readonly #perMs: number
  readonly #burst: number

  constructor(count: RequestCount, numbers: RequestNumbers) {
    this.#count = count
    this.#requests = numbers.requests
    this.#perMs = numbers.perMs
    this.#burst = numbers.burst ?? numbers.requests
  }

  take(nowMs: number): { readonly retryAfterMs: number } | null {
    const count = this.#count
    if (nowMs > count.atMs) {
      count.level = Math.max(0, count.level - ((nowMs - count.atMs) * this.#requests) / this.#perMs)
      count.atMs = nowMs
    }
    const over = count.level + 1 - this.#burst
    if (over > SLACK) return { retryAfterMs: Math.max(1, Math.ceil((over * this.#perMs) / this.#requests)) }
    count.level += 1
    return null
  }
}
