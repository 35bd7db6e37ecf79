/**
 * Leave to go on: from the rollout that is going on, from the schedule, and from whoever may freeze changes.
 *
 * Waiting is done where nothing is held, and where what was read can still be read again: an offer that stood in a
 * queue is sealed upon what serves when its turn has come.
 */
import type { Origin } from '../../contract/origin.ts'
import { ReloadError } from '../../errors.ts'
import { parseInstant } from '../../format/instant.ts'
import { refusal } from '../../format/refusal.ts'
import { compareVersions, parseVersion } from '../../format/version.ts'
import { isSplit } from '../../rollout/plan.ts'
import type { Attempt } from '../attempt.ts'
import type { Core } from '../core.ts'
import type { Generation } from '../live/generation.ts'
import type { Observer } from '../observer.ts'
import { orAborted, pause } from '../race.ts'
import { keepScheduled } from '../records/scheduled.ts'
import { type Conduct, planFor } from '../trial/conduct.ts'
import type { Trial } from '../trial/trial.ts'
import { settledAlready, verifyWindow } from './admit.ts'
import type { Candidate } from './candidate.ts'

/** Longest that a timer of Node waits; longer waits are several. */
const LONGEST_MS = 2_147_483_647

/**
 * Waits until the rollout that is going on lets a new version in. Throws `rollout.in_progress` when it lets none in.
 */
export async function wayIsFree(attempt: Attempt, observer: Observer): Promise<void> {
  for (let trial = hindrance(attempt, observer); trial !== null; trial = hindrance(attempt, observer)) {
    const { over, conduct } = trial
    if (conduct.plan.meanwhile === 'queue' && attempt.proposal !== null) {
      attempt.answerWaiting(attempt.proposal, 'rollout')
    }
    await attempt.stage('queue', () => orAborted(over.promise, attempt.signal))
  }
}

/** Waits for the time at which the version is to begin, holding nothing. */
export async function itsTime(attempt: Attempt, conduct: Conduct, observer: Observer): Promise<void> {
  const { startAt } = conduct.candidate.manifest.rollout
  const startMs = startAt == null ? null : parseInstant(startAt)
  const { clock } = attempt.core
  if (startMs === null || startMs <= clock.now()) return
  await keepScheduled(attempt, conduct.candidate)
  attempt.answerWaiting(conduct.candidate, 'schedule')
  const byHand = new AbortController()
  const signal = AbortSignal.any([attempt.signal, byHand.signal])
  await attempt.stage('schedule', async () => {
    observer.scheduled = conduct
    conduct.schedule(startMs, () => byHand.abort())
    try {
      for (let leftMs = startMs - clock.now(); leftMs > 0; leftMs = startMs - clock.now()) {
        await pause(clock, Math.min(leftMs, LONGEST_MS), signal)
      }
    } catch (error) {
      if (attempt.signal.aborted) throw error
    } finally {
      observer.scheduled = null
    }
  })
  // What it was meant for may be over by now.
  verifyWindow(conduct.candidate, clock.now())
}

/** Throws `rollout.frozen` when nothing may change now. */
export function permit(conduct: Conduct): void {
  const first = conduct.isSplit && conduct.plan.steps.length > 0 ? 0 : null
  const reason = conduct.frozen(first)
  if (reason !== null) throw new ReloadError('rollout.frozen', { reason })
}

/**
 * What was read and sealed here holds all that was in force then, and nothing of a candidate that has been promoted
 * meanwhile: it would undo that unseen. Throws `verify.conflict`.
 */
export function verifyBase({ core }: Attempt, candidate: Candidate, readUpon: Generation | null): void {
  const { current } = core.cell
  if (!candidate.isSealedHere || current === readUpon || current === null || readUpon === null) return
  const [now, then] = [current, readUpon].map((it) => parseVersion(it.ref.version))
  if (now == null || then == null || compareVersions(now, then) <= 0) return
  throw refusal('verify.conflict', { found: readUpon.ref.version, expected: current.ref.version })
}

/** The version whose end others wait for, which serves then if all goes well; `null` where nothing queues. */
export function whatQueues({ trial }: Observer): Generation | null {
  return trial?.conduct.plan.meanwhile === 'queue' ? trial.generation : null
}

/** What has to be in force when an offer comes in that is made now: the version whose end it waits for, or the one in force. */
export function baseOf(core: Core, origin: Origin, observer: Observer): Generation | null {
  return (passesBy(origin) ? null : whatQueues(observer)) ?? core.cell.current
}

/** The trial that has to be waited for, if any. */
function hindrance(attempt: Attempt, { trial }: Observer): Trial | null {
  const { core, origin, proposal } = attempt
  if (trial === null || proposal === null) return null
  const { conduct } = trial
  if (isAbove(attempt, proposal) || settledAlready(core, proposal, origin) !== null) return null
  const { meanwhile } = conduct.plan
  if (meanwhile === 'refuse') {
    throw new ReloadError('rollout.in_progress', { version: conduct.candidate.version })
  }
  if (meanwhile === 'queue') return trial
  return isUnproven(core, trial, proposal) ? trial : null
}

/**
 * The one in force has all of the traffic and is not confirmed yet, and the next would begin beside the baseline: that
 * would take the one in force away from everybody who is not in the next one's cohort.
 */
function isUnproven(core: Core, { conduct }: Trial, candidate: Candidate): boolean {
  return !conduct.rollout.isBeside && isSplit(planFor(core, candidate))
}

function isAbove({ origin }: Attempt, { manifest }: Candidate): boolean {
  return manifest.restores !== null || passesBy(origin)
}

/** Whether an offer waits for no rollout. */
function passesBy(origin: Origin): boolean {
  return origin.emergency === true || origin.manual === true
}
