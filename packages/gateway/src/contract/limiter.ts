/**
 * One caller's allowance. The counter lives as long as the caller does, not as long as a version: a
 * reload that changes the numbers keeps what was used.
 */
export interface Limiter {
  /** Takes one request. `null` when allowed, else how long until the next would be. */
  take(nowMs: number): { readonly retryAfterMs: number } | null
}
