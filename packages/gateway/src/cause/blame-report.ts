/**
 * What `blame` is asked, and what it answers: which reload moved a metric, by how much, and how sure that is.
 *
 * Calls come as columns, because an hour of them is a hundred thousand rows; a row is at the same place in each column.
 * Times are when a call began, because that is when it took its version.
 *
 * Not here: the arithmetic (`blame.ts`), and where calls and reloads are read from.
 */

export interface BlameInput {
  readonly metric: BlameMetric
  /** Wall milliseconds: the window that is looked at. */
  readonly fromMs: number
  readonly toMs: number
  readonly calls: BlameCalls
  /** Those that came into force within the window, and the one before; oldest first. */
  readonly reloads: readonly BlameReload[]
  /** Probability of blaming anyone when nobody is to blame. Default 0.01. */
  readonly falseAlarms?: number
}

export interface BlameMetric {
  /** Such as `error_rate`, `latency_ms`, `cost_micro_usd`. */
  readonly name: string
  /** `proportion`: values are 0 and 1. `amount`: 0 or more, and skewed. */
  readonly kind: 'proportion' | 'amount'
}

/** Columns; `calls.value[i]` and `calls.version[i]` are of one call. The order of rows is of no matter. */
export interface BlameCalls {
  readonly atMs: Float64Array
  /** `NaN` where the call says nothing in this metric. */
  readonly value: Float64Array
  /** Place of the version that the call ran under in `reloads`; -1 for any other. */
  readonly reload: Int32Array
  /** 1 where a candidate answered, else 0. */
  readonly candidate: Uint8Array
  /** Numbers that stand for tenants and routes; any that are the same for the same. */
  readonly tenant: Int32Array
  readonly route: Int32Array
}

export interface BlameReload {
  readonly version: string
  /** When it took its first request. */
  readonly atMs: number
  readonly attempt: string | null
  readonly author: string | null
  /** Paths of the settings that it changed. */
  readonly changed: readonly string[]
}

export interface BlameReport {
  readonly metric: string
  /** False: nothing can be concluded, and nobody is `guilty`. */
  readonly concluded: boolean
  /** For people: one sentence with the numbers in it. */
  readonly summary: string
  /** Every reload of the window that could be looked at, the most suspicious first. */
  readonly ranking: readonly BlameEntry[]
}

export interface BlameEntry {
  readonly reload: BlameReload
  readonly guilty: boolean
  /** `canary`: candidate and baseline at the same time. `step`: before and after. */
  readonly evidence: 'canary' | 'step'
  /** That the metric jumped for good with it, by all of the window; `null` beside a candidate's comparison. */
  readonly probability: number | null
  /** Relative: 0.3 is 30 % more since this reload; between `low` and `high` with a probability of 95 %. `null` where it cannot be said. */
  readonly change: number | null
  readonly low: number | null
  readonly high: number | null
  /** The metric without and with this reload; amounts as typical values, geometric means. */
  readonly before: number | null
  readonly after: number | null
  /** Calls that it was seen from. */
  readonly samples: number
  /** Standard errors that the change is away from none. */
  readonly strength: number
  /** For people. */
  readonly reason: string
}
