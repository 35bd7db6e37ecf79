/**
 * Rollouts: how a version takes traffic, how it is judged meanwhile, and what can be said about one.
 *
 * A rollout lives inside one process: the version in force serves those outside its cohort, the candidate those
 * inside, and both are compared at the same time. Nothing here knows what is measured; the embedding service says
 * so once (`ReloaderOptions.measures`) and adds what it saw to the arm that its pin carries.
 *
 * Not here: the arithmetic (`rollout/analysis`), and the moment at which traffic moves (`engine/commit.ts`).
 */
import type { SpanContext } from './telemetry.ts'

/** How a version takes traffic; signed with the payload. Absent fields have their defaults in `rollout/plan.ts`. */
export interface RolloutPolicy {
  /**
   * `allAtOnce`: all traffic at the swap. `canary`: shares that grow by steps. `blueGreen`: stands ready beside the
   * version in force, then takes all at once. `shadow`: sees copies, is never answered from until it is promoted.
   */
  readonly strategy: 'allAtOnce' | 'canary' | 'blueGreen' | 'shadow'
  /** At full traffic, before it is confirmed. */
  readonly bakeMs?: number
  /** Canary: what is assigned as one. Default `request`. */
  readonly unit?: RolloutUnit
  /** Canary: shares grow; the last may be 1, and its time is then the time at full traffic. */
  readonly steps?: readonly RolloutStep[]
  /** Blue/green and shadow: how long it stands beside before it takes all; `null`, the default: until promoted. */
  readonly forMs?: number | null
  readonly analysis?: AnalysisPolicy
  /** Taken back when it spends its error budget too fast; on the candidate while there is one, and at full traffic until it is confirmed. */
  readonly burnRate?: BurnRatePolicy
  /** What becomes of a new publish during this rollout. Default `supersede`. */
  readonly meanwhile?: 'supersede' | 'queue' | 'refuse'
  /** RFC 3339: not before then; nothing is held until that time. */
  readonly startAt?: string | null
}

export type RolloutStrategy = RolloutPolicy['strategy']

/** What is assigned to the candidate or not, as a whole. */
export type RolloutUnit = 'request' | 'session' | 'tenant' | 'key'

export interface RolloutStep {
  /** Of the units, above 0 and at most 1; ten-thousandths are the finest. */
  readonly share: number
  /** `null`: until somebody promotes it. */
  readonly forMs: number | null
}

export interface AnalysisPolicy {
  /** How often the comparison is looked at. Default 1000. */
  readonly everyMs?: number
  /** Probability of taking back a version that is no worse, over the whole rollout and all measures. Default 0.01. */
  readonly falseAlarms?: number
  /**
   * `noHarm`, the default: a measure passes with enough samples and no sign of harm. `shown`: only once it is shown to be
   * no worse than the tolerance, which takes a multiple of the traffic.
   */
  readonly pass?: 'noHarm' | 'shown'
  /** By name of the measure; what is not said stays as the service declares it. */
  readonly measures?: Readonly<Record<string, MeasurePolicy>>
  /** Measures that somebody else takes, by name; they count like those of the service. */
  readonly external?: Readonly<Record<string, ExternalMeasure>>
  /** When a step's time is over and nothing can be concluded. Default `extend`: by `extendMs`, then pause. */
  readonly onInconclusive?: 'extend' | 'pause'
  readonly extendMs?: number
}

/** Counts by the measures that say so (`MeasureSpec.budget`). Both windows must burn. */
export interface BurnRatePolicy {
  /** Of all requests, the part that has to be answered well: 0.999. Above 0 and below 1. */
  readonly objective: number
  /** Times as fast as the objective allows. */
  readonly factor: number
  readonly longMs: number
  /** At most as long. */
  readonly shortMs: number
  /** Requests of the version in each window, before a rate is one. Default 50. */
  readonly minSamples?: number
}

export interface MeasurePolicy {
  readonly tolerance?: number
  readonly minSamples?: number
  readonly off?: boolean
}

/**
 * A measure that is asked for over HTTP, beside the looks and holding none up. No number for both versions, for whatever
 * reason, concludes nothing.
 */
export interface ExternalMeasure {
  /** `webhook`: told the versions by POST, answers a number for each. `prometheus`: asked one query for each. */
  readonly source: 'webhook' | 'prometheus'
  /** http or https, without user, query and fragment; of Prometheus, where `/api/v1/query` is below. */
  readonly url: string
  /** Prometheus: the query for the number, with `${version}` where the version stands. */
  readonly value?: string
  /** Prometheus: the query for how many samples the number was made from. */
  readonly samples?: string
  /** The header of that name. Holds its secret by reference, which the receiver fills (`ReloaderOptions.secrets`). */
  readonly authorization?: string
  /** Least time between two questions. Default 10000. */
  readonly everyMs?: number
  /** From asking to the whole answer. Default 5000. */
  readonly timeoutMs?: number
  /** Default `amount`. */
  readonly kind?: MeasureSpec['kind']
  /** Default `higher`. */
  readonly worse?: MeasureSpec['worse']
  /** Relative. Default 0.1. */
  readonly tolerance?: number
  /** On each side, where the source says how many there were. Default 50. */
  readonly minSamples?: number
}

