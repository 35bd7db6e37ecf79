/**
 * What is compared of two versions: each finished call, as numbers. To add a measure, add a line.
 *
 * A call counts in a measure only where it has something to say in it: `NaN` is nothing. What callers do wrong by
 * themselves is apart from what goes wrong for them, but it is compared too: a change that takes a route away, sets a
 * limit too low or locks a key out shows as mistakes of callers who have changed nothing.
 *
 * Invariant: adding a call allocates nothing. Not here: the arithmetic (`@changeover/reload`, `rollout/analysis`).
 */
import type { Arm, MeasureSpec } from '@changeover/reload'
import type { Finding } from '../contract/guards.ts'
import { type ErrorCode, rules } from '../errors.ts'
import type { CallFacts } from './call-facts.ts'

type IsFailure = (error: string) => boolean

/** With neither it is added when somebody says so, after the call. */
export interface Measure extends MeasureSpec {
  /** Of a rate of failures: which of them it counts. */
  readonly fails?: IsFailure
  /** Of any other: `NaN` where the call has nothing to say. */
  readonly of?: (it: CallFacts) => number
}

// As tight as what docs/reference/analysis.md promises takes: with more room, half as much again is seen late or never.
const rate = { kind: 'proportion', worse: 'higher', tolerance: 0.1, minSamples: 50 } as const
const amount = { kind: 'amount', worse: 'higher', tolerance: 0.04, minSamples: 50 } as const
/** What nearly every bad change shows in may spend more of the false alarms that are allowed. */
const MAIN = { weight: 4 } as const

/** The one that tells whether anything works at all. */
export const GUARDED = 'failed_rate'

/** What an error budget counts: what callers do wrong by themselves spends nothing of it. */
export const BUDGETED = 'error_rate'

export const measures: readonly Measure[] = [
  // Whatever the reason: a version under which nearly nothing works is out after a handful of calls.
  { ...rate, ...MAIN, name: GUARDED, tolerance: 0.05, guard: true, fails: isAny },
  { ...rate, ...MAIN, name: BUDGETED, tolerance: 0.05, budget: true, fails: isOurs },
  { ...rate, name: 'rejected_rate', fails: isRejected },
  { ...rate, name: 'unauthorized_rate', fails: isUnauthorized },
  { ...rate, name: 'limited_rate', fails: isLimited },
  { ...rate, name: 'retried_rate', tolerance: 0.5, of: retried },
  { ...rate, name: 'refusal_rate', of: (it) => ofReply(it, Number(isRefusal(it))) },
  { ...rate, name: 'schema_valid_rate', worse: 'lower', tolerance: 0.02, optional: true, of: schemaValid },
  { ...amount, ...MAIN, name: 'latency_ms', of: (it) => ofReply(it, it.durationMs) },
  { ...amount, name: 'first_token_ms', optional: true, of: firstToken },
  { ...amount, name: 'input_tokens', worse: 'either', tolerance: 0.5, optional: true, of: inputTokens },
  { ...amount, name: 'output_tokens', worse: 'either', tolerance: 0.5, optional: true, of: outputTokens },
  // Cheaper is no harm: to move calls to a cheaper model is what many changes are for.
  { ...amount, ...MAIN, name: 'cost_micro_usd', optional: true, of: (it) => it.costMicroUsd ?? Number.NaN },
  // Kept answers that are not found again show in bills long before anybody asks why.
  { ...rate, name: 'cache_hit_rate', worse: 'lower', optional: true, of: cacheHit },
  // A guard that masks too much spoils answers without any of them failing; what guards block fails, and counts there.
  { ...rate, name: 'masked_rate', tolerance: 0.5, optional: true, of: masked },
  // docs/guide/rollouts.md
  { ...rate, name: 'feedback_rate', worse: 'lower', tolerance: 0.1, optional: true },
]

export const FEEDBACK = measures.findIndex((it) => it.name === 'feedback_rate')

