/**
 * Ends the attempts that a crash cut off: each has a line in the audit log that opens it, and none that ends
 * it. They get their line, and a span that links to the trace that was torn.
 *
 * What ends an attempt is written down before the line that says so: the baseline, the quarantine, the line of
 * versions. So a process may have ended with an attempt already over, and its history is then told as it was.
 */
import type { AuditLine, QuarantineEntry, StoredVersion } from '../../contract/store.ts'
import { isReloadError } from '../../errors.ts'
import type { Core } from '../core.ts'
import { AUDIT_EVENTS, changedAttributes, type Ended, EVENTS, isFailure } from '../telling/telling.ts'
import type { Line } from './library.ts'

/** What the last process has left, as it left it. */
export interface Remains {
  readonly audit: readonly AuditLine[]
  readonly baseline: StoredVersion | null
  readonly quarantine: readonly QuarantineEntry[]
  readonly line: Line
}

/** Returns the lines that it adds, without their place in the chain. */
export async function endInterrupted(core: Core, left: Remains): Promise<readonly AuditLine[]> {
  const ended: AuditLine[] = []
  for (const line of openAttempts(left.audit)) {
    const fate = fateOf(line, left)
    const changed = fate.status === 'crashed' ? [] : await changesOf(core, line)
    ended.push(endOne(core, { ...line, changedParameters: changed }, fate))
  }
  return ended
}

interface Fate {
  readonly status: Ended
  readonly reason: string
}

const CRASHED: Fate = { status: 'crashed', reason: 'reload.crashed' }

function fateOf({ at, digest }: AuditLine, { baseline, quarantine, line }: Remains): Fate {
  if (digest === null) return CRASHED
  if (digest === baseline?.digest) return { status: 'success', reason: '' }
  // An entry that is older than the attempt is of an earlier one.
  const locked = quarantine.find((it) => it.digest === digest && Date.parse(it.since) >= Date.parse(at))
  if (locked !== undefined) return { status: 'rolled_back', reason: reasonOf(locked) }
  const place = line.findIndex((it) => it.digest === digest)
  const isPassed = place >= 0 && place < line.length - 1
  return isPassed ? { status: 'superseded', reason: 'before_confirm' } : CRASHED
}

function reasonOf({ reason }: QuarantineEntry): string {
  if (reason === 'ttl') return 'reload.ttl'
  if (reason.startsWith('analysis:')) return 'rollout.failed'
  if (reason === 'guard') return 'rollout.guard'
  if (reason === 'aborted') return 'rollout.aborted'
  return reason === 'unconfirmed' ? 'observe.unconfirmed' : 'observe.regressed'
}

/** What its manifest says that it changed; the line that opens an attempt does not know it yet. */
async function changesOf(core: Core, { to, digest }: AuditLine): Promise<readonly string[]> {
  if (to === null || digest === null) return []
  try {
    return (await core.library.read({ version: to, digest })).manifest.changedParameters ?? []
  } catch (error) {
    if (isReloadError(error)) return []
    throw error
  }
}

function endOne(core: Core, line: AuditLine, { status, reason }: Fate): AuditLine {
  const { traceId, spanId, attempt, trigger, source, who, from, to, digest, changedParameters } = line
  const span = core.telemetry.tracer.start('reload', {
    links: [{ traceId, spanId, sampled: true, remote: true }],
    attributes: {
      'reload.trigger': trigger,
      'reload.source': source,
      'reload.scope': core.scope,
      'reload.attempt.id': attempt,
      'reload.config_version': to ?? undefined,
      'reload.previous_version': from ?? undefined,
      'config.digest': digest ?? undefined,
      'reload.status': status,
      'reload.reason': reason === '' ? undefined : reason,
      'user.id': who,
      ...changedAttributes('reload.changed_parameters', changedParameters),
    },
  })
  const event = EVENTS[status]
  if (isFailure(status)) span.fail(reason)
  if (event !== null) span.event(event, { 'event.type': event, 'reload.status': status })
  span.end()
  const { previous: _previous, hash: _hash, ...opened } = line
  const at = new Date(core.clock.now()).toISOString()
  const context = { traceId: span.context.traceId, spanId: span.context.spanId }
  const ended = { ...opened, at, event: AUDIT_EVENTS[status], status, reason, ...context }
  core.audit.add(ended)
  core.telemetry.meter.add('reload.attempts', 1, { 'reload.status': status, 'reload.trigger': trigger })
  return { ...line, ...ended }
}

/** Lines that open an attempt which no later line ends. */
function openAttempts(tail: readonly AuditLine[]): readonly AuditLine[] {
  const open = new Map<string, AuditLine>()
  for (const line of tail) {
    if (line.event === 'config.reload.started') open.set(line.attempt, line)
    else if (!line.event.startsWith('config.rollout.')) open.delete(line.attempt)
  }
  return [...open.values()]
}