/** One thing that the embedding service can tell about a unit of work. */
export interface MeasureSpec {
  /** Such as `error_rate`, `latency_ms`, `cost_micro_usd`. */
  readonly name: string
  /** `amount`: 0 or more, and skewed. */
  readonly kind: 'proportion' | 'amount'
  readonly worse: 'higher' | 'lower' | 'either'
  /** Relative: 0.1 allows the candidate to be 10 % worse. */
  readonly tolerance: number
  /** In each arm, before anything is concluded. */
  readonly minSamples: number
  /** Amounts: the least difference that matters, in the measure's own unit. Default 1. */
  readonly grain?: number
  /** Comes only now and then, such as feedback: where neither side has any, it stands in nobody's way. */
  readonly optional?: boolean
  /** Its part of the false alarms, beside those of the others. Default 1. */
  readonly weight?: number
  /** A proportion of failures: a candidate of which nearly every request fails is taken back within a handful. */
  readonly guard?: boolean
  /** A proportion of failures that an error budget counts. Default: those with a guard, where none says so. */
  readonly budget?: boolean
}

/** Requests and those of them that failed, of the last minute or so. */
export interface LatelySeen {
  readonly samples: number
  readonly failures: number
}

/** What one side of a comparison has seen. Adding costs constant time and memory, and allocates nothing. */
export interface Arm {
  /** `measure` is the place in `ReloaderOptions.measures`; a proportion's value is 0 or 1. */
  add(measure: number, value: number, unit?: number): void
  /**
   * All that one unit of work says, by place; `NaN` where it has nothing to say. The same as `add` for each of the others,
   * at a fraction of its time.
   */
  addAll(values: Float64Array, unit?: number): void
}

/** Given to `acquire`: asked only while a rollout splits the traffic. */
export interface UnitSource {
  /** `null`: the request counts as a unit of its own. */
  unitId(unit: RolloutUnit): string | null
}

export type Verdict = 'pass' | 'fail' | 'inconclusive'

/** What a comparison says at one moment. No data, or too little, is never a pass. */
export interface Judgement {
  readonly verdict: Verdict
  readonly measures: readonly MeasureJudgement[]
}

export interface MeasureJudgement {
  readonly name: string
  readonly verdict: Verdict
  readonly candidate: ArmSummary
  readonly baseline: ArmSummary
  /** Relative: 0.2 is 20 % more than the baseline; `null` when it cannot be said. */
  readonly change: number | null
  /** Between these the change lies, at any time one looks. */
  readonly low: number | null
  readonly high: number | null
  /** For people. */
  readonly reason: string
}

export interface ArmSummary {
  readonly samples: number
  readonly value: number | null
}

export const ROLLOUT_STATES = [
  'scheduled',
  'running',
  'paused',
  'inconclusive',
  'promoting',
  'baking',
  'complete',
  'aborted',
  'rolled_back',
  'superseded',
] as const
export type RolloutState = (typeof ROLLOUT_STATES)[number]

/** A rollout as it stands, or, once it is over, as it ended. */
export interface RolloutStatus {
  /** Digest of the version: the same version, offered again, picks the same units. */
  readonly id: string
  readonly attempt: string
  readonly version: string
  readonly strategy: RolloutStrategy
  /** `null` where nothing is assigned by unit. */
  readonly unit: RolloutUnit | null
  readonly state: RolloutState
  /** Why it is in that state, where somebody or something decided so. */
  readonly reason: string | null
  /** From 0; `null` before the first and after the last. */
  readonly step: number | null
  readonly steps: readonly RolloutStep[]
  /** Of the units that the candidate answers now: 0 to 1. */
  readonly share: number
  /** Wall milliseconds: when this state began, and when it ends by itself; `null` when it does not. */
  readonly since: number
  readonly endsAt: number | null
  readonly judgement: Judgement | null
  /** Requests that each side has been given since it began. */
  readonly requests: { readonly candidate: number; readonly baseline: number }
  /** Every change so far, oldest first. */
  readonly history: readonly RolloutMove[]
}

export interface RolloutMove {
  /** Wall milliseconds. */
  readonly at: number
  readonly state: RolloutState
  readonly step: number | null
  readonly share: number
  readonly reason: string | null
  /** Who asked, where somebody did. */
  readonly by: string | null
}

/** Who asks for a rollout to move, for the audit log. */
export interface RolloutAsk {
  readonly actor?: string
  readonly reason?: string
  readonly trace?: SpanContext
  /** For this one case: passes a freeze. */
  readonly manual?: boolean
}

/** What a version is about to do, for those who may forbid it for a time. */
export interface FreezeQuestion {
  readonly version: string
  readonly strategy: RolloutStrategy
  /** The step that would begin, from 0; `null` for the step to full traffic. */
  readonly step: number | null
  readonly actor: string
  /** Wall milliseconds. */
  readonly at: number
}