// Side by side: no two of the table have the same fields, and to look for one in each is what would take the time.
const failures = measures.map((it) => it.fails ?? null)
const others = measures.map((it) => it.of ?? null)

/** Of the call that is just being added: calls are added one after the other, and an arm keeps none of it. */
const said = new Float64Array(measures.length)

/** `unit`: a number for the unit that was assigned as one; left out where each call is its own. */
export function addMeasures(arm: Arm, facts: CallFacts, unit: number | undefined): void {
  // Not by what it cost until then either, nor by the attempt that it gave up.
  if (SAYS_NOTHING.has(facts.error)) return
  for (let i = 0; i < measures.length; i += 1) {
    const isFailure = failures[i] ?? null
    said[i] = isFailure === null ? (others[i]?.(facts) ?? Number.NaN) : failed(facts, isFailure)
  }
  arm.addAll(said, unit)
}

/** 1 for a call that did not end well, 0 for one that did, `NaN` for one that says nothing. */
export function failedOf(it: CallFacts): number {
  return failed(it, isAny)
}

/** 1 for a call that failed by somebody else than its caller, 0 for one that ended well. */
export function oursOf(it: CallFacts): number {
  return failed(it, isOurs)
}

const SAYS_NOTHING: ReadonlySet<string> = new Set([
  'call.cancelled',
  'call.out_of_time',
  'apis.retired',
  'identity.revoked',
])

/**
 * A caller who leaves, or waits for less than an answer usually takes, says nothing about the version; nor does one who
 * calls what was retired, or whose key was withdrawn while the call ran: somebody wanted that, and could not take it back
 * but by a rollback.
 */
function failed({ error }: CallFacts, isFailure: IsFailure): number {
  if (error === '') return 0
  if (SAYS_NOTHING.has(error)) return Number.NaN
  if (isFailure(error)) return 1
  // What failed in another way counts there; here it was not asked.
  return Number.NaN
}

function isAny(): boolean {
  return true
}

function isUnauthorized(error: string): boolean {
  return error.startsWith('identity.')
}

function isLimited(error: string): boolean {
  return error.startsWith('policy.')
}

function isRejected(error: string): boolean {
  return !isOurs(error) && !isUnauthorized(error) && !isLimited(error)
}

/** The gateway's, the provider's or the operator's fault; a code that is not in the table is somebody's template. */
function isOurs(error: string): boolean {
  if (isUnauthorized(error) || isLimited(error)) return false
  return Object.hasOwn(rules, error) && rules[error as ErrorCode].blame !== 'sender'
}

function ofReply(it: CallFacts, value: number): number {
  return it.error === '' && it.target !== null ? value : Number.NaN
}

function isRefusal({ finish }: CallFacts): boolean {
  return finish === 'refusal' || finish === 'content_filter'
}

function retried({ attempts }: CallFacts): number {
  if (attempts.length === 0) return Number.NaN
  for (const it of attempts) if (it.kind === undefined && it.error !== '') return 1
  return 0
}

function cacheHit({ cache }: CallFacts): number {
  if (cache === null || cache === 'bypass') return Number.NaN
  return Number(cache !== 'miss')
}

const isMasked = ({ did }: Finding): boolean => did === 'masked'

/** Only of calls that guards have looked at. */
function masked(it: CallFacts): number {
  return it.guarded ? ofReply(it, Number(it.findings.some(isMasked))) : Number.NaN
}

function schemaValid({ schemaValid: isValid }: CallFacts): number {
  return isValid === null ? Number.NaN : Number(isValid)
}

function firstToken(it: CallFacts): number {
  return it.body?.stream === true ? ofReply(it, it.firstTokenMs ?? Number.NaN) : Number.NaN
}

function inputTokens({ usage }: CallFacts): number {
  return usage === null ? Number.NaN : usage.inputTokens
}

function outputTokens({ usage }: CallFacts): number {
  return usage === null ? Number.NaN : usage.outputTokens
}
