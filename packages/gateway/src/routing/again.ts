/**
 * Where a call goes when an attempt has failed: another key; the list for this kind of failure; another target; the same one
 * after a wait; a fallback.
 *
 * One attempt is kept for each fallback that is still to come, so that retrying the chosen target never uses up the way
 * around it. Not here: what is done with it, and what the failure counts as (`attempts.ts`).
 */
import type { CompiledTarget } from '../contract/compiled.ts'
import type { AttemptRules, AttemptTools } from './attempt-host.ts'
import { backoffMs } from './backoff.ts'
import { isTargetsOwn } from './failure-class.ts'
import type { NextTargets, Refused } from './next-targets.ts'

export interface FailedAttempt {
  readonly target: CompiledTarget
  /** The key it was made with. */
  readonly credential: number
  readonly refused: Refused
  /** Attempts of the call so far. */
  readonly made: number
  readonly nowMs: number
  /** When the call is out of time. */
  readonly endsAt: number
}

/** `null`: nowhere. */
export type Again =
  /** `isExtra`: with another key, which is no further attempt of the route's. */
  | { readonly target: CompiledTarget; readonly isExtra: boolean }
  /** The same target, after so long. */
  | { readonly waitMs: number }
  | null

export function chooseAgain(
  it: FailedAttempt,
  next: NextTargets,
  { route }: AttemptRules,
  { random }: AttemptTools,
): Again {
  const { target, refused, nowMs } = it
  const left = route.attempts - it.made
  if (next.rotate(target, it.credential, refused, nowMs)) return { target, isExtra: true }
  if (left <= 0) return null
  const ofKind = next.ofKind(refused, nowMs)
  if (ofKind !== null) return { target: ofKind, isExtra: false }
  const retryable = refused.code !== 'upstream.failed' || target.provider.isRetryable(refused.status ?? 500)
  if (retryable && left > next.fallbacksLeft) {
    const other = next.other(nowMs)
    if (other !== null) return { target: other, isExtra: false }
    const asked = refused.refusal?.retryAfterMs ?? 0
    const waitMs = Math.max(asked, backoffMs(it.made, route.retryBaseMs, route.retryMaxMs, random))
    if (asked <= route.retryMaxMs && nowMs + waitMs < it.endsAt) return { waitMs }
  }
  if (!retryable && !isTargetsOwn(refused.status)) return null
  const fallback = next.fallback(nowMs)
  return fallback === null ? null : { target: fallback, isExtra: false }
}
