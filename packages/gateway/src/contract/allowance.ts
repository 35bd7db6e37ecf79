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
  /** `call_…`; what is held in a shared store is known by it. */
  readonly id: string
  /** Wall milliseconds: budgets go by the calendar. */
  readonly startedAt: number
  /** Monotonic milliseconds: rates do not. */
  readonly startedMono: number
  /** Calls of one route are taken to be alike where they set no bound of their own. */
  readonly routeName: string
  inputTokens(): number
  /** As many as the request allows; `null` where it sets no bound. */
  outputTokens(): number | null
  /** What so many cost at the dearest target that the route may ask. */
  mostCost(inputTokens: number, outputTokens: number): MostCost
}

export interface MostCost {
  /** Of the targets that have a price. */
  readonly microUsd: number
  /** False where one may answer of which nobody knows what it takes. */
  readonly isKnown: boolean
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
  /** What was held of tokens, input and output; 0 where nothing counts them. */
  readonly tokens: number
  /** False where what it came to makes no difference, so that it need not be worked out. */
  readonly settles: boolean
  /** Budgets that came to their `warnAt` by this hold; mostly none. */
  readonly warnings: readonly BudgetWarning[]
  /** Called once; later calls do nothing. Never throws. */
  settle(used: Used): void
}

export interface BudgetWarning {
  readonly budget: string
  readonly holder: string
  /** Share of it that is used or held, 0 to 1. */
  readonly share: number
}

export interface HoldRefused {
  readonly refused:
    | 'policy.limit_reached'
    | 'policy.budget_spent'
    | 'policy.too_many_at_once'
    | 'policy.no_price'
    | 'counters.unreachable'
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
  /** Each count that it goes by and how it stands, for people who look. */
  standing(nowMs: number, monoMs: number): readonly Standing[] | Promise<readonly Standing[]>
}

/** One step of the way from tenant to key, with the names of the entries that count it. */
export interface Level {
  readonly kind: 'tenant' | 'team' | 'key'
  /** `acme`, `acme/research`, `acme/ci`: never a key itself. */
  readonly name: string
  readonly limits: readonly string[]
  readonly budgets: readonly string[]
}

/** What a limit or budget counts. */
export type Counted = 'requests' | 'inputTokens' | 'outputTokens' | 'tokens' | 'concurrent' | 'usd' | 'calls'

/** How one count stands. */
export interface Standing {
  readonly kind: Level['kind']
  readonly holder: string
  readonly of: 'limit' | 'budget'
  readonly entry: string
  readonly counts: Counted
  /** Requests, tokens, places, calls; micro-dollars of money. Held amounts are among what is used. */
  readonly most: number
  readonly used: number
  readonly left: number
  /** Of a rate: its period. */
  readonly perMs: number | null
  /** Of a budget: `month`; and when it begins anew, wall milliseconds. */
  readonly period: string | null
  readonly endsMs: number | null
  readonly shared: boolean
}
