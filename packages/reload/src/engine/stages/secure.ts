/**
 * Writes down that a version has been seen, before anything is done about it: that work on it began, its
 * bytes, and the floor that it raises. From here on no older version is taken, also after a crash.
 */

import { mayPublish } from '../../format/trust.ts'
import { formatVersion, nextVersion, parseVersion } from '../../format/version.ts'
import type { Attempt } from '../attempt.ts'
import type { Core } from '../core.ts'
import type { Candidate } from './candidate.ts'
import { signOwn } from './proof.ts'

/** Throws `store.failed`; the number is used up all the same. */
export async function secure(core: Core, attempt: Attempt, candidate: Candidate): Promise<void> {
  const { version, digest, manifest, manifestBytes } = candidate
  const ref = { version, digest }
  // In one go, before anything is awaited: two candidates cannot take one number.
  core.recorder.claim(ref)
  core.library.newest = candidate
  core.library.use(attempt.id, digest)
  attempt.identify(candidate)
  const { isSealedHere } = candidate
  const key = manifest.idempotencyKey
  if (key !== null) core.idempotency.rememberVersion(key, { digest, isSealedHere })
  await attempt.stage('secure', async () => {
    await core.audit.write(attempt.auditEntry('config.reload.started', 'in_progress'))
    await core.recorder.writeBlob(`version ${version}`, digest, manifestBytes)
    await core.recorder.writeFloor(ref)
  })
}

/** Whether what was sealed here may still go in as it is: same base, and its number is the next one. */
export function isFresh(core: Core, candidate: Candidate): boolean {
  if (candidate.readUpon !== (core.cell.current?.ref.digest ?? null)) return false
  const { floor } = core.recorder
  const next = nextVersion(floor === null ? null : parseVersion(floor.version))
  return candidate.version === formatVersion(next) || candidate.digest === core.library.newest?.digest
}

/**
 * The newest version secured, when what was sealed here is the same again: after a failed attempt, or a crash,
 * the same settings are that version and not another number for it.
 */
export function asKnown(core: Core, candidate: Candidate): Candidate {
  const { newest } = core.library
  if (!candidate.isSealedHere || newest === null || newest.tree !== candidate.tree) return candidate
  const wishes = [newest, candidate].map(({ manifest: it }) =>
    JSON.stringify([
      it.restores,
      it.serveTtlMs,
      it.allowShrink,
      it.rollout,
      it.expires,
      it.notBefore,
      it.targets,
    ]),
  )
  if (wishes[0] !== wishes[1]) return candidate
  const { readUpon, places } = candidate
  return { ...newest, ...vouchedBy(core, newest, candidate), isSealedHere: true, readUpon, places }
}

/** Who spoke for a version of an earlier process may not be known any more; who speaks for the same content, now, is. */
function vouchedBy(
  core: Core,
  newest: Candidate,
  { digest, keyids, proof }: Candidate,
): Pick<Candidate, 'keyids' | 'proof'> {
  // Verified by this process, by keys that still count, or not asked for.
  if (core.trust === null || mayPublish(core.trust, newest.keyids)) return newest
  const isForContent = proof !== null && proof.digest !== digest
  return isForContent ? { keyids, proof } : signOwn(core, newest)
}
