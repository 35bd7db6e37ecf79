/**
 * The swap, in one synchronous go: what leads up to it and could fail, the commit, and what follows from it and
 * does not throw. Nothing else runs in between, so nobody can take back what is not yet observed.
 */
import type { Span } from '../contract/telemetry.ts'
import { changedParameters } from '../format/diff.ts'
import type { Attempt } from './attempt.ts'
import { beginSplit, commit } from './commit.ts'
import { say } from './core.ts'
import type { Generation } from './live/generation.ts'
import type { Observer } from './observer.ts'
import type { Build } from './stages/build.ts'
import type { Conduct } from './trial/conduct.ts'

export interface Made extends Pick<Build, 'settings' | 'shadow'> {
  readonly conduct: Conduct
  readonly observer: Observer
}

interface Ready {
  readonly generation: Generation
  readonly span: Span | null
  readonly closeStage: () => void
}

/** Puts a version in service, in the place of the one in force or beside it, and answers. */
export function swap(attempt: Attempt, made: Made): void {
  const { core } = attempt
  const { conduct, observer, shadow } = made
  const { candidate } = conduct
  const { generation, span, closeStage } = readySwap(attempt, made)
  const split = conduct.opens(generation)
  const isBeside = conduct.isSplit && split !== null
  const before = isBeside ? beginSplit(core.cell, generation, split) : commit(core.cell, generation, split)
  try {
    closeStage()
    observer.begin({ attempt, candidate, generation, conduct, before })
    // Beside the version in force its parts are told once they have all of the traffic.
    if (!isBeside) shadow.committed()
    else if (before !== core.cell.current) core.cell.current?.committed()
    span?.end()
  } catch (error) {
    // It serves: whatever went wrong in telling so must not look like a failure before the commit.
    say(core.telemetry, 'error', `after the swap to ${candidate.version}`, { error })
  }
  answerApplied(attempt, conduct, { generation, before: isBeside ? core.cell.current : before })
}

function readySwap(attempt: Attempt, { conduct, settings, shadow }: Made): Ready {
  const { core } = attempt
  const { candidate } = conduct
  const closeStage = attempt.stages.begin('swap')
  const previous = core.cell.current
  const span = attempt.enter('swap', {
    'config.version': candidate.version,
    'reload.previous_version': previous?.ref.version,
  })
  span?.set(shadow.describe(previous?.snapshot.parts ?? null))
  const { traceId, spanId } = (span ?? attempt.span).context
  const since = core.clock.now()
  const generation = shadow.become(candidate, { settings, swap: { traceId, spanId }, since })
  core.generations.add(generation)
  return { generation, span, closeStage }
}

interface Swapped {
  readonly generation: Generation
  /** What the change is a change of. */
  readonly before: Generation | null
}

function answerApplied(attempt: Attempt, conduct: Conduct, { generation, before }: Swapped): void {
  const { core } = attempt
  const { manifest } = generation.facts
  const underwayMs = core.clock.now() - Date.parse(manifest.issuedAt)
  const tookSeconds = Math.max(0, underwayMs) / 1000
  core.telemetry.meter.record('reload.converge.duration', tookSeconds, undefined, attempt.span.context)
  const { settings } = generation.snapshot
  const upon = before?.snapshot.settings ?? null
  // Once more where the version in force was taken back since the settings were compared with it.
  if (attempt.changedUpon !== upon) attempt.changes(changedParameters(upon, settings), upon)
  attempt.from = before?.ref.version ?? null
  const { version, digest } = generation.ref
  if (!conduct.isSplit) {
    say(core.telemetry, 'info', `version ${version} is in force`, { span: attempt.span.context })
  }
  const { id, share } = conduct.rollout
  attempt.answer({
    outcome: 'applied',
    attempt: attempt.id,
    traceId: attempt.traceId,
    version,
    digest,
    previous: before?.ref.version ?? null,
    changedParameters: attempt.changed,
    ...(conduct.isSplit && { rollout: { id, share } }),
    settled: attempt.settled,
  })
}
