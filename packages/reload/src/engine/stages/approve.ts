/**
 * Asks whether a version may come in, where somebody has to be asked. Nothing is held meanwhile; the word has
 * to come before the payload expires.
 */
import { type ErrorCode, ReloadError } from '../../errors.ts'
import { parseInstant } from '../../format/instant.ts'
import type { Attempt } from '../attempt.ts'
import { deadline, orAborted } from '../race.ts'
import type { Candidate } from './candidate.ts'

/** Throws `approve.refused`, or `approve.expired` when nobody said anything in time. */
export async function approve(attempt: Attempt, candidate: Candidate): Promise<void> {
  const { core, origin, changed: changedParameters } = attempt
  const ask = core.approve
  if (ask === null) return
  const { manifest } = candidate
  await attempt.stage('approve', async (span) => {
    const limit = patience(manifest.expires, core.clock.now())
    const waiting = deadline(core.clock, attempt.signal, limit)
    try {
      const asking = (async () => ask({ manifest, origin, changedParameters }, waiting.signal))()
      const answer = await orAborted(asking, waiting.signal)
      if (!answer.approved) {
        const reason = answer.issue.message
        throw new ReloadError<ErrorCode>('approve.refused', { reason }, { issues: [answer.issue] })
      }
      span.set({ 'reload.approval.count': answer.by.length })
    } finally {
      waiting.done()
    }
  })
}

/** The clock is read once: a wall clock that is turned meanwhile neither hurries nor holds up anybody. */
function patience(expires: string | null, nowMs: number): { ms: number; late(): Error } {
  const untilMs = expires === null ? null : parseInstant(expires)
  const ms = untilMs === null ? FOR_EVER_MS : Math.max(0, untilMs - nowMs)
  return { ms, late: () => new ReloadError('approve.expired', { waitedMs: ms }) }
}

/** A payload that never expires may wait for a year. */
const FOR_EVER_MS = 365 * 24 * 3_600_000
