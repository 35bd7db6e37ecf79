/**
 * Asks whether a version may come in, where somebody has to be asked. Nothing is held meanwhile; the word has
 * to come before the payload expires.
 */
import type { SettingsTree } from '../../contract/payload.ts'
import type { Issue } from '../../contract/receipt.ts'
import type { ApprovalAsked } from '../../contract/trust.ts'
import { type ErrorCode, ReloadError } from '../../errors.ts'
import { parseInstant } from '../../format/instant.ts'
import type { Attempt } from '../attempt.ts'
import { deadline, orAborted } from '../race.ts'
import type { Candidate } from './candidate.ts'

/** Throws `approve.refused`, or `approve.expired` when nobody said anything in time. */
export async function approve(attempt: Attempt, candidate: Candidate, settings: SettingsTree): Promise<void> {
  const { core } = attempt
  const ask = core.approve
  if (ask === null) return
  await attempt.stage('approve', async (span) => {
    const limit = patience(candidate.manifest.expires, core.clock.now())
    const waiting = deadline(core.clock, attempt.signal, limit)
    try {
      const asking = (async () => ask(askedBy(attempt, candidate, settings), waiting.signal))()
      const answer = await orAborted(asking, waiting.signal)
      if (!answer.approved) {
        attempt.rejectedBy = answer.by ?? null
        throw refusedBy(answer.issue)
      }
      span.set({
        'reload.approval.count': answer.by.length,
        'reload.approval.threshold': answer.threshold,
        'reload.approval.by': answer.by.length === 0 ? undefined : answer.by,
      })
      // Beside those who have agreed by their signature.
      attempt.approvals = [...new Set([...(attempt.approvals ?? []), ...answer.by])]
      attempt.objection = answer.objection ?? null
    } finally {
      waiting.done()
    }
  })
}

/** Once more before the commit: who agreed may have lost the right to since. Throws `approve.refused`. */
export function stillApproved({ objection }: Attempt): void {
  const issue = objection?.() ?? null
  if (issue !== null) throw refusedBy(issue)
}

function askedBy(attempt: Attempt, candidate: Candidate, settings: SettingsTree): ApprovalAsked {
  const { core, origin, id } = attempt
  const { manifest, digest } = candidate
  return {
    attempt: id,
    manifest,
    digest,
    origin,
    settings,
    previous: core.cell.current?.snapshot.settings ?? null,
    changedParameters: attempt.changed,
    waits: () => attempt.answerWaiting(candidate, 'approval'),
  }
}

function refusedBy(issue: Issue): ReloadError {
  return new ReloadError<ErrorCode>('approve.refused', { reason: issue.message }, { issues: [issue] })
}

/** The clock is read once: a wall clock that is turned meanwhile neither hurries nor holds up anybody. */
function patience(expires: string | null, nowMs: number): { ms: number; late(): Error } {
  const untilMs = expires === null ? null : parseInstant(expires)
  const ms = untilMs === null ? FOR_EVER_MS : Math.max(0, untilMs - nowMs)
  return { ms, late: () => new ReloadError('approve.expired', { waitedMs: ms }) }
}

/** A payload that never expires may wait for a year. */
const FOR_EVER_MS = 365 * 24 * 3_600_000
