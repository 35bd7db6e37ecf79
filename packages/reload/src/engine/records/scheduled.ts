/**
 * A version that waits for its time, kept over a restart: written down before anybody is told that it waits, and gone when
 * its time was used or it was given up. A process that ends, in order or not, leaves it; the next one takes it up when the
 * sources have said what they hold, because what they ask for may be newer.
 *
 * Its bytes and its number were secured before. What is kept is which version that is, who speaks for it, and who asked.
 * It is verified like any other when it is taken up: it may have expired, lost its signatures, or been overtaken. Whose
 * word was asked for is asked for again: who may give it may have changed.
 *
 * What came out of a source by itself is not taken up: the source still holds it, and offers it again, or does not.
 */
import type { Origin } from '../../contract/origin.ts'
import type { InstanceRecords } from '../../contract/store.ts'
import { refusal } from '../../format/refusal.ts'
import type { Attempt } from '../attempt.ts'
import type { Core } from '../core.ts'
import { verify } from '../stages/admit.ts'
import { type Candidate, isAutomatic } from '../stages/candidate.ts'
import { verifyProof } from '../stages/proof.ts'

export type Scheduled = InstanceRecords['scheduled']

/** Throws `store.failed`: nobody is told of a time that a restart would not know. */
export async function keepScheduled(attempt: Attempt, { version, digest, proof }: Candidate): Promise<void> {
  const { trigger, source, emergency, reason } = attempt.origin
  const { traceId, spanId } = attempt.span.context
  await attempt.core.recorder.writeScheduled({
    version,
    digest,
    ...(proof !== null && { proof }),
    trigger,
    source,
    actor: attempt.actor,
    ...(reason !== undefined && { reason }),
    ...(emergency === true && { emergency }),
    traceId,
    spanId,
  })
}

/** It has come in, or will not any more; a process that only ends gives nothing up. */
export function giveUpScheduled({ core, candidate }: Attempt, code: string | null): void {
  if (candidate === null || code === 'reload.closed') return
  if (core.recorder.scheduled?.digest === candidate.digest) core.recorder.note('scheduled', null)
}

/** Who asked for it, with the trace that was torn. */
export function originOf({ trigger, source, actor, reason, emergency, traceId, spanId }: Scheduled): Origin {
  return {
    trigger,
    source,
    actor,
    ...(reason !== undefined && { reason }),
    ...(emergency === true && { emergency }),
    trace: { traceId, spanId, sampled: true, remote: true },
  }
}

export function comesAgain(it: Scheduled): boolean {
  return isAutomatic(originOf(it))
}

/** The version, verified as if it had come now. Throws what keeps it out. */
export async function readScheduled(core: Core, it: Scheduled): Promise<Candidate> {
  const read = await core.library.read(it)
  const { previous } = read.manifest
  const base = core.cell.current?.ref
  // It says what was in force with its change in it: upon anything else it would undo what came since.
  if (base !== undefined && previous?.digest !== base.digest) {
    throw refusal('verify.conflict', { found: previous?.version ?? 'none', expected: base.version })
  }
  const candidate = { ...read, keyids: await verifyProof(core, read) }
  verify(core, candidate, core.clock.now())
  return candidate
}
