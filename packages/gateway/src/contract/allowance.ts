/**
 * What a caller may take: the limits and budgets of its key, its team and its tenant. Held before a call by what it may
 * come to at most, and settled after its last byte by what it came to, however it ended.
 *
 * A hold that is refused has taken nothing anywhere. Counts outlive the snapshot: they belong to who is counted, and
 * the numbers that they are read by to the settings.
 *
 * Not here: where counts are kept (`counters.ts`).
 */

/** What a call may come to. Estimates are made only for limits that ask for them, so they are functions. */
export interface HoldAsk {
  /** Wall milliseconds: budgets go by the calendar. */
  readonly nowMs: number
  /** Monotonic milliseconds: rates do not. */
  readonly monoMs: number
  /** The id of the call; what is held in a shared store is known by it. */
  readonly call: string
  /** As the caller named it, and the route that it led to. */
  readonly model: string
  readonly route: string
  inputTokens(): number
  /** As many as the request allows; an estimate where it sets no bound. */
  outputTokens(): number
  /** Of the dearest target that the route may ask. */
  costMicroUsd(): number
}

/** What it came to. */
export interface Used {
  readonly nowMs: number
  readonly monoMs: number
  /** Whether any provider was asked; a call that was refused, or answered from the cache, cost nothing. */
  readonly asked: boolean
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costMicroUsd: number
}

export interface Hold {
  /** What is left, for the answer: name, value, name, value … */
  readonly headers: readonly string[]
  /** Called once; later calls do nothing. Never throws. */
  settle(used: Used): void
}

export interface HoldRefused {
  readonly refused: 'policy.limit_reached' | 'policy.budget_spent' | 'policy.too_many_at_once'
  /** The entry of `limits` or `budgets`, and whose it is: `acme`, `acme/ci`. */
  readonly limit: string
  readonly holder: string
  /** When asking again makes sense; `null` where waiting does not help. */
  readonly retryAfterMs: number | null
  readonly headers: readonly string[]
}

export interface Allowance {
  /** At once where counts are this process's own; later where they are shared. */
  hold(ask: HoldAsk): Hold | HoldRefused | Promise<Hold | HoldRefused>
}

/** One step of the way from tenant to key, with the names of the entries that count it. */
export interface Level {
  readonly kind: 'tenant' | 'team' | 'key'
  /** `acme`, `acme/research`, `acme/ci`: never a key itself. */
  readonly name: string
  readonly limits: readonly string[]
  readonly budgets: readonly string[]
}
