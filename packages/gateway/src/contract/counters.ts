/**
 * Counts of what callers have taken, in this process or shared by several.
 *
 * Three kinds: a `bucket` drains at a steady rate (requests, tokens), a `total` only grows until its period is over
 * (money, calls), `places` are taken and given back (calls at once). What is taken together is taken whole or not at
 * all, in one step that nothing comes between.
 *
 * What every store owes is written as tests in `testkit/counter-conformance.ts`:
 * - A key twice in one take counts twice. An amount beyond the bound itself is never met: `retryAfterMs` is `null`.
 * - A bucket drains by the rate of whoever asks now. A correction leaves no count below nothing.
 * - A holder who takes its places again renews the lease and counts once; a correction of places gives them all back.
 *   How long a place is taken is not known: `retryAfterMs` is `null`.
 * - `take` and `correct` may be asked many at a time; a store that is shared sends what comes in one turn together.
 *
 * Not here: which limits a call is counted by, and what it is said when they are reached (`policy/`).
 */

interface ClaimBase {
  /** Of the count, the same in every process and version: `limit:acme/ci:per-minute:requests`. */
  readonly key: string
  /** In the unit of the count: requests, tokens, micro-dollars, places. Not negative. */
  readonly amount: number
}

export interface BucketClaim extends ClaimBase {
  readonly kind: 'bucket'
  /** Drains by `rate` in each `perMs`; holds `burst` at most. */
  readonly rate: number
  readonly perMs: number
  readonly burst: number
}

export interface TotalClaim extends ClaimBase {
  readonly kind: 'total'
  readonly most: number
  /** Wall milliseconds at which it begins anew; the key names its period. `null`: never. */
  readonly endsMs: number | null
}

export interface PlacesClaim extends ClaimBase {
  readonly kind: 'places'
  readonly most: number
  /** Who holds it, so that it can be given back, and given up when its process dies. */
  readonly holder: string
  readonly leaseMs: number
}

export type Claim = BucketClaim | TotalClaim | PlacesClaim

export interface Left {
  /** What is left of each claim's count after this, in the order of the claims; never negative. */
  readonly left: readonly number[]
}

export interface Short {
  /** Place of the first claim that could not be met. */
  readonly short: number
  /** When it could be, as far as is known; `null` where waiting does not help. */
  readonly retryAfterMs: number | null
  readonly left: readonly number[]
}

/** The difference between what was used and what was held: added to the count, also where that goes beyond its bound. */
export interface Correction {
  readonly claim: Claim
  /** In the claim's unit; negative gives back. Places are always given back whole. */
  readonly by: number
}

/** How the server stands that counts are shared through. */
export interface CountersHealth {
  /** `redis`, `postgres` */
  readonly store: string
  readonly state: 'connecting' | 'up' | 'down'
  /** Wall milliseconds since which it is so. */
  readonly since: number
  /** Counts with corrections that the server has not been told yet. */
  readonly untold: number
  /** In portions of this process, and not used: requests, tokens and micro-dollars together. */
  readonly held: number
}

/**
 * Where counts are kept. What it throws, or rejects with, means that it cannot be reached: `counters.unreachable`. A
 * correction is never refused: what cannot be told now is told later, and once.
 */
export interface CounterStore {
  readonly kind: string
  /** All or nothing. `nowMs` is wall time; a shared store may go by its own clock. */
  take(claims: readonly Claim[], nowMs: number): Left | Short | Promise<Left | Short>
  correct(corrections: readonly Correction[], nowMs: number): void | Promise<void>
  /** What is counted now, for status and tests; 0 for what it does not know. */
  read(claims: readonly Claim[], nowMs: number): readonly number[] | Promise<readonly number[]>
  close(): void | Promise<void>
}
