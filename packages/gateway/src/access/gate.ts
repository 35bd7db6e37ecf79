/**
 * Who asks, from the `Authorization` header: the owner's token, a named token, or a token of an identity provider.
 *
 * Tokens are compared by their SHA-256: what is compared in varying time is then a hash that the sender cannot
 * steer, and nothing here holds a token. The owner's token is looked at first and needs no settings, so nobody can
 * be locked out by a change of settings.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '@changeover/reload'
import { type Identify, type Identity, OWNER } from '../contract/access.ts'
import { GatewayError } from '../errors.ts'
import type { CompiledAccess } from './compile-access.ts'
import type { OidcVerifier } from './oidc.ts'

export interface GateOptions {
  readonly ownerToken: string
  readonly clock: Clock
  readonly oidc: OidcVerifier
  /** Of the version in force; `null` while there is none. */
  access(): CompiledAccess | null
}

/** Longer than any token that an identity provider makes for a person. */
const LONGEST = 16 * 1024

/** The returned function throws `control.unauthorised`, `access.token_expired` or `access.token_refused`. */
export function createGate({ ownerToken, clock, oidc, access }: GateOptions): Identify {
  const owner = sha256(ownerToken)
  return async (authorization): Promise<Identity> => {
    const sent = /^Bearer +(\S+) *$/i.exec(authorization ?? '')?.[1]
    if (sent === undefined || sent.length > LONGEST) throw new GatewayError('control.unauthorised', {})
    const digest = sha256(sent)
    if (digest === owner) return OWNER
    const known = access()
    const found = known?.ownerOf(digest, clock.now()) ?? null
    if (found === 'expired') throw new GatewayError('access.token_expired', {})
    if (found !== null) return found
    // Three parts between dots: nothing else is worth asking an issuer's keys about.
    if (known === null || known.issuers.size === 0 || sent.split('.').length !== 3)
      throw new GatewayError('control.unauthorised', {})
    return await oidc.verify(sent, known)
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
