/**
 * Someone who publishes sealed payloads from outside, with a good key, and someone who has stolen one
 * or has none. Built on the engine's own format module, whose correctness has vectors of its own.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { Signer, TrustPolicy, VersionRef } from '@changeover/reload'
import type { Tree } from './world.ts'

/** PKCS#8 prefix of an Ed25519 seed (RFC 8410); the 32 bytes that follow are the key. */
const PKCS8_ED25519 = Buffer.from('302e020100300506032b657004220420', 'hex')

function keyFromSeed(seed: number): KeyObject {
  const der = Buffer.concat([PKCS8_ED25519, Buffer.alloc(32, seed)])
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
}

function signer(keyid: string, key: KeyObject): Signer {
  return { keyid, sign: (bytes) => sign(null, bytes, key) }
}

export interface Sealing {
  readonly version: { epoch: number; seq: number }
  readonly previous: VersionRef | null
  readonly tree: Tree
  readonly issuedAt: number
  readonly scope?: string
  readonly expiresAt?: number
  readonly key: 'good' | 'bad' | 'none'
}

export interface Sealed {
  readonly bytes: Uint8Array
  readonly digest: string
  readonly version: string
}

export type FormatModules = {
  readonly seal: typeof import('../../packages/reload/src/format/seal.ts')
  readonly envelope: typeof import('../../packages/reload/src/format/envelope.ts')
  readonly manifest: typeof import('../../packages/reload/src/format/manifest.ts')
  readonly digest: typeof import('../../packages/reload/src/format/digest.ts')
}

export class Publisher {
  readonly trust: TrustPolicy
  readonly localSigner: Signer
  private readonly format: FormatModules
  private readonly good: Signer
  private readonly bad: Signer

  constructor(format: FormatModules) {
    this.format = format
    const good = keyFromSeed(1)
    const local = keyFromSeed(2)
    const pem = (key: KeyObject): string =>
      createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString()
    this.trust = { keys: { good: pem(good), local: pem(local) }, threshold: 1 }
    this.good = signer('good', good)
    this.localSigner = signer('local', local)
    this.bad = signer('good', keyFromSeed(3))
  }

  seal(it: Sealing): Sealed {
    const { manifest } = this.format.seal.sealDraft(
      { settings: it.tree },
      {
        scope: it.scope ?? 'model/one',
        version: it.version,
        previous: it.previous,
        previousResources: [],
        issuedAt: new Date(it.issuedAt).toISOString(),
        author: 'user:publisher',
        reason: 'from outside',
        idempotencyKey: null,
        trace: null,
      },
    )
    const stamped = {
      ...manifest,
      changedParameters: null,
      expires: it.expiresAt === undefined ? null : new Date(it.expiresAt).toISOString(),
    }
    const manifestBytes = this.format.manifest.writeManifest(stamped)
    const by = it.key === 'good' ? this.good : it.key === 'bad' ? this.bad : null
    return {
      bytes: this.format.envelope.encodeEnvelope(manifestBytes, by),
      digest: this.format.digest.digestOf(manifestBytes),
      version: `${it.version.epoch}.${it.version.seq}`,
    }
  }
}
