/**
 * Ends the attempts that a crash cut off: each has a line in the audit log that opens it, and none that ends
 * it. They get their line, and a span that links to the trace that was torn.
 */
import type { AuditLine } from '../../contract/store.ts'
import type { Core } from '../core.ts'

const REASON = 'reload.crashed'

/** Returns the lines that it adds, without their place in the chain. */
export function endInterrupted(core: Core, tail: readonly AuditLine[]): readonly AuditLine[] {
  return openAttempts(tail).map((line) => {
    const { traceId, spanId, attempt, trigger, source, who, from, to, digest } = line
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
        'reload.status': 'crashed',
        'reload.reason': REASON,
        'user.id': who,
      },
    })
    span.fail(REASON)
    span.event('config.reload.rolled_back', {
      'event.type': 'config.reload.rolled_back',
      'reload.status': 'crashed',
    })
    span.end()
    const { previous: _previous, hash: _hash, ...opened } = line
    const ended = {
      ...opened,
      at: new Date(core.clock.now()).toISOString(),
      event: 'config.reload.crashed',
      status: 'crashed',
      reason: REASON,
      traceId: span.context.traceId,
      spanId: span.context.spanId,
    } as const
    core.audit.add(ended)
    core.telemetry.meter.add('reload.attempts', 1, { 'reload.status': 'crashed', 'reload.trigger': trigger })
    return { ...line, ...ended }
  })
}

/** Lines that open an attempt which no later line ends. */
function openAttempts(tail: readonly AuditLine[]): readonly AuditLine[] {
  const open = new Map<string, AuditLine>()
  for (const line of tail) {
    if (line.event === 'config.reload.started') open.set(line.attempt, line)
    else open.delete(line.attempt)
  }
  return [...open.values()]
}
