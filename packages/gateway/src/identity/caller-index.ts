/**
 * From a bearer key to the caller behind it.
 *
 * The index knows hashes only, so the settings, the snapshot and a heap dump of an idle gateway hold no
 * key. Hashing costs some 2 µs, which is most of what a request may cost in all; so a key that was found
 * once is remembered as it was sent, in this snapshot and with a bound. Keys that are not known are
 * remembered too, in a memory of their own: otherwise whoever sends rubbish costs more than whoever pays.
 *
 * Why not a slow hash, as for passwords: keys are random, there is nothing to guess.
 *
 * Not here: what the caller may do and how often (`allow` and `allowance` are only carried along), and tokens of identity
 * providers, which have an index of their own: only what has their form and is no key is asked about there.
 */
import { hash } from 'node:crypto'
import type { Caller, CompiledIdentity, Found, IdentityRefusal, RecalledToken } from '../contract/compiled.ts'
import { isMistyped } from './key-text.ts'

export interface KnownKey {
  readonly caller: Caller
  /** Wall milliseconds; `null` when the key does not expire. */
  readonly expiresMs: number | null
  /** False where the key, its team or its tenant is switched off. */
  readonly enabled: boolean
}

/** Callers by tokens of identity providers. */
export interface TokenIndex {
  /** Never rejects. */
  find(token: string, nowMs: number): Found | Promise<Found>
  claimed(token: string): { readonly tenant: string; readonly key: string } | null
  holds(caller: Caller): boolean
  recall(it: RecalledToken): Found
}

/** Keys remembered as sent. Beyond it the memory starts anew: cheap, and the busy ones are back at once. */
const REMEMBERED = 16_384
const REMEMBERED_UNKNOWN = 1024
/** Nobody issues longer keys; longer ones are neither hashed nor remembered. */
const LONGEST_KEY = 1024

const MISSING: IdentityRefusal = Object.freeze({ refused: 'identity.missing_key' })
const UNKNOWN: IdentityRefusal = Object.freeze({ refused: 'identity.unknown_key' })
const MISTYPED: IdentityRefusal = Object.freeze({ refused: 'identity.mistyped_key' })
const EXPIRED: IdentityRefusal = Object.freeze({ refused: 'identity.expired_key' })
const DISABLED: IdentityRefusal = Object.freeze({ refused: 'identity.disabled' })

/** Who may call when no tenant is configured. */
const ANYBODY: Caller = Object.freeze({ tenant: 'anonymous', key: 'anonymous', allow: null, allowance: null })

/** `byHash` is keyed by 64 lower-case hex digits. `open` lets everybody in, with or without a key. */
export function createCallerIndex(
  byHash: ReadonlyMap<string, KnownKey>,
  open: boolean,
  tokens: TokenIndex | null = null,
): CompiledIdentity {
  return open ? { open, find: () => ANYBODY } : new CallerIndex(byHash, tokens)
}

class CallerIndex implements CompiledIdentity {
  readonly open = false
  readonly #byHash: ReadonlyMap<string, KnownKey>
  readonly #tokens: TokenIndex | null
  readonly #remembered = new Map<string, KnownKey>()
  readonly #unknown = new Set<string>()

  constructor(byHash: ReadonlyMap<string, KnownKey>, tokens: TokenIndex | null) {
    this.#byHash = byHash
    this.#tokens = tokens
  }

  find(key: string | undefined, nowMs: number): Found | Promise<Found> {
    if (key === undefined || key === '') return MISSING
    const known = this.#remembered.get(key) ?? this.#look(key)
    if (known === null) return this.#stranger(key, nowMs)
    if (known.expiresMs !== null && nowMs >= known.expiresMs) return EXPIRED
    return known.enabled ? known.caller : DISABLED
  }

  claimed(token: string): { readonly tenant: string; readonly key: string } | null {
    return this.#tokens?.claimed(token) ?? null
  }

  holds(caller: Caller, nowMs: number): boolean {
    const { proof } = caller
    if (proof === undefined) return true
    if (proof.by === 'token') return this.#tokens?.holds(caller) ?? false
    const known = this.#byHash.get(proof.hash)
    if (known === undefined || !known.enabled) return false
    const { expiresMs } = known
    return expiresMs === null || nowMs < expiresMs || expiresMs === proof.expiresMs
  }

  recall(it: RecalledToken): Found {
    return this.#tokens?.recall(it) ?? UNKNOWN
  }

  /** Of the form of a token, which three parts between dots are, or of a key that was not typed well. */
  #stranger(key: string, nowMs: number): Found | Promise<Found> {
    if (this.#tokens !== null && key.split('.', 4).length === 3) return this.#tokens.find(key, nowMs)
    return isMistyped(key) ? MISTYPED : UNKNOWN
  }

  #look(key: string): KnownKey | null {
    if (key.length > LONGEST_KEY || this.#unknown.has(key)) return null
    const known = this.#byHash.get(hash('sha256', key, 'hex'))
    if (known === undefined) {
      if (this.#unknown.size >= REMEMBERED_UNKNOWN) this.#unknown.clear()
      this.#unknown.add(key)
      return null
    }
    if (this.#remembered.size >= REMEMBERED) this.#remembered.clear()
    this.#remembered.set(key, known)
    return known
  }
}
