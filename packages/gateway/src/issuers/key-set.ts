/**
 * The public keys of one issuer of tokens, fetched when they are needed and kept: for whoever proves people (`access/`)
 * or callers (`identity/`).
 *
 * Issuers change their keys without notice, so a token with an unknown key is a reason to look again; and anyone can
 * send a token with an unknown key, so looking again is bounded: one request at a time, and none within half a
 * minute of the last. An issuer that cannot be reached does not lock anybody out: the keys that were known serve on
 * for a day.
 */
import type { Clock } from '@changeover/reload'
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose'
import { isAllowedFrom, type RemoteJsonOptions, readRemoteJson } from './remote-json.ts'

export const KEYS = {
  /** After so long they are fetched again, in case one was withdrawn. */
  freshMs: 10 * 60_000,
  /** Between two requests, whatever the reason. */
  againMs: 30_000,
  /** So long they count without an answer from the issuer. */
  longestMs: 24 * 3_600_000,
} as const

export interface KeySource {
  /** As tokens say it in `iss`. */
  readonly issuer: string
  /** Where the keys are; without it OpenID discovery says. */
  readonly jwks?: string | undefined
}

export interface KeySetOptions extends RemoteJsonOptions {
  /** After so long they are fetched again. Default: `KEYS.freshMs`. */
  readonly freshMs?: number
  /** Keys that are no longer fresh serve on while new ones are fetched: nobody waits for the issuer. */
  readonly refreshesBeside?: boolean
}

/** The keys cannot be had: nothing is known of the token. */
export class KeysUnreachableError extends Error {
  override readonly name = 'KeysUnreachableError'
}

export class KeySet {
  readonly #source: KeySource
  readonly #clock: Clock
  readonly #options: KeySetOptions
  #keys: JWTVerifyGetKey | null = null
  #fetchedMs = Number.NEGATIVE_INFINITY
  #triedMs = Number.NEGATIVE_INFINITY
  #fetching: Promise<void> | null = null
  #trouble: unknown = null

  constructor(source: KeySource, clock: Clock, options: KeySetOptions) {
    this.#source = source
    this.#clock = clock
    this.#options = options
  }

  /** The key for a token. Throws when there is none, or the keys cannot be had. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    const { freshMs = KEYS.freshMs, refreshesBeside = false } = this.#options
    if (this.#ageMs > freshMs) {
      const refreshed = this.#refresh(freshMs)
      if (!refreshesBeside || this.#ageMs > KEYS.longestMs) await refreshed
    }
    const keys = this.#usable()
    try {
      return await keys(header, token)
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'ERR_JWKS_NO_MATCHING_KEY') throw error
      await this.#refresh()
      return await this.#usable()(header, token)
    }
  }

  get #ageMs(): number {
    return this.#clock.monotonic() - this.#fetchedMs
  }

  #usable(): JWTVerifyGetKey {
    if (this.#keys !== null && this.#ageMs <= KEYS.longestMs) return this.#keys
    throw new KeysUnreachableError(`the keys of ${this.#source.issuer} cannot be had`, {
      cause: this.#trouble,
    })
  }

  /** Not within `againMs` of the last try, unless keys are to be younger than that anyway. */
  async #refresh(againMs: number = KEYS.againMs): Promise<void> {
    if (this.#fetching !== null) return await this.#fetching
    if (this.#clock.monotonic() - this.#triedMs < Math.min(againMs, KEYS.againMs)) return
    this.#triedMs = this.#clock.monotonic()
    this.#fetching = this.#fetch().finally(() => {
      this.#fetching = null
    })
    await this.#fetching
  }

  async #fetch(): Promise<void> {
    try {
      const found = await readRemoteJson(await this.#place(), this.#options)
      const { createLocalJWKSet } = await import('jose')
      this.#keys = createLocalJWKSet(found as JSONWebKeySet)
      this.#fetchedMs = this.#clock.monotonic()
      this.#trouble = null
    } catch (error) {
      this.#trouble = error
    }
  }

  /** Where the keys are: as the settings say, or as the issuer's own document says. */
  async #place(): Promise<string> {
    const { issuer, jwks } = this.#source
    if (jwks !== undefined) return jwks
    const place = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
    const found = (await readRemoteJson(place, this.#options)) as Readonly<Record<string, unknown>> | null
    if (found?.['issuer'] !== issuer) throw new Error(`${place} is not about ${issuer}`)
    const uri = found['jwks_uri']
    if (typeof uri !== 'string' || !(await isAllowedFrom(issuer, uri, this.#options)))
      throw new Error(`${place} names no place of keys that may be asked`)
    return uri
  }
}
