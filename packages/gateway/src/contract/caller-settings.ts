/**
 * The part of the settings tree that is about people and callers: who may call and how much, and who may change what. The
 * rest, and how these types are held to the schemas: `settings.ts`.
 */
import type { Permission, SignatureAlgorithm } from './access.ts'

/** What tenant, team and key may each say of whoever calls. */
export interface CallerRules {
  /** Default: true. */
  readonly enabled?: boolean
  /** Routes and models that may be called; absent means all that the level above allows. */
  readonly allow?: readonly string[]
  /** Regions whose targets may answer; absent means all that the level above allows. */
  readonly regions?: readonly string[]
  /** Names of entries in `limits` and `budgets` that count this level as one. */
  readonly limits?: readonly string[]
  readonly budgets?: readonly string[]
  /** Name of an entry in `limits` that counts each key which no nearer level names one for. */
  readonly limit?: string
  /** Of each key that no nearer level gives one, 0 to 9; higher goes first where requests wait. */
  readonly priority?: number
}

export interface TenantSettings extends CallerRules {
  /** Entries of `guardrails`, beside those of the route. */
  readonly guardrails?: readonly string[]
  readonly keys?: Readonly<Record<string, KeySettings>>
  readonly teams?: Readonly<Record<string, CallerRules>>
}
export interface KeySettings extends CallerRules {
  /** `sha256:<hex>` of the key. */
  readonly hash: string
  /** Keys that this one replaced and that work until they expire. */
  readonly previous?: readonly { readonly hash: string; readonly expires: string }[]
  /** RFC 3339. */
  readonly expires?: string
  readonly team?: string
}

/** Who may call, and who may change what. */
export interface AccessSettings {
  /** Not said: known where there are tenants, anyone where there are none. */
  readonly callers?: 'known' | 'anyone'
  /** Until calls that run are cut when their key was withdrawn; 1000 by default. */
  readonly revokedWithinMs?: number | 'finish'
  readonly people?: Readonly<Record<string, PersonSettings>>
  readonly roles?: Readonly<Record<string, RoleSettings>>
  readonly oidc?: Readonly<Record<string, IssuerSettings>>
  readonly tokens?: Readonly<Record<string, CallerTokenSettings>>
  /** By class of change; `*` for each class without an entry of its own. */
  readonly approvals?: Readonly<Record<string, ApprovalSettings>>
}

export interface PersonSettings {
  readonly roles: readonly string[]
  readonly tokens?: Readonly<Record<string, TokenSettings>>
  /** Entry of `oidc`, a slash, and who that is there. */
  readonly subjects?: readonly string[]
}
/** Either `hash` or `secret`. */
export interface TokenSettings {
  /** `sha256:<hex>` of the token. */
  readonly hash?: string
  /** A secret reference. */
  readonly secret?: string
  /** RFC 3339. */
  readonly expires?: string
}
export interface RoleSettings {
  readonly may: readonly Permission[]
  readonly changes?: readonly string[]
  readonly tenants?: readonly string[]
}
export interface IssuerSettings {
  readonly issuer: string
  readonly jwks?: string
  readonly audience: string
  readonly algorithms?: readonly SignatureAlgorithm[]
  readonly clockSkewMs?: number
  readonly nameClaim?: string
  readonly rolesClaim?: string
  readonly roles?: Readonly<Record<string, readonly string[]>>
}
/** Tokens of callers, in place of keys. Either `tenant` or `tenantClaim`. */
export interface CallerTokenSettings {
  readonly issuer: string
  readonly audience: string
  readonly jwks?: string
  /** Public keys as JWK, in place of fetching them. */
  readonly keys?: readonly Readonly<Record<string, string | readonly string[]>>[]
  readonly algorithms?: readonly SignatureAlgorithm[]
  readonly clockSkewMs?: number
  readonly cacheMs?: number
  readonly nameClaim?: string
  readonly tenant?: string
  readonly tenantClaim?: string
  readonly teamClaim?: string
  readonly allowClaim?: string
}
export interface ApprovalSettings {
  readonly count?: number
  readonly roles?: readonly string[]
  readonly people?: readonly string[]
  readonly withinMs?: number
}
