/**
 * Whether a candidate may come in at all, before any work is done on it: is it new, is it for us, is it next.
 *
 * Asked twice: when it arrives, and again when its turn has come, because the version in force may have
 * changed in between.
 */
import type { Origin } from '../../contract/origin.ts'
import type { VersionRef } from '../../contract/payload.ts'
import type { Unchanged } from '../../contract/receipt.ts'
import { parseInstant } from '../../format/instant.ts'
import { refusal } from '../../format/refusal.ts'
import { compareVersions, parseVersion } from '../../format/version.ts'
import type { Core } from '../core.ts'
import { WIDEST_JUMP } from '../limits.ts'
import type { Generation } from '../live/generation.ts'
import { type Candidate, isAutomatic } from './candidate.ts'
import { isFresh } from './secure.ts'
import { verifyEpoch, verifyRootAge } from './signed.ts'

/** Why there is nothing to do about a candidate; `null` when there is. */
export function settledAlready(core: Core, candidate: Candidate, origin: Origin): Unchanged['reason'] | null {
  const { current, baseline, candidate: trial } = core.cell
  if (isSame(candidate, current)) return 'already_applied'
  if (isSame(candidate, trial)) return 'in_progress'
  if (origin.manual === true || candidate.digest === baseline?.ref.digest) return null
  // Where the number was given here, only what it holds tells that it has been here before.
  const isKnownByTree =
    candidate.isSealedHere && candidate.manifest.restores === null && candidate.tree !== baseline?.facts.tree
  const known = { digest: candidate.digest, tree: isKnownByTree ? candidate.tree : null }
  return core.quarantine.blocks(known, isAutomatic(origin)) ? 'quarantined' : null
}

function isSame(candidate: Candidate, it: Generation | null): boolean {
  if (it === null) return false
  return candidate.isSealedHere ? candidate.tree === it.facts.tree : candidate.digest === it.ref.digest
}

/** Throws `verify.*` when a candidate is not for now, not for here, or not next. */
export function verify(core: Core, candidate: Candidate, atMs: number): void {
  verifyRootAge(core, candidate, atMs)
  verifyWindow(candidate, atMs)
  verifyAddress(core, candidate)
  // A number of ours that another has taken while it was read is no second content for it: it is given the next at its turn.
  if (!candidate.isSealedHere || isFresh(core, candidate)) verifyOrder(core, candidate)
  if (!candidate.isSealedHere) verifyPrevious(core, candidate)
  verifyKey(core, candidate)
}

/**
 * Throws `verify.conflict` when the offer was made for another version than the one in force, or than the one whose end it
 * waits for: that will be in force when its turn comes, or it is refused then.
 */
export function verifyMatch(core: Core, origin: Origin, waitsFor?: VersionRef): void {
  const { ifMatch } = origin
  const ref = core.cell.current?.ref
  if (ifMatch === undefined || [ref, waitsFor].some((it) => isNamed(it, ifMatch))) return
  throw refusal('verify.conflict', { found: ifMatch, expected: ref?.version ?? 'none' })
}

function isNamed(ref: VersionRef | null | undefined, name: string): boolean {
  return ref?.version === name || ref?.digest === name
}

/** Throws `verify.not_yet` or `verify.expired`. */
export function verifyWindow({ manifest }: Candidate, atMs: number): void {
  const { notBefore, expires } = manifest
  const [from, to] = [notBefore, expires].map((it) => (it === null ? null : parseInstant(it)))
  if (notBefore !== null && from != null && atMs < from) {
    throw refusal('verify.not_yet', { notBefore }, '/notBefore')
  }
  if (expires !== null && to != null && atMs >= to) throw refusal('verify.expired', { expires }, '/expires')
}

function verifyAddress(core: Core, { manifest }: Candidate): void {
  if (manifest.scope !== core.scope) {
    throw refusal('verify.scope', { found: manifest.scope, expected: core.scope }, '/scope')
  }
  const instances = manifest.targets?.instances
  if (instances !== undefined && !instances.includes(core.instance)) {
    throw refusal('verify.target', { instance: core.instance }, '/targets/instances')
  }
}

/** Above the floor, or the floor itself again; not too far above; and one version has one digest. */
function verifyOrder(core: Core, candidate: Candidate): void {
  const { version, digest, manifest } = candidate
  const { floor } = core.recorder
  const known = core.library.digestOf(version) ?? (floor?.version === version ? floor.digest : null)
  if (known !== null && known !== digest) {
    throw refusal('verify.equivocation', { version, found: digest, known }, '/version')
  }
  const lowest = floor === null ? null : parseVersion(floor.version)
  if (floor !== null && lowest !== null && compareVersions(manifest.version, lowest) < 0) {
    throw refusal('verify.below_floor', { version, floor: floor.version }, '/version')
  }
  if (floor !== null && lowest !== null && manifest.version.epoch > lowest.epoch)
    verifyEpoch(core, candidate, floor.version)
  // Where nothing has been seen yet, the line is taken to be at its beginning.
  const { epoch, seq } = lowest ?? { epoch: manifest.version.epoch, seq: 0 }
  const ahead = manifest.version.epoch === epoch ? manifest.version.seq - seq : manifest.version.seq
  if (ahead > WIDEST_JUMP || manifest.version.epoch - epoch > WIDEST_JUMP) {
    const from = floor?.version ?? `${epoch}.0`
    throw refusal('verify.jump', { version, floor: from, limit: WIDEST_JUMP }, '/version')
  }
}

/** Builds on a version that is known here, or is vouched for by keys. */
function verifyPrevious(core: Core, { version, manifest }: Candidate): void {
  const { previous } = manifest
  // Where nothing is in force, nothing can be overlooked.
  const expected = core.cell.current?.ref ?? null
  if (previous === null) {
    if (expected === null || core.trust !== null) return
    throw refusal('verify.previous', { version, found: 'nothing', expected: name(expected) }, '/previous')
  }
  const known = core.library.digestOf(previous.version)
  const isKnown = core.library.knows(previous) || isRef(core.recorder.floor, previous)
  if (isKnown || (known === null && (core.trust !== null || expected === null))) return
  const found = name(previous)
  const details = {
    version,
    found,
    expected: known === null ? name(expected) : `${previous.version} (${known})`,
  }
  throw refusal('verify.previous', details, known === null ? '/previous' : '/previous/digest')
}

function verifyKey(core: Core, { manifest, digest, isSealedHere }: Candidate): void {
  const key = manifest.idempotencyKey
  const known = key === null ? undefined : core.idempotency.versionOf(key)
  if (key === null || known === undefined || known.digest === digest) return
  // Two seals of one draft differ; whether the drafts do has been asked by their own digests.
  if (isSealedHere && known.isSealedHere) return
  throw refusal('verify.idempotency', { key }, '/idempotencyKey')
}

function isRef(a: VersionRef | null, b: VersionRef): boolean {
  return a?.version === b.version && a.digest === b.digest
}

function name(ref: VersionRef | null): string {
  return ref === null ? 'nothing' : `${ref.version} (${ref.digest})`
}
