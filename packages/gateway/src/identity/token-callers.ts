/**
 * From a token of an identity provider to the caller behind it, under one version of the settings.
 *
 * A token that was seen before costs its SHA-256 and a lookup. One that was not is looked at without any key first:
 * whatever is not of a configured issuer, for us, in its time and signed in an allowed way is refused at once, so that
 * rubbish costs no cryptography and no waiting. What such a look says is believed only where it refuses.
 *
 * Not here: verifying and remembering across versions (`token-keeper.ts`), what tenant and team may (`inherit.ts`).
 */
import { hash } from 'node:crypto'
import type { TokenClaims } from '../contract/call.ts'
import type { Caller, Found, IdentityRefusal, RecalledToken } from '../contract/compiled.ts'
import { claimAt } from '../issuers/verify-token.ts'
import type { TokenIndex } from './caller-index.ts'
import { type AllowanceOf, callerOf } from './caller-of.ts'
import { inherit, type LevelRules, wayToTeam } from './inherit.ts'
import type { TenantSpec } from './spec.ts'
import type { TokenKeeper, TokenTrouble, VerifiedToken } from './token-keeper.ts'
import type { TokenSpec, TokensSpec } from './token-spec.ts'

export interface TokenCallersInput {
  readonly tokens: TokensSpec
  readonly tenants: ReadonlyMap<string, TenantSpec>
  readonly keeper: TokenKeeper
  readonly allowanceOf: AllowanceOf
}

interface Entry {
  readonly name: string
  readonly spec: TokenSpec
  /** Who vouches: in digests, so that a token is never taken by the rules of another entry. */
  readonly vouchedBy: string
  readonly rules: string
}

interface KnownCaller {
  readonly found: Found
  /** Wall milliseconds: when to look again. */
  readonly untilMs: number
}

const refuse = (refused: IdentityRefusal['refused']): IdentityRefusal => Object.freeze({ refused })
const REFUSED = refuse('identity.token_refused')
const EXPIRED = refuse('identity.token_expired')
const NO_TENANT = refuse('identity.no_tenant')
const DISABLED = refuse('identity.disabled')
const TROUBLES: Readonly<Record<TokenTrouble, IdentityRefusal>> = {
  refused: REFUSED,
  unreachable: refuse('identity.keys_unreachable'),
  busy: refuse('identity.busy'),
}

const LONGEST_TOKEN = 16 * 1024
const LONGEST_NAME = 200
const MOST_CALLERS = 16_384
const MOST_ALLOWED = 1_000
/** Of what a token allows, in the record of each call: as with the headers that are kept there. */
const MOST_KEPT = 16
const LONGEST_KEPT = 128

export class TokenCallers implements TokenIndex {
  readonly #input: TokenCallersInput
  readonly #entries: readonly Entry[]
  readonly #callers = new Map<string, KnownCaller>()

