/**
 * Which attempt brought a version in, out of audit lines and of the reports of this process.
 *
 * A version may be the subject of several attempts: sealed elsewhere and sent twice, put in service again at a start,
 * built again after a drift. The one that counts is the first that a person or a source asked for.
 */
import type { AttemptReport, AuditLine } from '@changeover/reload'

export interface Brought {
  readonly attempt: string
  readonly traceId: string
  readonly trigger: string
  readonly source: string
  readonly who: string
  readonly from: string | null
  /** RFC 3339. */
  readonly at: string
  readonly status: string
  /** `null` where it was not known yet when the line was written. */
  readonly changed: readonly string[] | null
  readonly consent: Consent
}

/** Who agreed to a change, or why nobody was asked. */
export interface Consent {
  readonly approvedBy: readonly string[]
  readonly emergency: string | null
}

const NOBODY_ASKED: Consent = { approvedBy: [], emergency: null }

/** Asked for by nobody: they bring back what was brought in before. */
const REPEATED: ReadonlySet<string> = new Set(['startup', 'drift'])

export function broughtByAudit(lines: readonly AuditLine[]): ReadonlyMap<string, Brought> {
  const found = new Map<string, Brought>()
  const consents = consentOf(lines)
  for (const line of lines) {
    const { to, trigger, attempt } = line
    if (to === null) continue
    const known = found.get(to)
    const isSame = known?.attempt === attempt
    if (known !== undefined && !isSame && (REPEATED.has(trigger) || !REPEATED.has(known.trigger))) continue
    const { traceId, source, who, from, status, at, changedParameters } = line
    const changed = changedParameters.length === 0 ? null : changedParameters
    const consent = consents.get(attempt) ?? NOBODY_ASKED
    const begun = isSame && known !== undefined ? known.at : at
    found.set(to, { attempt, traceId, trigger, source, who, from, at: begun, status, changed, consent })
  }
  return found
}

export function broughtByReports(reports: readonly AttemptReport[]): ReadonlyMap<string, Brought> {
  const found = new Map<string, Brought>()
  for (const it of reports.toReversed()) {
    const { to, attempt, traceId, trigger, source, actor: who, from, status } = it
    const known = to === null ? undefined : found.get(to)
    if (to === null || REPEATED.has(trigger) || (known !== undefined && known.attempt !== attempt)) continue
    const at = new Date(it.startedAt).toISOString()
    const changed = it.changedParameters.length === 0 ? null : it.changedParameters
    const consent = { approvedBy: it.approvals ?? [], emergency: it.emergency ?? null }
    found.set(to, {
      attempt,
      traceId,
      trigger,
      source,
      who,
      from,
      at,
      status,
      changed,
      consent,
    })
  }
  return found
}

/** By attempt: who agreed, and why nobody had to. The last line of an attempt says it. */
function consentOf(lines: readonly AuditLine[]): ReadonlyMap<string, Consent> {
  const found = new Map<string, Consent>()
  for (const { attempt, approvals, emergency } of lines) {
    if (approvals === undefined && emergency === undefined) continue
    found.set(attempt, { approvedBy: approvals ?? [], emergency: emergency ?? null })
  }
  return found
}

/** The share of a rollout from a moment on. */
export interface ShareSince {
  readonly rollout: string
  /** Wall milliseconds. */
  readonly since: number
  readonly step: number | null
  readonly share: number
}

/** Oldest first. */
export function sharesOf(lines: readonly AuditLine[]): readonly ShareSince[] {
  return lines.flatMap(({ at, rollout }) =>
    rollout === undefined
      ? []
      : [{ rollout: rollout.id, since: Date.parse(at), step: rollout.step, share: rollout.share }],
  )
}
