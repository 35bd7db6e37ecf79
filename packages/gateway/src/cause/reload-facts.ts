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
  readonly approvedBy: readonly string[]
}

/** Asked for by nobody: they bring back what was brought in before. */
const REPEATED: ReadonlySet<string> = new Set(['startup', 'drift'])

export function broughtByAudit(lines: readonly AuditLine[]): ReadonlyMap<string, Brought> {
  const found = new Map<string, Brought>()
  const approvals = approvalsOf(lines)
  for (const line of lines) {
    const { to, trigger, attempt } = line
    if (to === null) continue
    const known = found.get(to)
    const isSame = known?.attempt === attempt
    if (known !== undefined && !isSame && (REPEATED.has(trigger) || !REPEATED.has(known.trigger))) continue
    const { traceId, source, who, from, status, at, changedParameters } = line
    const changed = changedParameters.length === 0 ? null : changedParameters
    const approvedBy = approvals.get(attempt) ?? []
    const begun = isSame && known !== undefined ? known.at : at
    found.set(to, {
      ...{ attempt, traceId, trigger, source, who, from, status, changed, approvedBy },
      at: begun,
    })
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
    found.set(to, { attempt, traceId, trigger, source, who, from, at, status, changed, approvedBy: [] })
  }
  return found
}

/** By attempt. Lines that say who approved carry their names. */
function approvalsOf(lines: readonly AuditLine[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>()
  for (const line of lines) {
    const { approvedBy } = line as { readonly approvedBy?: unknown }
    if (!Array.isArray(approvedBy)) continue
    found.set(
      line.attempt,
      approvedBy.filter((it) => typeof it === 'string'),
    )
  }
  return found
}
