/**
 * How an attempt shows outside: attributes of its root span, events, log records, counts, its audit line.
 *
 * Names are a contract (`docs/reference/telemetry.md`). Skipped and superseded are not errors. A value is
 * never in here, only where it stands.
 */
import type { Issue, ReloadStatus } from '../../contract/receipt.ts'
import type { AuditLine } from '../../contract/store.ts'
import type { Attributes, LogLevel } from '../../contract/telemetry.ts'
import { isReloadError, rules } from '../../errors.ts'
import type { Attempt, Ending } from '../attempt.ts'
import type { Core } from '../core.ts'

export type Ended = Exclude<ReloadStatus, 'in_progress'>

export const AUDIT_EVENTS: Readonly<Record<Ended, AuditLine['event']>> = {
  success: 'config.reload.completed',
  rejected: 'config.reload.rejected',
  skipped: 'config.reload.skipped',
  superseded: 'config.reload.superseded',
  rolled_back: 'config.reload.rolled_back',
  crashed: 'config.reload.crashed',
  expired: 'config.reload.expired',
}

/** What operators subscribe to: four names; the status says the rest. */
export const EVENTS: Readonly<Record<Ended, string | null>> = {
  success: 'config.reload.completed',
  rejected: 'config.reload.rejected',
  expired: 'config.reload.rejected',
  rolled_back: 'config.reload.rolled_back',
  crashed: 'config.reload.rolled_back',
  superseded: null,
  skipped: null,
}

const LEVELS: Readonly<Record<Ended, LogLevel>> = {
  success: 'info',
  rejected: 'warn',
  expired: 'warn',
  rolled_back: 'error',
  crashed: 'error',
  superseded: 'info',
  skipped: 'debug',
}

/** A repair that nobody asked for: one name, however it ended; the status says the rest. */
const DRIFT = 'config.drift'

const MOST_PARAMETERS = 64

/** A list of changed parameters under `name`, cut where it would flood, and then counted. */
export function changedAttributes(name: string, parameters: readonly string[]): Attributes {
  if (parameters.length <= MOST_PARAMETERS) return { [name]: parameters }
  const count = parameters.length
  return { [name]: parameters.slice(0, MOST_PARAMETERS), 'reload.changed_parameter_count': count }
}

export function isFailure(status: Ended): boolean {
  return status === 'rejected' || status === 'rolled_back' || status === 'crashed' || status === 'expired'
}

export function announceStart(core: Core, attempt: Attempt): void {
  const name = 'config.reload.started'
  const attributes = eventAttributes(core, attempt, name)
  attempt.span.event(name, attributes)
  const { logger } = core.telemetry
  if (!logger.enabled('debug', 'engine')) return
  const message = `reload asked for by ${attempt.actor}`
  logger.log({
    level: 'debug',
    room: 'engine',
    message,
    attributes,
    span: attempt.span.context,
    eventName: name,
  })
}

export function announceEnd(core: Core, attempt: Attempt, ending: Ending): void {
  const { status, reason, error } = ending
  const { span } = attempt
  span.set({
    'reload.status': status,
    'reload.reason': reason === '' ? undefined : reason,
    'reload.previous_version': attempt.from ?? undefined,
    'reload.duration_ms': Math.round(attempt.durationMs),
    'user.id': attempt.actor,
  })
  const isDrift = attempt.origin.trigger === 'drift'
  const eventName = isDrift ? DRIFT : EVENTS[status]
  const attributes = eventAttributes(core, attempt, eventName)
  if (eventName !== null) span.event(eventName, attributes)
  if (isFailure(status)) span.fail(reason, error)
  span.end()
  const entry = attempt.auditEntry(isDrift ? DRIFT : AUDIT_EVENTS[status], status)
  // What went back, or was overtaken, may have had its baseline half written.
  const isOverturned = status === 'rolled_back' || status === 'superseded'
  core.audit.add(entry, isOverturned ? () => core.recorder.told() : undefined)
  core.telemetry.meter.add('reload.attempts', 1, {
    'reload.status': status,
    'reload.trigger': attempt.origin.trigger,
  })
  logEnd(core, attempt, { ...ending, eventName, attributes })
}

function logEnd(
  core: Core,
  attempt: Attempt,
  ending: Ending & { readonly eventName: string | null; readonly attributes: Attributes },
): void {
  const { status, reason, error, eventName, attributes } = ending
  const level = levelOf(ending)
  if (!core.telemetry.logger.enabled(level, 'engine')) return
  const about = eventName === DRIFT ? ' had drifted' : ''
  const what = attempt.candidate === null ? 'an offer' : `version ${attempt.candidate.version}${about}`
  core.telemetry.logger.log({
    level,
    room: 'engine',
    message:
      reason === 'quarantined'
        ? `"${attempt.origin.source}" holds what failed here before and is not tried again by itself; change it, or offer it with force`
        : `${what}: ${status.replace('_', ' ')}${reason === '' ? '' : ` (${reason})`}`,
    attributes,
    span: attempt.span.context,
    ...(eventName !== null && { eventName }),
    ...(isWorthAStack(error) && { error }),
  })
  for (const message of linesOf(attempt.issues)) {
    core.telemetry.logger.log({ level, room: 'engine', message, span: attempt.span.context })
  }
}

function levelOf({ status, reason, eventName }: Ending & { readonly eventName: string | null }): LogLevel {
  // That something drifted at all is what has to be noticed.
  if (eventName === DRIFT && status === 'success') return 'warn'
  // Somebody has saved something, and nothing comes of it.
  if (reason === 'quarantined') return 'warn'
  // Its end was said at its beginning.
  return reason === 'reload.ttl' ? 'info' : LEVELS[status]
}

/** What the sender has to mend is told by its issues; where in our code it was noticed says nothing to anybody. */
function isWorthAStack(error: unknown): boolean {
  if (error === undefined || !isReloadError(error)) return error !== undefined
  return error.cause !== undefined || rules[error.code].blame !== 'sender'
}

const MOST_ISSUES = 10

/** `changeover.yaml:29:9  /routes/chat: found …`, one for each thing that is wrong. */
function linesOf(issues: readonly Issue[]): readonly string[] {
  const lines = issues.slice(0, MOST_ISSUES).map(({ place, message }) => {
    return place === undefined ? message : `${place.file}:${place.line}:${place.column}  ${message}`
  })
  return issues.length > MOST_ISSUES ? [...lines, `and ${issues.length - MOST_ISSUES} more`] : lines
}

/** Attributes of events and of the log records that say the same. */
function eventAttributes(core: Core, attempt: Attempt, eventType: string | null): Attributes {
  return {
    'event.type': eventType ?? undefined,
    'config.scope': core.scope,
    'config.version': core.cell.current?.ref.version,
    'reload.config_version': attempt.candidate?.version,
    'reload.attempt.id': attempt.id,
    'reload.trigger': attempt.origin.trigger,
    'reload.status': attempt.status,
    'reload.reason': attempt.reason === '' ? undefined : attempt.reason,
    ...changedAttributes('config.changed_parameters', attempt.changed),
  }
}
