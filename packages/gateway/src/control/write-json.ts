/**
 * Engine and call log in the words of the admin API: instants as RFC 3339, promises left out.
 *
 * Not here: what each body looks like (`schemas.ts`).
 */
import type {
  AttemptReport,
  AuditLine,
  Issue,
  ReloadEvent,
  ReloaderStatus,
  StageReport,
} from '@changeover/reload'
import { readableChanges } from '@changeover/reload'
import type { WaitingChange } from '../access/approval-desk.ts'
import type { VersionSummary } from '../calls/questions.ts'
import type { CallRecord } from '../contract/call.ts'
import { findOpenings } from '../plan/warnings/find-warnings.ts'
import { describeChanges } from '../plan/words/describe-changes.ts'
import type { AuditedAttempt } from './attempt-journal.ts'
import type { Changed } from './changer.ts'
import type { Override } from './override.ts'

export const writeInstant = (wallMs: number): string => new Date(wallMs).toISOString()

export function writeAttempt(it: AttemptReport) {
  const { attempt, trigger, source, actor, from, to, status, reason, traceId, durationMs } = it
  const { changedParameters, issues, stages, approvals, emergency } = it
  const startedAt = writeInstant(it.startedAt)
  return {
    attempt,
    trigger,
    source,
    actor,
    from,
    to,
    status,
    reason,
    traceId,
    startedAt,
    durationMs,
    changedParameters,
    issues,
    stages,
    ...(approvals === undefined ? {} : { approvals }),
    ...(emergency === undefined ? {} : { emergency }),
  }
}

/** `plan` is the one that it was applied from, if there is one. */
export function writeWaiting(waiting: WaitingChange, plan: string | null) {
  const { since, until, approvals, previous, settings, ...it } = waiting
  const changed = it.changes.map(({ pointer }) => pointer)
  return {
    ...it,
    plan,
    words: readableChanges(it.changes),
    sentences: [...describeChanges(previous, settings, it.changes)],
    warnings: [...findOpenings({ before: previous ?? {}, after: settings, changed })],
    since: writeInstant(since),
    until: writeInstant(until),
    approvals: approvals.map(({ at, ...given }) => ({ ...given, at: writeInstant(at) })),
  }
}

export function writeAudited({ at, ...it }: AuditedAttempt) {
  const stages: readonly StageReport[] = []
  const issues: readonly Issue[] = []
  return { ...it, startedAt: at, durationMs: null, issues, stages }
}

export function writeEvent({ at, ...it }: ReloadEvent) {
  return { ...it, at: writeInstant(at) }
}

/** The receipt of a change that was taken, or that changed nothing. Refusals are problems. */
export function writeChanged({ receipt, file, override }: Changed) {
  const { attempt, traceId } = receipt
  if (receipt.outcome === 'applied') {
    const { version, digest, previous, changedParameters } = receipt
    const base = {
      outcome: 'applied' as const,
      attempt,
      traceId,
      version,
      digest,
      previous,
      changedParameters,
    }
    return {
      ...base,
      ...(receipt.rollout === undefined ? {} : { rollout: receipt.rollout }),
      ...(file === null ? {} : { file }),
      ...(override == null ? {} : { override: writeOverride(override) }),
    }
  }
  if (receipt.outcome === 'waiting') {
    const { waitsFor, version, digest, candidate, changedParameters } = receipt
    return {
      outcome: 'waiting' as const,
      waitsFor,
      attempt,
      traceId,
      version,
      digest,
      candidate,
      changedParameters,
    }
  }
  const reason = receipt.outcome === 'unchanged' ? receipt.reason : ''
  const version = receipt.outcome === 'unchanged' ? receipt.version : null
  return { outcome: 'unchanged' as const, attempt, traceId, version, reason }
}

export function writeOverride(it: Override) {
  return { ...it, until: writeInstant(it.until) }
}

export function writeInstance(it: ReloaderStatus) {
  const { instance, scope, state, stage, offered, attempted, applied, confirmed, baseline, floor } = it
  const { generations, generationLimit, quarantine, breaker } = it
  const handles = it.handles.map(({ kind, source, trouble, differs }) => ({
    kind,
    source,
    differs,
    trouble: trouble === null ? null : { code: trouble.code, message: trouble.message },
  }))
  const pointers = { offered, attempted, applied, confirmed, baseline, floor }
  return {
    instance,
    scope,
    state,
    stage,
    ...pointers,
    generations,
    generationLimit,
    quarantine,
    breaker,
    handles,
  }
}

export function writeCall(it: CallRecord) {
  const { feedback, ...record } = it
  return {
    ...record,
    startedAt: writeInstant(it.startedAt),
    ...(feedback === undefined ? {} : { feedback: { ...feedback, at: writeInstant(feedback.at) } }),
  }
}

export function writeSummary(it: VersionSummary) {
  const { calls, sampled, errors, p50Ms, p99Ms } = it
  const firstAt = it.firstAt === null ? null : writeInstant(it.firstAt)
  const lastAt = it.lastAt === null ? null : writeInstant(it.lastAt)
  return { calls, sampled, errors, p50Ms, p99Ms, firstAt, lastAt }
}

export function writeAuditLine(it: AuditLine) {
  return { ...it }
}
