/**
 * What the admin API remembers of attempts: their events as they come, and each one's report.
 *
 * The engine keeps only the last attempt's report, and its audit log keeps no times of stages. This keeps both
 * for the newest attempts of this process, within bounds; older ones are answered from the audit log.
 *
 * Invariant: an event's number only grows, so that a client that comes back can name the last one it saw.
 */
import type { AttemptReport, AuditLine, ReloadEvent, Reloader, ReloadStatus } from '@changeover/reload'

const keptEvents = 2_000
const keptReports = 200

export interface NumberedEvent {
  readonly id: number
  readonly event: ReloadEvent
}

export interface AttemptJournal {
  /** Events after `id` that are still kept, oldest first. */
  since(id: number): readonly NumberedEvent[]
  readonly lastId: number
  /** Called for each event from now on. Returns how to stop. */
  follow(listener: (event: NumberedEvent) => void): () => void
  report(attempt: string): AttemptReport | null
  /** Newest first. */
  reports(): readonly AttemptReport[]
  /** The newest attempt that changed something or tried to: what `status` shows as the last. */
  lastOfNote(): AttemptReport | null
  close(): void
}

export function createAttemptJournal(reloader: Reloader<unknown>): AttemptJournal {
  const events: NumberedEvent[] = []
  /** Of an attempt that goes on, how to make one: most are asked for by nobody. */
  const reports = new Map<string, AttemptReport | (() => AttemptReport)>()
  const listeners = new Set<(event: NumberedEvent) => void>()
  let lastId = 0

  const keepReport = (): void => {
    const last = reloader.lastAttempt()
    if (last === null || reports.has(last.id)) return
    reports.set(last.id, last.isEnded ? last.report() : () => last.report())
    for (const oldest of reports.keys()) {
      if (reports.size <= keptReports) break
      reports.delete(oldest)
    }
  }
  /** What has ended is held by its report alone. */
  const endReport = ({ attempt, status }: ReloadEvent): void => {
    const report = reports.get(attempt)
    if (status !== undefined && typeof report === 'function') reports.set(attempt, report())
  }
  const all = (): AttemptReport[] => Array.from(reports.values(), made)
  const hear = (event: ReloadEvent): void => {
    const numbered = { id: ++lastId, event }
    events.push(numbered)
    if (events.length > keptEvents * 2) events.splice(0, keptEvents)
    keepReport()
    endReport(event)
    for (const listener of listeners) listener(numbered)
  }
  keepReport()
  const stop = reloader.subscribe(hear)

  return {
    since: (id) => events.filter((it) => it.id > id),
    get lastId() {
      return lastId
    },
    follow(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    report(attempt) {
      const report = reports.get(attempt)
      return report === undefined ? null : made(report)
    },
    reports: () => all().toReversed(),
    lastOfNote: () => all().findLast((it) => it.status !== 'skipped') ?? null,
    close: stop,
  }
}

function made(report: AttemptReport | (() => AttemptReport)): AttemptReport {
  return typeof report === 'function' ? report() : report
}

/** An attempt of an earlier process, as far as the audit log tells it. */
export interface AuditedAttempt {
  readonly attempt: string
  readonly trigger: string
  readonly source: string
  readonly actor: string
  readonly from: string | null
  readonly to: string | null
  readonly status: ReloadStatus
  readonly reason: string
  readonly traceId: string
  readonly at: string
  readonly changedParameters: readonly string[]
  readonly approvals?: readonly string[]
  readonly emergency?: string
}

/** One entry for each attempt in the lines, newest first; its last line is what became of it. */
export function attemptsOfAudit(lines: readonly AuditLine[]): AuditedAttempt[] {
  const found = new Map<string, AuditedAttempt>()
  for (const line of lines) {
    // A root that was offered is no attempt to change settings.
    if (line.event.startsWith('config.trust.')) continue
    const begun = found.get(line.attempt)
    found.set(line.attempt, {
      attempt: line.attempt,
      trigger: line.trigger,
      source: line.source,
      actor: line.who,
      from: line.from,
      to: line.to,
      status: line.status as ReloadStatus,
      reason: line.reason,
      traceId: line.traceId,
      at: begun?.at ?? line.at,
      changedParameters: line.changedParameters,
      ...(line.approvals && { approvals: line.approvals }),
      ...(line.emergency === undefined ? {} : { emergency: line.emergency }),
    })
  }
  return [...found.values()].toReversed()
}
