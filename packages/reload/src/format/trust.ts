/**
 * Whose signatures count, read once and ready for use: keys, the roles they have, and how many a role takes.
 *
 * A list of keys without more (`TrustPolicy`) is a root in which all of them are publishers and nobody may replace
 * it; a signed root (`trust/root.ts`) becomes the same `Trust`. Whoever verifies knows no other form.
 *
 * Keys are told apart by what they are, not by what they are called: two key ids with one key count
 * once, or one person could approve twice by listing a key under two names.
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import type { ApprovalPolicy, TrustPolicy } from '../contract/trust.ts'
import { ReloadError } from '../errors.ts'
import { digestOf } from './digest.ts'

export interface TrustedKey {
  readonly keyid: string
  readonly key: KeyObject
  /** Digest of the key itself: the same for the same key, whatever it is called. */
  readonly identity: string
}

/** Key ids that may do one thing together, and how many distinct keys it takes. */
export interface Role {
  readonly keyids: ReadonlySet<string>
  readonly threshold: number
}

export interface Trust {
  /** Of the root; 0 for a list of keys. */
  readonly version: number
  /** Of the root's bytes; `null` for a list of keys. */
  readonly digest: string | null
  readonly expiresMs: number | null
  /** `Map`s, so that a name from outside cannot reach a prototype. */
  readonly keys: ReadonlyMap<string, TrustedKey>
  readonly owners: ReadonlyMap<string, string>
  readonly roles: ReadonlyMap<string, Role>
  readonly approvals: ApprovalPolicy
}

const read = new WeakMap<TrustPolicy, Trust>()

/**
 * The policy, ready for use. Throws `trust.unusable` when a key is not an Ed25519 public key, or when
 * the threshold is not a whole number from 1 to the number of distinct keys.
 */
export function readTrust(policy: TrustPolicy | Trust): Trust {
  if ('roles' in policy) return policy
  const known = read.get(policy)
  if (known) return known
  const keys = new Map<string, TrustedKey>()
  for (const [keyid, pem] of Object.entries(policy.keys)) keys.set(keyid, readKey(keyid, pem))
  const distinct = new Set([...keys.values()].map((it) => it.identity)).size
  const { threshold } = policy
  if (!Number.isSafeInteger(threshold) || threshold < 1 || threshold > distinct) {
    const reason = `the threshold is ${threshold}, expected a whole number from 1 to ${distinct}, the number of distinct keys`
    throw new ReloadError('trust.unusable', { reason })
  }
  const roles = new Map([['publisher', { keyids: new Set(keys.keys()), threshold }]])
  const none = { version: 0, digest: null, expiresMs: null, owners: new Map(), approvals: {} }
  const trust = { ...none, keys, roles }
  read.set(policy, trust)
  return trust
}

/** How many distinct keys of a role are among these key ids. */
export function countRole(trust: Trust, role: string, keyids: readonly string[]): number {
  const known = trust.roles.get(role)
  if (known === undefined) return 0
  const counted = keyids.filter((it) => known.keyids.has(it))
  return new Set(counted.flatMap((it) => trust.keys.get(it)?.identity ?? [])).size
}

/** Whether enough keys of a role are among these; never for a role that there is not. */
export function hasRole(trust: Trust, role: string, keyids: readonly string[]): boolean {
  const known = trust.roles.get(role)
  return known !== undefined && countRole(trust, role, keyids) >= known.threshold
}

/** Whether these keys may bring a version: enough publishers, or enough of those for emergencies. */
export function mayPublish(trust: Trust, keyids: readonly string[]): boolean {
  return hasRole(trust, 'publisher', keyids) || hasRole(trust, 'emergency', keyids)
}

/** How many publishers it takes. */
export function publishersNeeded(trust: Trust): number {
  return trust.roles.get('publisher')?.threshold ?? 1
}

/** Reads one public key. Throws `trust.unusable` for anything but Ed25519, and for a private key. */
export function readKey(keyid: string, pem: string): TrustedKey {
  // Node would derive the public key from it, and nobody would notice that the secret lies about.
  if (pem.includes('PRIVATE KEY')) throw unusableKey(keyid, 'found a private key')
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch (cause) {
    throw unusableKey(keyid, 'found something that cannot be read', cause)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw unusableKey(keyid, `found ${key.asymmetricKeyType}`)
  return { keyid, key, identity: keyIdOf(key) }
}

/** The key id of a key, public or private: the digest of its public half (SPKI, DER). */
export function keyIdOf(key: KeyObject): string {
  const half = key.type === 'private' ? createPublicKey(key) : key
  return digestOf(half.export({ type: 'spki', format: 'der' }))
}

function unusableKey(keyid: string, found: string, cause?: unknown): ReloadError {
  const reason = `key "${keyid}": ${found}, expected an Ed25519 public key (SPKI PEM)`
  return new ReloadError('trust.unusable', { reason }, { cause })
}
