/**
 * Why versions are taken back, and what is written down about it.
 *
 * Not here: the block that puts the baseline in service again, which comes before any of this (`observer.ts`).
 */
import { type DetailsOf, type ErrorCode, ReloadError } from '../../errors.ts'
import type { Failure } from '../../rollout/rollout.ts'
import type { Attempt } from '../attempt.ts'
import type { Core } from '../core.ts'
import type { Generation } from '../live/generation.ts'
import type { Candidate } from '../stages/candidate.ts'

/** Why a version is taken back. */
export type BackCode =
  | 'observe.regressed'
  | 'observe.unconfirmed'
  | 'reload.ttl'
  | Failure['code']
  | 'rollout.aborted'

export interface Back {
  readonly code: BackCode
  readonly details: DetailsOf<BackCode>
  /** How it stands in quarantine. */
  readonly reason: string
  readonly trigger: string
  /** Who asked, where somebody did. */
  readonly by?: string | null
}

export function errorOf({ code, details }: Back): ReloadError {
  return new ReloadError<ErrorCode>(code, details)
}

/** Somebody who watches found it worse. */
export function regressed(version: string, { reason, trigger }: Pick<Back, 'reason' | 'trigger'>): Back {
  return { code: 'observe.regressed', details: { version, reason }, reason, trigger }
}

export function aborted(version: string, reason: string, by: string | null): Back {
  const details = { version, reason }
  return { code: 'rollout.aborted', details, reason: 'aborted', trigger: 'operator', by }
}

/** Its rollout failed by itself. */
export function failed(version: string, { code, mark, reason }: Failure): Back {
  const details = { version, reason, measure: mark.replace('analysis:', '') }
  return { code, details, reason: mark, trigger: mark }
}

export function unconfirmed(version: string, waitedMs: number): Back {
  const details = { version, waitedMs }
  return { code: 'observe.unconfirmed', details, reason: 'unconfirmed', trigger: 'unconfirmed' }
}

export function expired(version: string, ttlMs: number): Back {
  return { code: 'reload.ttl', details: { version, ttlMs }, reason: 'ttl', trigger: 'ttl' }
}

/** Neither time nor a person's wish says that reloads fail. */
export function isNoFailure({ code }: Back): boolean {
  return code === 'reload.ttl' || code === 'rollout.aborted'
}

/** Writes down that a version has been taken back: where we are, what is not to be tried again. */
export function lockAway(core: Core, candidate: Candidate, reason: string): void {
  const { version, digest } = candidate
  // What has served its time did not fail: the same settings may come to stay.
  const tree = reason === 'ttl' ? null : candidate.tree
  core.quarantine.add({ ref: { version, digest }, tree, reason, lasting: true })
  core.recorder.note('quarantine', core.quarantine.lasting)
  if (core.cell.baseline !== null) core.recorder.note('applied', core.cell.baseline.ref)
  core.recorder.clearIntent(digest)
}

export function sayTakenBack(attempt: Attempt, baseline: Generation, trigger: string): void {
  const done = attempt.stages.begin('rollback')
  const { version } = baseline.ref
  attempt.enter('rollback', { 'reload.rollback.trigger': trigger, 'reload.restored_version': version })?.end()
  done({ note: trigger })
}
