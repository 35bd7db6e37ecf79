import type { Origin } from './origin.ts'
import type { Receipt } from './receipt.ts'

export type Offer = (bytes: Uint8Array, origin: Origin) => Promise<Receipt>

/**
 * Where a trigger lives: a file, the admin API, a subject in NATS, a branch in Git.
 *
 * A handle carries bytes and nothing more. It never parses, validates or retries a payload; the engine
 * does that once, the same way for every handle. What a handle owes is written as tests in testkit's
 * `handleConformance`; a new handle is finished when that suite passes.
 */
export interface Handle {
  /** Names the handle in errors, logs and status: `file`, `http-poll`. */
  readonly kind: string
  /** The source, for people: a path, a URL without credentials. */
  readonly source: string
  /**
   * Offers what the source holds now, then every later change, until `signal` aborts.
   *
   * Changes may be skipped when a newer one is known, and repeated after a reconnect (an offer of what
   * runs is answered `unchanged`). They may not be offered out of order, nor two at a time: `watch`
   * awaits each receipt before the next offer, and acknowledges its source only on that receipt.
   * A read error is not a change; an empty read is not a deletion: both go to `report`.
   *
   * Resolves when aborted. Rejects only when the source can never deliver again.
   */
  watch(offer: Offer, signal: AbortSignal, report: (trouble: HandleTrouble) => void): Promise<void>
}

/** The source could not be read. The handle goes on trying; nothing changes meanwhile. */
export interface HandleTrouble {
  readonly source: string
  /** A code of this package's error table, such as `handle.read_failed`. */
  readonly code: string
  readonly message: string
  readonly cause?: unknown
}
