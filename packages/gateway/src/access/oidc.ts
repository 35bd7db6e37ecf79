/**
 * Tokens of identity providers: a JWT is taken when a configured issuer signed it, for us, now.
 *
 * The issuer is looked up by what the token claims before anything is verified, and only to choose whose keys to
 * verify with; whatever else the token says counts after that. How it may be signed comes from the settings and
 * never from the token, so `none` and shared keys are out. A token must expire.
 *
 * Not here: what whoever it is may do (`compile-access.ts`).
 */
import type { Clock } from '@changeover/reload'
import type { JWTPayload } from 'jose'
import type { Identity } from '../contract/access.ts'
import { GatewayError } from '../errors.ts'
import { KeySet } from '../issuers/key-set.ts'
import type { RemoteJsonOptions } from '../issuers/remote-json.ts'
import { claimAt, verifyToken } from '../issuers/verify-token.ts'
import type { CompiledAccess } from './compile-access.ts'
import type { IssuerSpec } from './spec.ts'

export interface OidcVerifier {
  /** Throws `access.token_refused`, which says no more than a stranger may know. */
  verify(token: string, access: CompiledAccess): Promise<Identity>
}

export interface OidcOptions extends RemoteJsonOptions {
  readonly clock: Clock
  /** Told why a token was refused, and why keys could not be had: for the log, not for whoever sent the token. */
  readonly refused?: (why: string, cause: unknown) => void
}

/** Claims of a person with more groups than this are not read further. */
const MOST_VALUES = 1_000
const LONGEST_NAME = 200

export function createOidcVerifier(options: OidcOptions): OidcVerifier {
  const keySets = new Map<string, KeySet>()
  const keysOf = (spec: IssuerSpec, access: CompiledAccess): KeySet => {
    const known = new Set([...access.issuers.values()].map(placeOf))
    for (const it of keySets.keys()) if (!known.has(it)) keySets.delete(it)
    const place = placeOf(spec)
    const found = keySets.get(place) ?? new KeySet(spec, options.clock, options)
    keySets.set(place, found)
    return found
  }
  return {
    async verify(token, access) {
      try {
        const { decodeJwt } = await import('jose')
        const claimed = decodeJwt(token).iss
        // Two entries may have one issuer, for two audiences; the first whose audience fits is meant.
        const candidates = [...access.issuers].filter(([, it]) => it.issuer === claimed)
        const audiences = [decodeJwt(token).aud ?? []].flat()
        const [provider, spec] = candidates.find(([, it]) => audiences.includes(it.audience)) ?? []
        if (provider === undefined || spec === undefined) throw new Error('no issuer for this audience')
        const payload = await verifyToken(token, spec, {
          keys: keysOf(spec, access).find,
          nowMs: options.clock.now(),
        })
        return access.subject(provider, nameOf(payload, spec), valuesOf(payload, spec))
      } catch (cause) {
        options.refused?.('a token of an identity provider was refused', cause)
        throw new GatewayError('access.token_refused', {}, { cause })
      }
    },
  }
}

function placeOf({ issuer, jwks }: IssuerSpec): string {
  return `${issuer} ${jwks ?? ''}`
}

function nameOf(payload: JWTPayload, { nameClaim }: IssuerSpec): string {
  const name = claimAt(payload, nameClaim)
  if (typeof name === 'string' && name !== '' && name.length <= LONGEST_NAME && !/\p{Cc}/u.test(name))
    return name
  throw new Error(`no name at "${nameClaim}"`)
}

function valuesOf(payload: JWTPayload, { rolesClaim }: IssuerSpec): readonly string[] {
  const found = claimAt(payload, rolesClaim)
  const values = Array.isArray(found) ? found.slice(0, MOST_VALUES) : [found]
  return values.filter((it): it is string => typeof it === 'string')
}
