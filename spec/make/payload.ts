/**
 * Manifests and envelopes for vectors, built with `JSON.stringify` and `node:crypto` alone: a second
 * pair of hands beside the library that the vectors test.
 */
import { createHash } from 'node:crypto'
import { testKey } from './keys.ts'

export const MANIFEST_TYPE = 'application/vnd.changeover.reload.v1+json'
export const SCOPE = 'gateway/test'
export const NOW = '2026-01-15T12:00:00Z'

export type Tree = Record<string, Record<string, unknown>>
export type Fields = Record<string, unknown>

export interface TestResource {
  readonly kind: string
  readonly name: string
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly inline?: string
  readonly uri?: string
}

export function sha256(bytes: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** A resource of exactly this text. */
export function resourceOf(
  kind: string,
  name: string,
  text: string,
  mediaType = 'application/json',
): TestResource {
  return { kind, name, mediaType, digest: sha256(text), size: Buffer.byteLength(text), inline: text }
}

/** One JSON resource for each value, in the order of the tree. */
export function resourcesOf(tree: Tree): TestResource[] {
  return Object.entries(tree).flatMap(([kind, named]) =>
    Object.entries(named).map(([name, value]) => resourceOf(kind, name, JSON.stringify(value))),
  )
}

/** A resource whose bytes are elsewhere, or already held. */
export function outside({ kind, name, mediaType, digest, size }: TestResource, uri?: string): TestResource {
  return { kind, name, mediaType, digest, size, ...(uri !== undefined && { uri }) }
}

/** The settings of version 1.1. */
export const FIRST_TREE: Tree = {
  models: { large: { provider: 'a' }, small: { provider: 'a' }, spare: { provider: 'b' } },
  routes: {
    support: {
      targets: [
        { model: 'large', weight: 90 },
        { model: 'small', weight: 10 },
      ],
    },
    search: { targets: [{ model: 'small', weight: 100 }] },
    old: { targets: [{ model: 'spare', weight: 100 }] },
  },
  limits: { all: { perMinute: 600 }, trial: { perMinute: 6 } },
  server: { main: { port: 8700 } },
}

/** The settings of version 1.2: other weights, one route less. */
export const SECOND_TREE: Tree = {
  ...FIRST_TREE,
  routes: {
    support: {
      targets: [
        { model: 'large', weight: 50 },
        { model: 'small', weight: 50 },
      ],
    },
    search: FIRST_TREE['routes']?.['search'],
  },
}

export const first: Fields = {
  apiVersion: 'reload/v1',
  kind: 'ReloadPayload',
  scope: SCOPE,
  version: { epoch: 1, seq: 1 },
  previous: null,
  issuedAt: '2026-01-15T11:00:00Z',
  idempotencyKey: 'key-of-the-first',
  author: 'user:ann',
  reason: 'the first version',
  resources: resourcesOf(FIRST_TREE),
}
export const firstBytes = Buffer.from(JSON.stringify(first))
export const firstRef = { version: '1.1', digest: sha256(firstBytes) }

/** What a good version 1.2 says, but for its resources and what they change. */
export const next: Fields = {
  ...first,
  version: { epoch: 1, seq: 2 },
  previous: firstRef,
  issuedAt: '2026-01-15T11:30:00Z',
  idempotencyKey: null,
  author: 'user:bo',
  reason: 'half of support to the small model',
}

export const second: Fields = {
  ...next,
  resources: resourcesOf(SECOND_TREE),
  removed: [{ kind: 'routes', name: 'old' }],
  changedParameters: ['/routes/old', '/routes/support/targets/0/weight', '/routes/support/targets/1/weight'],
}
export const secondBytes = Buffer.from(JSON.stringify(second))

/** What DSSE signs. */
export function preAuth(body: Uint8Array, type: string = MANIFEST_TYPE): Buffer {
  return Buffer.concat([Buffer.from(`DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `), body])
}

export interface TestSignature {
  readonly keyid: string
  readonly sig: string
}

/** `keyid` signs; `as` is the name that it gives. */
export function signatureOf(body: Uint8Array, keyid: string, as = keyid): TestSignature {
  return { keyid: as, sig: Buffer.from(testKey(keyid).sign(preAuth(body))).toString('base64') }
}

/** An envelope around a manifest (an object, a text, or bytes), signed by these keys. */
export function envelopeOf(manifest: unknown, keyids: readonly string[] = []): Buffer {
  const body = bodyOf(manifest)
  return envelopeFrom({
    payloadType: MANIFEST_TYPE,
    payload: body.toString('base64'),
    signatures: keyids.map((it) => signatureOf(body, it)),
  })
}

/** Any JSON as a file. */
export function envelopeFrom(fields: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(fields)}\n`)
}

export function bodyOf(manifest: unknown): Buffer {
  if (manifest instanceof Uint8Array) return Buffer.from(manifest)
  return Buffer.from(typeof manifest === 'string' ? manifest : JSON.stringify(manifest))
}