  constructor(input: TokenCallersInput) {
    this.#input = input
    this.#entries = Object.entries(input.tokens).map(([name, spec]) => ({
      name,
      spec,
      vouchedBy: JSON.stringify([name, spec.issuer, spec.audience]),
      rules: hash(
        'sha256',
        JSON.stringify([spec.issuer, spec.audience, spec.jwks, spec.keys, spec.algorithms]),
        'base64',
      ),
    }))
  }

  find(token: string, nowMs: number): Found | Promise<Found> {
    if (token.length > LONGEST_TOKEN) return REFUSED
    const digest = hash('sha256', token, 'base64')
    const known = this.#callers.get(digest)
    if (known !== undefined && nowMs < known.untilMs) return known.found
    return this.#look(token, digest, nowMs)
  }

  claimed(token: string): { readonly tenant: string; readonly key: string } | null {
    const seen = token.length > LONGEST_TOKEN ? null : peek(token)
    const entry = seen === null ? undefined : this.#entries.find((it) => isFor(it.spec, seen))
    if (seen === null || entry === undefined) return null
    const found = this.#callerOf(entry, seen.claims)
    return 'refused' in found ? null : { tenant: found.tenant, key: found.key }
  }

  holds({ tenant, team, proof }: Caller): boolean {
    if (proof?.by !== 'token') return false
    if (!this.#entries.some((it) => it.vouchedBy === proof.vouchedBy)) return false
    const way = this.#wayOf(tenant, team?.slice(tenant.length + 1))
    return way?.every((it) => it.rules.enabled) === true
  }

  recall({ entry: name, tenant, who, claims }: RecalledToken): Found {
    const entry = this.#entries.find((it) => it.name === name)
    if (entry === undefined) return REFUSED
    const { teamClaim, allowClaim } = entry.spec
    return this.#namedBy(entry, {
      who,
      tenant: entry.spec.tenant ?? tenant,
      team: teamClaim === undefined ? undefined : (claims.team ?? undefined),
      allow: allowClaim === undefined ? undefined : claims.allow,
    })
  }

  #look(token: string, digest: string, nowMs: number): Found | Promise<Found> {
    const seen = peek(token)
    const entry = seen === null ? undefined : this.#entries.find((it) => isFor(it.spec, seen))
    if (seen === null || entry === undefined) return REFUSED
    if (seen.expiresMs + entry.spec.clockSkewMs <= nowMs) return EXPIRED
    const ruled = `${digest} ${entry.rules}`
    const known = this.#input.keeper.known(ruled, nowMs)
    if (known === 'refused') return REFUSED
    if (known !== null) return this.#remember(digest, entry, known)
    return this.#input.keeper
      .verify(token, ruled, entry.spec)
      .then((it) => (typeof it === 'string' ? TROUBLES[it] : this.#remember(digest, entry, it)))
  }

  #remember(digest: string, entry: Entry, { claims, untilMs }: VerifiedToken): Found {
    const found = this.#callerOf(entry, claims)
    if (this.#callers.size >= MOST_CALLERS) this.#callers.clear()
    this.#callers.set(digest, { found, untilMs })
    return found
  }

  #callerOf(entry: Entry, claims: object): Found {
    const { spec } = entry
    const who = plainText(claimAt(claims, spec.nameClaim))
    if (who === null) return REFUSED
    const tenant = spec.tenant ?? plainText(claimAt(claims, spec.tenantClaim ?? ''))
    const named = spec.teamClaim === undefined ? undefined : claimAt(claims, spec.teamClaim)
    const team = named === undefined ? undefined : plainText(named)
    const allow = spec.allowClaim === undefined ? undefined : listOf(claimAt(claims, spec.allowClaim))
    return this.#namedBy(entry, { who, tenant, team, allow })
  }

  /** `team`: `null` where what names it is no name. */
  #namedBy({ name: entry, vouchedBy, spec }: Entry, { who, tenant, team, allow }: Claimed): Found {
    const above = tenant === null || team === null ? null : this.#wayOf(tenant, team)
    if (tenant === null || above === null) return NO_TENANT
    const key = `${tenant}/${entry}:${who}`
    const rules = {
      enabled: true,
      limits: [],
      budgets: [],
      ...(allow === undefined ? null : { allow: [...allow] }),
    }
    const { enabled, levels, ...inherited } = inherit([...above, { kind: 'key', name: key, rules }])
    if (!enabled) return DISABLED
    const allowance = levels.length === 0 ? null : this.#input.allowanceOf(levels)
    const of = team == null ? undefined : `${tenant}/${team}`
    const claims = claimsKept(spec, team, allow)
    return callerOf({
      tenant,
      key,
      team: of,
      allowance,
      ...inherited,
      proof: { by: 'token', vouchedBy },
      claims,
    })
  }

  /** `null` where there is no such tenant or team. */
  #wayOf(tenantName: string, team: string | undefined): readonly LevelRules[] | null {
    const tenant = this.#input.tenants.get(tenantName)
    if (tenant === undefined) return null
    const way = wayToTeam(tenantName, tenant, team)
    return team !== undefined && way.length < 2 ? null : way
  }
}

/** What the claims of a verified token come to. */
interface Claimed {
  readonly who: string
  readonly tenant: string | null
  readonly team: string | null | undefined
  readonly allow: readonly string[] | undefined
}

/** For the records of its calls; `undefined` where nothing of it is read. */
function claimsKept(
  { teamClaim, allowClaim }: TokenSpec,
  team: string | null | undefined,
  allow: readonly string[] | undefined,
): TokenClaims | undefined {
  if (teamClaim === undefined && allowClaim === undefined) return undefined
  const isKept =
    allow !== undefined && allow.length <= MOST_KEPT && allow.every((it) => it.length <= LONGEST_KEPT)
  return Object.freeze({
    ...(teamClaim === undefined ? null : { team: team ?? null }),
    ...(isKept ? { allow: Object.freeze([...allow]) } : null),
  })
}

/** What a token claims of itself, before anything is known to be true. */
interface Peeked {
  readonly claims: object
  readonly algorithm: unknown
  readonly issuer: unknown
  readonly audiences: readonly unknown[]
  readonly expiresMs: number
}

/** `null` for what is no token at all, or never expires. */
function peek(token: string): Peeked | null {
  const [head = '', body = ''] = token.split('.', 2)
  const [header, claims] = [readPart(head), readPart(body)]
  const expires = claims?.['exp']
  if (header === null || claims === null || typeof expires !== 'number') return null
  return {
    claims,
    algorithm: header['alg'],
    issuer: claims['iss'],
    audiences: [claims['aud'] ?? []].flat(),
    expiresMs: expires * 1_000,
  }
}

function readPart(part: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isMap ? (value as Readonly<Record<string, unknown>>) : null
  } catch {
    return null
  }
}

function isFor(spec: TokenSpec, seen: Peeked): boolean {
  const algorithms: readonly unknown[] = spec.algorithms
  return (
    seen.issuer === spec.issuer &&
    seen.audiences.includes(spec.audience) &&
    algorithms.includes(seen.algorithm)
  )
}

/** A name as it may stand in records and spans; `null` for anything else. */
function plainText(value: unknown): string | null {
  const isName = typeof value === 'string' && value !== '' && value.length <= LONGEST_NAME
  return isName && !/\p{Cc}/u.test(value) ? value : null
}

function listOf(value: unknown): string[] {
  const all = Array.isArray(value) ? value.slice(0, MOST_ALLOWED) : [value]
  return all.filter((it): it is string => typeof it === 'string')
}
