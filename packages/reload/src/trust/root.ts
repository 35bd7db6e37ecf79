/**
 * Whose word a root is, and which root may follow it.
 *
 * A root speaks for itself: it is taken only when enough of its own root keys have signed it. It follows another
 * only when enough root keys of *that* one have signed it too, and when its number is the next one. So whoever holds
 * fewer than a threshold of root keys can neither replace the keys nor go back to those that were taken out, and an
 * instance that was away for long catches up root by root.
 *
 * An expired root may still be followed and may still be a step on the way: what it took out stays out.
 *
 * Pure: nothing here knows the time, or which root is in force (`engine/trust-in-force.ts`).
 */
import { ROOT_TYPE, type RootDocument } from '../contract/trust.ts'
import { ReloadError } from '../errors.ts'
import { digestOf } from '../format/digest.ts'
import { readSigned, verifySignatures } from '../format/envelope.ts'
import { parseInstant } from '../format/instant.ts'
import { parseJson, readUtf8 } from '../format/json.ts'
import { refusal } from '../format/refusal.ts'
import { countRole, hasRole, type Role, readKey, type Trust, type TrustedKey } from '../format/trust.ts'
import { ROOT_BYTES, readRootDocument } from './root-document.ts'

/** A root that speaks for itself, ready for use. */
export interface Root {
  readonly document: RootDocument
  readonly trust: Trust
  /** Its envelope, as it came. */
  readonly envelope: Uint8Array
  /** Key ids of its own that have signed it. */
  readonly keyids: readonly string[]
}

/** Roots in one list, at most: one rotation a month for ten years. */
const MOST_ROOTS = 128

/** Reads a signed root and holds it against itself. Throws `payload.*`, `verify.*` and `trust.*`. */
export function readRoot(envelope: Uint8Array): Root {
  const signed = readSigned(envelope, ROOT_TYPE, ROOT_BYTES)
  const { document, trust } = readRootBody(signed.body)
  const keyids = verifySignatures(signed, ROOT_TYPE, trust.keys)
  requireRoot(trust, keyids, `the keys of root ${trust.version} itself`)
  return { document, trust, envelope, keyids }
}

/** A root's bytes without its signatures: for those who are about to sign it. */
export function readRootBody(body: Uint8Array): { document: RootDocument; trust: Trust } {
  const document = readRootDocument(body)
  return { document, trust: trustOf(document, digestOf(body)) }
}

/**
 * The root that an envelope brings after the one in force, or `null` when it is that one. Throws `trust.root_version`
 * when it is not the next, `trust.root_conflict` when it is another with the same number, `trust.root_signatures`
 * when too few of the keys that must sign have.
 */
export function readNextRoot(now: Trust, envelope: Uint8Array): Root | null {
  const signed = readSigned(envelope, ROOT_TYPE, ROOT_BYTES)
  const byOld = verifySignatures(signed, ROOT_TYPE, now.keys)
  const { version } = readRootDocument(signed.body)
  if (version === now.version) {
    const digest = digestOf(signed.body)
    if (digest === now.digest) return null
    throw refusal('trust.root_conflict', { version, found: digest, known: now.digest ?? 'none' }, '/version')
  }
  if (version !== now.version + 1)
    throw refusal('trust.root_version', { found: version, expected: now.version + 1 }, '/version')
  requireRoot(now, byOld, `the keys of root ${now.version}, which is in force`)
  const next = readRoot(envelope)
  return { ...next, keyids: [...new Set([...byOld, ...next.keyids])] }
}

/** Envelopes out of one text: a signed root, or a list of them. Throws `payload.*`. */
export function splitRoots(bytes: Uint8Array): readonly Uint8Array[] {
  const what = 'the roots'
  const limit = MOST_ROOTS * ROOT_BYTES
  if (bytes.byteLength > limit) throw refusal('payload.too_large', { what, bytes: bytes.byteLength, limit })
  const json = parseJson(readUtf8(bytes, what), { what, depth: 16, count: 100_000 })
  if (!Array.isArray(json)) return [bytes]
  if (json.length === 0 || json.length > MOST_ROOTS) {
    const found = json.length === 0 ? 'an empty list' : `${json.length} roots`
    throw refusal('payload.schema', { pointer: '', found, expected: `1 to ${MOST_ROOTS} roots` }, '')
  }
  return json.map((it) => new TextEncoder().encode(JSON.stringify(it)))
}

/** The trust that a root spells out. Throws `trust.unusable` when a key is not what its key id says. */
function trustOf(document: RootDocument, digest: string): Trust {
  const keys = new Map<string, TrustedKey>()
  for (const [keyid, pem] of Object.entries(document.keys)) {
    const key = readKey(keyid, pem)
    if (key.identity !== keyid) {
      const reason = `key "${keyid}" is another key, its digest is ${key.identity}`
      throw new ReloadError('trust.unusable', { reason })
    }
    keys.set(keyid, key)
  }
  const roles = new Map<string, Role>()
  for (const [name, { keyids, threshold }] of Object.entries(document.roles))
    roles.set(name, { keyids: new Set(keyids), threshold })
  return {
    version: document.version,
    digest,
    expiresMs: parseInstant(document.expires),
    keys,
    owners: new Map(Object.entries(document.owners ?? {})),
    roles,
    approvals: document.approvals ?? {},
  }
}

function requireRoot(trust: Trust, keyids: readonly string[], whose: string): void {
  if (hasRole(trust, 'root', keyids)) return
  const [found, expected] = [countRole(trust, 'root', keyids), trust.roles.get('root')?.threshold ?? 1]
  throw refusal('trust.root_signatures', { whose, found, expected }, '/signatures')
}
