/**
 * What signatures have to say beyond being genuine: that the root has not expired, that a new epoch is wanted by root
 * keys, that others agree, and that all of it still holds when the version is about to serve.
 *
 * What restores an older version of our own line was let in once, with the same content: nobody has to agree to it
 * again, and an expired root does not stand in its way.
 */
import { ReloadError } from '../../errors.ts'
import { refusal } from '../../format/refusal.ts'
import { countRole, hasRole, mayPublish } from '../../format/trust.ts'
import { sayMissing } from '../../trust/approvals.ts'
import { type Approved, approvedBy } from '../../trust/signed-approvals.ts'
import type { Attempt } from '../attempt.ts'
import type { Core } from '../core.ts'
import { isExpired } from '../trust-in-force.ts'
import type { Candidate } from './candidate.ts'

/** Throws `trust.root_expired` when nothing new may come in. */
export function verifyRootAge(core: Core, candidate: Candidate, atMs: number): void {
  const { trust } = core
  if (trust === null || isRestored(candidate) || !isExpired(trust, atMs)) return
  const expires = new Date(trust.expiresMs ?? atMs).toISOString()
  throw refusal('trust.root_expired', { version: trust.version, expires })
}

/** Throws `verify.epoch` when a payload begins a new epoch and too few root keys want that. */
export function verifyEpoch(core: Core, { version, keyids }: Candidate, floor: string): void {
  const { trust } = core
  // Where no role is above the publishers, there is nobody else to ask.
  const role = trust?.roles.get('root')
  if (trust === null || role === undefined || hasRole(trust, 'root', keyids)) return
  const found = countRole(trust, 'root', keyids)
  throw refusal('verify.epoch', { version, floor, found, expected: role.threshold }, '/version/epoch')
}

/** Whether keys for emergencies have signed it: it is then treated as if whoever offers it had said so. */
export function isSignedForEmergency({ trust }: Core, { keyids }: Candidate): boolean {
  return trust !== null && hasRole(trust, 'emergency', keyids)
}

/** Throws `approve.signatures` when others have to sign what changes, and have not. */
export async function approveBySignatures(attempt: Attempt, candidate: Candidate): Promise<void> {
  const { core } = attempt
  if (core.trust === null || Object.keys(core.trust.approvals).length === 0 || isRestored(candidate)) return
  await attempt.stage('approve', (span) => {
    const { asked, missing, isEmergency } = approvalsOf(attempt, candidate) ?? NOTHING_ASKED
    const by = [...new Set(asked.flatMap((it) => it.by))]
    span.set({
      'reload.approval.count': by.length,
      'reload.approval.threshold': isEmergency ? undefined : Math.max(0, ...asked.map((it) => it.threshold)),
      'reload.approval.by': by.length === 0 ? undefined : by,
      'reload.emergency': isEmergency ? true : undefined,
    })
    if (missing.length > 0)
      throw refusal('approve.signatures', { version: candidate.version, missing: sayMissing(missing) })
    attempt.approvals = by
  })
}

/**
 * Once more, in the same go as the commit: a root that came meanwhile may have taken out a key. Throws
 * `trust.withdrawn`. The signatures themselves were verified; a key id names one key for ever.
 */
export function stillSigned(attempt: Attempt, candidate: Candidate): void {
  const { trust } = attempt.core
  if (trust === null || trust.digest === null) return
  const missing = isRestored(candidate) ? [] : (approvalsOf(attempt, candidate)?.missing ?? [])
  if (mayPublish(trust, candidate.keyids) && missing.length === 0) return
  throw new ReloadError('trust.withdrawn', { version: candidate.version, root: trust.version })
}

function approvalsOf({ core, changed }: Attempt, { manifest, keyids }: Candidate): Approved | null {
  if (core.trust === null) return null
  const { author } = manifest
  return approvedBy(core.trust, { author, keyids, changeClasses: core.changeClasses(changed) })
}

/** Its content is vouched for by the signatures of the version that first held it here. */
function isRestored({ isSealedHere, proof, digest }: Candidate): boolean {
  return isSealedHere && proof !== null && proof.digest !== digest
}

const NOTHING_ASKED: Approved = { authors: [], approvals: [], asked: [], missing: [], isEmergency: false }
