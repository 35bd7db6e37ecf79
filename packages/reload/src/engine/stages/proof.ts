/**
 * Whose word there is for a version, kept with it, so that it can be asked again: at the next start, and when an
 * older version is restored. Keys may have been taken back since, and whoever can write to the state directory
 * has no key.
 *
 * What is restored here is vouched for by the signatures of the version that first held it, because both hold
 * the same: `docs/decisions/2026-11-21-signatures-at-the-start.md`.
 */
import type { Manifest } from '../../contract/payload.ts'
import type { Proof } from '../../contract/store.ts'
import { isReloadError, ReloadError } from '../../errors.ts'
import { encodeEnvelope, type OpenedEnvelope, openEnvelope, verifyManifest } from '../../format/envelope.ts'
import { countRole, publishersNeeded, type Trust } from '../../format/trust.ts'
import { formatVersion } from '../../format/version.ts'
import type { Core } from '../core.ts'
import type { Candidate } from './candidate.ts'

/** The signatures that came with a version. */
export function proofOf(
  { version }: Pick<Manifest, 'version'>,
  { digest, signatures }: Pick<OpenedEnvelope, 'digest' | 'signatures'>,
): Proof | null {
  return signatures.length === 0 ? null : { version: formatVersion(version), digest, signatures }
}

/**
 * Signs what was sealed here and opens it like anybody's. Throws `verify.threshold` when that does not suffice, and
 * `trust.unsigned` when a root is in force in which this instance may publish nothing.
 */
export function signOwn(
  core: Core,
  { manifest, manifestBytes }: Pick<Candidate, 'manifest' | 'manifestBytes'>,
): Pick<Candidate, 'keyids' | 'proof'> {
  const { trust } = core
  if (trust === null) return { keyids: [], proof: null }
  const isPublisher = core.signer !== null && countRole(trust, 'publisher', [core.signer.keyid]) > 0
  if (trust.digest !== null && !isPublisher) throw new ReloadError('trust.unsigned', { root: trust.version })
  const envelope = encodeEnvelope(manifestBytes, core.signer)
  const opened = openEnvelope(envelope, { maxBytes: envelope.byteLength, trust })
  return { keyids: opened.keyids, proof: proofOf(manifest, opened) }
}

/**
 * Key ids that speak for a version by the signatures kept with it; none where nobody asks. Throws `trust.unvouched`
 * when signatures are asked for and those do not suffice.
 */
export async function verifyProof(core: Core, candidate: Candidate): Promise<readonly string[]> {
  const { trust, library } = core
  const { version, digest, tree, proof } = candidate
  if (trust === null) return []
  try {
    if (proof === null) throw tooFew(trust)
    const signed = proof.digest === digest ? candidate : await library.read(proof)
    const keyids = verifyManifest(signed.manifestBytes, proof.signatures, trust)
    if (signed.tree !== tree) throw tooFew(trust)
    return keyids
  } catch (cause) {
    if (!isReloadError(cause) || cause.code === 'trust.unusable') throw cause
    throw new ReloadError('trust.unvouched', { version }, { cause })
  }
}

/** Key ids that speak for a version; `null` where none are asked for, or too few do. */
export async function vouchersOf(core: Core, candidate: Candidate): Promise<readonly string[] | null> {
  if (core.trust === null || candidate.proof === null) return null
  try {
    return await verifyProof(core, candidate)
  } catch (error) {
    if (isReloadError(error) && error.code === 'trust.unvouched') return null
    throw error
  }
}

function tooFew(trust: Trust): ReloadError {
  return new ReloadError('verify.threshold', { found: 0, expected: publishersNeeded(trust) })
}
