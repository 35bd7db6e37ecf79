/**
 * Reads a trust policy once: its PEM texts become keys, and a policy that could never refuse, or never
 * accept, is an error here rather than a surprise at the first payload.
 *
 * Keys are told apart by what they are, not by what they are called: two key ids with one key count
 * once, or one person could approve twice by listing a key under two names.
 */
import { createPublicKey, type KeyObject } from 'node:crypto'
import type { TrustPolicy } from '../contract/trust.ts'
import { ReloadError } from '../errors.ts'

export interface TrustedKey {
  readonly keyid: string
  readonly key: KeyObject
  /** The same for the same key, whatever it is called. */
  readonly identity: string
}

export interface Trust {
  readonly threshold: number
  /** A `Map`, so that a key id from outside cannot reach a prototype. */
  readonly keys: ReadonlyMap<string, TrustedKey>
}

const read = new WeakMap<TrustPolicy, Trust>()

/**
 * The policy, ready for use. Throws `trust.unusable` when a key is not an Ed25519 public key, or when
 * the threshold is not a whole number from 1 to the number of distinct keys.
 */
export function readTrust(policy: TrustPolicy): Trust {
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
  const trust = { threshold, keys }
  read.set(policy, trust)
  return trust
}

function readKey(keyid: string, pem: string): TrustedKey {
  // Node would derive the public key from it, and nobody would notice that the secret lies about.
  if (pem.includes('PRIVATE KEY')) throw unusableKey(keyid, 'found a private key')
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch (cause) {
    throw unusableKey(keyid, 'found something that cannot be read', cause)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw unusableKey(keyid, `found ${key.asymmetricKeyType}`)
  return { keyid, key, identity: key.export({ type: 'spki', format: 'der' }).toString('base64') }
}

function unusableKey(keyid: string, found: string, cause?: unknown): ReloadError {
  const reason = `key "${keyid}": ${found}, expected an Ed25519 public key (SPKI PEM)`
  return new ReloadError('trust.unusable', { reason }, { cause })
}
