/**
 * Keys for tests and vectors, derived from words that are printed here: whoever reads this file can sign
 * with them. They are not secrets, and no receiver outside a test may ever trust one.
 */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto'

export interface TestKey {
  readonly keyid: string
  /** SPKI PEM. */
  readonly publicKey: string
  sign(bytes: Uint8Array): Uint8Array
}

/** What precedes the 32 bytes of an Ed25519 seed in PKCS #8 (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A key pair that anyone can derive again from its name. */
export function testKey(keyid: string): TestKey {
  const seed = createHash('sha256').update(`changeover test key, not a secret: ${keyid}`).digest()
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
  return { keyid, publicKey, sign: (bytes) => sign(null, bytes, key) }
}
