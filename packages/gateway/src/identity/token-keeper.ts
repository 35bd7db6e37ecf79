/**
 * Tokens that were verified, and the keys that they are verified with, for all versions: a reload neither fetches keys
 * again nor verifies again what was verified.
 *
 * Nothing here holds a token: what is remembered is its SHA-256. What was verified counts until the token expires, and no
 * longer than the settings say keys are fresh, so that a key which its issuer withdraws is out of use then.
 *
 * Everybody can send tokens. So a token that was refused is remembered too; as many as are verified at a time are
 * bounded, beyond it new ones are told to come again; and keys are asked for at most twice a minute (`issuers/`). Tokens that
 * are known wait for nobody.
 */
import type { Clock } from '@changeover/reload'
import type { JWTPayload, JWTVerifyGetKey } from 'jose'
import { KeySet, KeysUnreachableError } from '../issuers/key-set.ts'
import type { RemoteJsonOptions } from '../issuers/remote-json.ts'
import { verifyToken } from '../issuers/verify-token.ts'
import type { TokenSpec } from './token-spec.ts'

export interface TokenKeeperOptions extends RemoteJsonOptions {
  readonly clock: Clock
}

/** What a token says, once it is known to be true. */
export interface VerifiedToken {
  readonly claims: JWTPayload
  /** Wall milliseconds: when the token expires, the clocks' difference included. */
  readonly expiresMs: number
  /** Wall milliseconds: when it has to be verified again. */
  readonly untilMs: number
}

export type TokenTrouble = 'refused' | 'unreachable' | 'busy'

const MOST_VERIFIED = 16_384
const MOST_REFUSED = 4_096
/** Verifying takes a tenth of a millisecond, waiting for an issuer's keys some seconds. */
const MOST_PENDING = 256

export class TokenKeeper {
  readonly #options: TokenKeeperOptions
  readonly #keySets = new Map<string, JWTVerifyGetKey>()
  readonly #verified = new Map<string, VerifiedToken>()
  readonly #refused = new Set<string>()
  readonly #pending = new Map<string, Promise<VerifiedToken | TokenTrouble>>()

  constructor(options: TokenKeeperOptions) {
    this.#options = options
  }

  /** `digest` is the token's, and of the rules that it is held against. `null` when nothing is known of it. */
  known(digest: string, nowMs: number): VerifiedToken | 'refused' | null {
    const found = this.#verified.get(digest)
    if (found !== undefined && nowMs < found.untilMs) return found
    return this.#refused.has(digest) ? 'refused' : null
  }

  /** Never rejects. The same token asked for twice at a time is verified once. */
  verify(token: string, digest: string, spec: TokenSpec): Promise<VerifiedToken | TokenTrouble> {
    const pending = this.#pending.get(digest)
    if (pending !== undefined) return pending
    if (this.#pending.size >= MOST_PENDING) return BUSY
    const verifying = this.#verify(token, digest, spec).finally(() => this.#pending.delete(digest))
    this.#pending.set(digest, verifying)
    return verifying
  }

  async #verify(token: string, digest: string, spec: TokenSpec): Promise<VerifiedToken | TokenTrouble> {
    const { clock } = this.#options
    try {
      const keys = await this.#keysOf(spec)
      const claims = await verifyToken(token, spec, { keys, nowMs: clock.now() })
      const expiresMs = (claims.exp ?? 0) * 1_000 + spec.clockSkewMs
      const verified = { claims, expiresMs, untilMs: Math.min(expiresMs, clock.now() + spec.cacheMs) }
      if (this.#verified.size >= MOST_VERIFIED) this.#verified.clear()
      this.#verified.set(digest, verified)
      return verified
    } catch (error) {
      if (error instanceof KeysUnreachableError) return 'unreachable'
      this.#noteRefused(digest, error)
      return 'refused'
    }
  }

  /** For good, unless the key may be there the next time, or the token's time may come. */
  #noteRefused(digest: string, error: unknown): void {
    const { code } = error as { readonly code?: unknown }
    if (code !== 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' && code !== 'ERR_JOSE_ALG_NOT_ALLOWED') return
    if (this.#refused.size >= MOST_REFUSED) this.#refused.clear()
    this.#refused.add(digest)
  }

  async #keysOf(spec: TokenSpec): Promise<JWTVerifyGetKey> {
    const place = JSON.stringify([spec.issuer, spec.jwks, spec.keys, spec.cacheMs])
    const found = this.#keySets.get(place)
    if (found !== undefined) return found
    const made = spec.keys === undefined ? this.#fetched(spec) : await localKeys(spec.keys)
    if (this.#keySets.size >= MOST_KEY_SETS) this.#keySets.clear()
    this.#keySets.set(place, made)
    return made
  }

  #fetched({ issuer, jwks, cacheMs }: TokenSpec): JWTVerifyGetKey {
    const options = { ...this.#options, freshMs: cacheMs, refreshesBeside: true }
    return new KeySet({ issuer, jwks }, this.#options.clock, options).find
  }
}

const BUSY = Promise.resolve('busy' as const)
/** Of settings that came and went. */
const MOST_KEY_SETS = 64

async function localKeys(keys: NonNullable<TokenSpec['keys']>): Promise<JWTVerifyGetKey> {
  const { createLocalJWKSet } = await import('jose')
  return createLocalJWKSet({ keys })
}
