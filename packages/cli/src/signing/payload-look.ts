/** A signed payload held against a root: what is found, for scripts, and the same in words. */
import {
  approvedBy,
  countRole,
  digestOf,
  MANIFEST_TYPE,
  type Manifest,
  type MissingApproval,
  mayPublish,
  readManifest,
  type Signed,
  type Trust,
  verifySignatures,
} from '@changeover/reload'
import type { Paint } from '../render/paint.ts'
import { shortKey } from './say-root.ts'

export interface Signer {
  readonly keyid: string
  readonly owner: string | null
  readonly roles: readonly string[]
}

export interface PayloadLook {
  readonly ok: boolean
  readonly kind: 'payload'
  readonly scope: string
  readonly version: string
  readonly digest: string
  readonly author: string
  readonly reason: string
  readonly issuedAt: string
  readonly notBefore: string | null
  readonly expires: string | null
  readonly changedParameters: readonly string[] | null
  readonly signers: readonly Signer[]
  readonly publishers: { readonly found: number; readonly expected: number }
  readonly missing: readonly MissingApproval[]
  readonly isEmergency: boolean
  /** Why now is not its time; `null` when it is. */
  readonly time: string | null
  /** Number of the root. */
  readonly root: number
}

/** Throws `verify.signature` when a signature by a key of the root does not fit, `payload.*` when it cannot be read. */
export async function lookAtPayload(signed: Signed, trust: Trust, nowMs: number): Promise<PayloadLook> {
  const keyids = verifySignatures(signed, MANIFEST_TYPE, trust.keys)
  const manifest = readManifest(signed.body)
  const { scope, author, reason, issuedAt, notBefore, expires, changedParameters } = manifest
  const { missing, isEmergency } = approvedBy(trust, {
    author,
    keyids,
    changeClasses: await classesOf(manifest),
  })
  const time = timeOf(manifest, nowMs)
  const expected = trust.roles.get('publisher')?.threshold ?? 1
  return {
    ok: mayPublish(trust, keyids) && missing.length === 0 && time === null,
    kind: 'payload',
    scope,
    version: `${manifest.version.epoch}.${manifest.version.seq}`,
    digest: digestOf(signed.body),
    author,
    reason,
    issuedAt,
    notBefore,
    expires,
    changedParameters,
    signers: keyids.map((it) => signerOf(trust, it)),
    publishers: { found: countRole(trust, 'publisher', keyids), expected },
    missing,
    isEmergency,
    time,
    root: trust.version,
  }
}

export function sayPayload(it: PayloadLook, paint: Paint): string[] {
  const verdict = it.ok ? paint('green', 'good') : paint('red', 'not good')
  const why = it.reason === '' ? '' : `: ${it.reason}`
  const { found, expected } = it.publishers
  const emergency = it.isEmergency ? paint('yellow', ', as an emergency') : ''
  const until = it.expires === null ? '' : `, good until ${it.expires}`
  const time = it.time === null ? '' : paint('red', `  ${it.time}`)
  return [
    `${verdict}  ${paint('bold', `${it.scope} ${it.version}`)}  by ${it.author}${why}`,
    ...it.signers.map(
      ({ owner, keyid, roles }) => `  signed    ${owner ?? shortKey(keyid)}  ${roles.join(', ')}`,
    ),
    `  publisher ${found} of ${expected}${emergency}, by root ${it.root}`,
    ...it.missing.map(
      ({ changeClass, roles, ...count }) =>
        `  missing   ${changeClass}: ${count.found} of ${count.expected} by ${roles.join(' or ')}, not counting the author`,
    ),
    `  issued    ${it.issuedAt}${until}${time}`,
    `  changes   ${(it.changedParameters ?? ['not said']).join(' ') || 'nothing'}`,
  ]
}

function signerOf(trust: Trust, keyid: string): Signer {
  const roles = [...trust.roles].flatMap(([name, it]) => (it.keyids.has(keyid) ? [name] : []))
  return { keyid, owner: trust.owners.get(keyid) ?? null, roles }
}

/** As a gateway would class it. What does not say what it changes may change anything that it holds. */
async function classesOf({ changedParameters, resources, removed }: Manifest): Promise<readonly string[]> {
  const { changeClassesOf } = await import('@changeover/gateway')
  return changeClassesOf(changedParameters ?? [...resources, ...removed].map((it) => `/${it.kind}`))
}

function timeOf({ notBefore, expires }: Manifest, nowMs: number): string | null {
  if (notBefore !== null && Date.parse(notBefore) > nowMs) return `not before ${notBefore}`
  return expires !== null && Date.parse(expires) <= nowMs ? 'expired' : null
}
