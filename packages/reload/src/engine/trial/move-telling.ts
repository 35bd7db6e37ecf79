/**
 * How the moves of a rollout show outside: an audit line, an event and a span for each, under the attempt's own trace.
 *
 * A step is one span, from the share's beginning to the next; its `deployment.status` says how it went. Ends of the
 * rollout are ends of its attempt and are told there; only who aborted it has a line of its own, because the attempt's
 * line names who brought it.
 */
import type { RolloutMove, RolloutState } from '../../contract/rollout.ts'
import type { AuditLine } from '../../contract/store.ts'
import type { Span } from '../../contract/telemetry.ts'
import type { Rollout } from '../../rollout/rollout.ts'
import type { Attempt } from '../attempt.ts'
import { say } from '../core.ts'

/** States with a line in the audit log. */
const LINES: Partial<Record<RolloutState, AuditLine['event']>> = {
  scheduled: 'config.rollout.scheduled',
  running: 'config.rollout.step',
  paused: 'config.rollout.paused',
  inconclusive: 'config.rollout.inconclusive',
  baking: 'config.rollout.promoted',
  aborted: 'config.rollout.aborted',
}

/** How the step that was going on ended, by the state that ended it. */
const ENDED: Partial<Record<RolloutState, string>> = {
  running: 'succeeded',
  baking: 'succeeded',
  complete: 'succeeded',
  aborted: 'failed',
  rolled_back: 'failed',
  superseded: 'skipped',
}

export class MoveTelling {
  private readonly attempt: Attempt
  private readonly rollout: Rollout
  private span: Span | null = null
  private before: RolloutMove | null = null

  constructor(attempt: Attempt, rollout: Rollout) {
    this.attempt = attempt
    this.rollout = rollout
  }

  tell(move: RolloutMove): void {
    const { attempt, rollout, before } = this
    const isResumed = move.state === 'running' && before?.state === 'paused' && move.step === before.step
    this.before = move
    const line = isResumed ? 'config.rollout.resumed' : LINES[move.state]
    if (line !== undefined) this.write(line, move)
    if (!isResumed) this.moveSpan(move)
    const { state, step, share, reason } = move
    attempt.core.events.tell({
      at: move.at,
      attempt: attempt.id,
      state: attempt.state,
      version: attempt.candidate?.version ?? null,
      traceId: attempt.traceId,
      rollout: { id: rollout.id, state, step, share, reason },
    })
    this.log(move)
  }

  private write(event: AuditLine['event'], { step, share, state, reason, by }: RolloutMove): void {
    const { attempt, rollout } = this
    const entry = attempt.auditEntry(event, state)
    attempt.core.audit.add({
      ...entry,
      who: by ?? 'instance',
      reason: reason ?? '',
      rollout: { id: rollout.id, step, share },
    })
  }

  private moveSpan({ state, step, share, at }: RolloutMove): void {
    const ended = ENDED[state]
    if (ended === undefined) return
    this.span?.set({ 'deployment.status': ended })
    if (ended === 'failed') this.span?.fail('rollout.failed')
    this.span?.end()
    this.span = null
    if (state !== 'running' && state !== 'baking') return
    const { attempt, rollout } = this
    this.span = attempt.core.telemetry.tracer.start('reload.rollout.step', {
      parent: attempt.span.context,
      startTime: at,
      attributes: {
        'reload.rollout.id': rollout.id,
        'reload.rollout.step': step ?? rollout.plan.steps.length,
        'reload.rollout.share': share,
      },
    })
  }

  private log({ state, share, reason, by }: RolloutMove): void {
    const { attempt } = this
    const version = attempt.candidate?.version ?? ''
    const why = reason === null ? '' : ` (${reason})`
    const who = by === null ? '' : `, by ${by}`
    const message = `rollout of ${version}: ${state.replace('_', ' ')} at ${percent(share)}${why}${who}`
    const level = state === 'paused' || state === 'inconclusive' ? 'warn' : 'info'
    say(attempt.core.telemetry, level, message, { span: attempt.span.context })
  }
}

function percent(share: number): string {
  return `${Math.round(share * 10_000) / 100} %`
}
