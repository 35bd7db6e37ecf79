/**
 * What a plan says beside whether a change would be taken: the difference in words, what to look out for, and what
 * would have become of the calls that were recorded. Only types: they cross from the worker to the admin API.
 */
import type { Change, Issue } from '@changeover/reload'

/** One change of the settings, for people. Never holds a secret. */
export interface Sentence {
  readonly op: Change['op']
  /** `routes`, `tenants`, … */
  readonly section: string
  readonly text: string
  /** JSON pointers of what it tells. */
  readonly pointers: readonly string[]
}

/** What a change of this class usually breaks, with the numbers that say so. Stable codes: `docs/guide/plan.md`. */
export interface Warning {
  readonly code: WarningCode
  readonly text: string
  readonly pointer: string
  readonly place?: Issue['place']
  /** What the text was made of, by name. */
  readonly numbers: Readonly<Record<string, number>>
  /** Ids of calls. */
  readonly examples: readonly string[]
}

export const WARNING_CODES = [
  'plan.removed_in_use',
  'plan.limit_below_peak',
  'plan.variable_required',
  'plan.variable_unsent',
  'plan.no_credential',
  'plan.new_host',
  'plan.price_moved',
  'plan.no_price',
  'plan.rule_never',
  'plan.sensitive_widened',
  'plan.timeout_below_p99',
  'plan.untested_target',
  'plan.access_opened',
  'plan.admin_widened',
  'plan.approvals_fewer',
  'plan.counts_anew',
] as const

export type WarningCode = (typeof WARNING_CODES)[number]

/** How much of the record is replayed. */
export interface ReplayAsk {
  /** Newest calls at most. */
  readonly most: number
  /** Only calls that began this long before; `null` for all. */
  readonly lastMs: number | null
}

export interface Replay {
  /** Records looked at, and when the first and last of them began; `null` with no records. */
  readonly calls: number
  readonly from: number | null
  readonly to: number | null
  /** Those of them that could be replayed under both versions. */
  readonly replayed: number
  readonly tookMs: number
  readonly notReplayed: readonly NotReplayed[]
  /** What the figures below do not hold. */
  readonly notes: readonly string[]
  readonly rerouted: { readonly calls: number; readonly moves: readonly Move[] }
  /** Taken by the running version, not by the candidate. */
  readonly refused: { readonly calls: number; readonly by: readonly Refusal[] }
  /** Refused by the running version, taken by the candidate. */
  readonly admitted: { readonly calls: number; readonly by: readonly Refusal[] }
  /** Of routes whose share of any target changes. */
  readonly splits: readonly Split[]
  readonly cost: Cost
}

export const NOT_REPLAYED = ['no_caller', 'no_token', 'no_model', 'token_claims', 'not_recorded'] as const
export type NotReplayedReason = (typeof NOT_REPLAYED)[number]

export interface NotReplayed {
  readonly reason: NotReplayedReason
  readonly text: string
  readonly calls: number
}

export interface Place {
  readonly route: string
  readonly target: string
}

export interface Move {
  readonly from: Place
  readonly to: Place
  readonly calls: number
  readonly examples: readonly string[]
}

export interface Refusal {
  readonly code: string
  readonly tenant: string | null
  readonly key: string | null
  /** What was asked for. */
  readonly model: string
  readonly calls: number
  /** Wall milliseconds of the last of them. */
  readonly lastAt: number
  readonly examples: readonly string[]
}

export interface Split {
  readonly route: string
  readonly targets: readonly { readonly target: string; readonly before: number; readonly after: number }[]
}

/** Micro-dollars, at the prices of the day of the plan, for the tokens that were recorded. */
export interface Cost {
  /** Calls that have a cost under both versions. */
  readonly calls: number
  readonly before: number
  readonly after: number
  /** Of calls that the candidate refuses: spent under the running version only, and not in the sums above. */
  readonly refused: number
  /** Calls with tokens, of which one of the versions knows no price. */
  readonly unpriced: number
  readonly byTenant: readonly CostPart[]
  readonly byRoute: readonly CostPart[]
  /** Those that change most. */
  readonly examples: readonly { readonly call: string; readonly before: number; readonly after: number }[]
}

export interface CostPart {
  readonly name: string
  readonly calls: number
  readonly before: number
  readonly after: number
}
