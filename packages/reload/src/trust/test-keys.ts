/** Keys and signed roots, made for tests: people with names, and the roots that they agree on. */
import { generateKeyPairSync, sign } from 'node:crypto'
import { ROOT_TYPE, type RootDocument, type Signer } from '../contract/trust.ts'
import { addSignatures, writeSigned } from '../format/envelope.ts'
import { keyIdOf } from '../format/trust.ts'
import { writeRootDocument } from './root-document.ts'

export interface TestKey {
  readonly keyid: string
  readonly pem: string
  readonly signer: Signer
}

export function testKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const keyid = keyIdOf(publicKey)
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  return { keyid, pem, signer: { keyid, sign: (bytes) => sign(null, bytes, privateKey) } }
}

/** Who has which role, in which root. Thresholds are 1 unless they are given. */
export interface RootWish {
  readonly version?: number
  readonly roles: Readonly<Record<'root' | 'publisher', readonly TestKey[]>> &
    Readonly<Record<string, readonly TestKey[]>>
  readonly thresholds?: Readonly<Record<string, number>>
  readonly approvals?: RootDocument['approvals']
  readonly owners?: Readonly<Record<string, TestKey>>
  readonly issuedAt?: string
  readonly expires?: string
}

export function rootDocument(wish: RootWish): RootDocument {
  const { version = 1, roles, thresholds = {}, approvals, owners } = wish
  const keys = Object.fromEntries(
    Object.values(roles)
      .flat()
      .map((it) => [it.keyid, it.pem]),
  )
  const named = Object.entries(roles).map(([name, members]) => [
    name,
    { keyids: members.map((it) => it.keyid), threshold: thresholds[name] ?? 1 },
  ])
  return {
    apiVersion: 'trust/v1',
    kind: 'TrustRoot',
    version,
    issuedAt: wish.issuedAt ?? '2026-11-21T08:00:00Z',
    expires: wish.expires ?? '2027-11-21T08:00:00Z',
    keys,
    ...(owners && {
      owners: Object.fromEntries(Object.entries(owners).map(([name, { keyid }]) => [keyid, name])),
    }),
    roles: Object.fromEntries(named) as RootDocument['roles'],
    ...(approvals && { approvals }),
  }
}

/** A root signed by these keys. */
export function signedRoot(wish: RootWish, ...signers: readonly TestKey[]): Uint8Array {
  return signRoot(writeRootDocument(rootDocument(wish)), ...signers)
}

/** Whatever the bytes are, signed as a root. */
export function signRoot(body: Uint8Array, ...signers: readonly TestKey[]): Uint8Array {
  const signed = addSignatures(
    { body, signatures: [] },
    ROOT_TYPE,
    signers.map((it) => it.signer),
  )
  return writeSigned(signed, ROOT_TYPE)
}
