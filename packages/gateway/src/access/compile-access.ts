/**
 * The settings of `access` as lookups: whose token this is, what somebody may, whose word a change needs.
 *
 * Everything is looked up in the version in force at the moment of asking; nothing about a person is kept from
 * request to request. So a role that was taken away is gone with the swap, for those who are connected too.
 *
 * Not here: proving who asks (`gate.ts`), counting approvals (`approval-desk.ts`).
 */
import { createHash } from 'node:crypto'
import type { ApprovalPolicy } from '@changeover/reload'
import type { Grant, Identity, Permission } from '../contract/access.ts'
import type { SecretValues } from '../contract/secret.ts'
import { builtInGrants } from './roles.ts'
import type { ApprovalsSpec, IssuerSpec, OidcSpec, PeopleSpec, RolesSpec } from './spec.ts'

export interface AccessSettings {
  readonly people: PeopleSpec
  readonly roles: RolesSpec
  readonly oidc: OidcSpec
  readonly approvals: ApprovalsSpec
}

export interface CompiledAccess {
  /** Whose token has this SHA-256 (64 hex digits); `null` for nobody's, `expired` for one of the past. */
  ownerOf(sha256: string, nowMs: number): Identity | 'expired' | null
  /** The identity of whom an identity provider vouches for. */
  subject(provider: string, subject: string, values: readonly string[]): Identity
  readonly issuers: ReadonlyMap<string, IssuerSpec>
  /** What an identity may now; empty for somebody who is gone. */
  grantsOf(identity: Identity): readonly Grant[]
  /** Who has a permission, for people who lack it. */
  holdersOf(permission: Permission): readonly string[]
  readonly approvals: ApprovalPolicy
  /** How long a change of these classes waits at most; `null` when nobody has to be asked. */
  patienceMs(classes: readonly string[]): number | null
}

interface KnownToken {
  readonly name: string
  readonly expiresMs: number | null
}

const ownerGrants: readonly Grant[] = [...builtInGrants.values()].filter((it) => it.role === 'owner')

/** What holds before any settings are in force, and where they say nothing: only the owner's token counts. */
export function compileAccess(settings: AccessSettings, secrets: SecretValues): CompiledAccess {
  const grants = compileGrants(settings.roles)
  const named = new Map(Object.entries(settings.people))
  const grantsOf = (roles: readonly string[]): Grant[] =>
    [...new Set(roles)].flatMap((it) => grants.get(it) ?? [])
  const rolesOf = ({ name, claimed }: Identity): readonly string[] => [
    ...(name === null ? [] : (named.get(name)?.roles ?? [])),
    ...(claimed?.values.flatMap((it) => ownValue(settings.oidc[claimed.provider]?.roles, it) ?? []) ?? []),
  ]
  return {
    ownerOf: tokenFinder(settings.people, secrets),
    subject: subjectFinder(settings.people),
    issuers: new Map(Object.entries(settings.oidc)),
    grantsOf: (identity) => (identity.by === 'owner' ? ownerGrants : grantsOf(rolesOf(identity))),
    holdersOf: (permission) => holdersOf(permission, settings, grantsOf),
    approvals: compileApprovals(settings.approvals),
    patienceMs: (classes) => patienceMs(settings.approvals, classes),
  }
}

function compileGrants(roles: RolesSpec): ReadonlyMap<string, Grant> {
  const own = Object.entries(roles).map(([role, it]): [string, Grant] => [
    role,
    Object.freeze({
      role,
      may: new Set(it.may),
      changes: setOrNull(it.changes),
      tenants: setOrNull(it.tenants),
    }),
  ])
  return new Map([...own, ...builtInGrants])
}

function setOrNull(names: readonly string[] | undefined): ReadonlySet<string> | null {
  return names === undefined ? null : new Set(names)
}

/** Tokens whose value stands elsewhere are hashed again only when a secret has changed. */
function tokenFinder(people: PeopleSpec, secrets: SecretValues): CompiledAccess['ownerOf'] {
  let generation = -1
  let byHash = new Map<string, KnownToken>()
  return (sha256, nowMs) => {
    if (generation !== secrets.generation) {
      generation = secrets.generation
      byHash = hashTokens(people, secrets)
    }
    const found = byHash.get(sha256)
    if (found === undefined) return null
    if (found.expiresMs !== null && found.expiresMs <= nowMs) return 'expired'
    return { person: `user:${found.name}`, by: 'token', name: found.name, claimed: null }
  }
}

function hashTokens(people: PeopleSpec, secrets: SecretValues): Map<string, KnownToken> {
  const byHash = new Map<string, KnownToken>()
  for (const [name, { tokens = {} }] of Object.entries(people)) {
    for (const { hash, secret, expires } of Object.values(tokens)) {
      const digits = hash === undefined ? hashOf(secrets.fill(secret ?? '')) : hash.slice('sha256:'.length)
      if (digits === null) continue
      byHash.set(digits, { name, expiresMs: expires === undefined ? null : Date.parse(expires) })
    }
  }
  return byHash
}

/** Characters of a token that a reference names. */
export const SHORTEST_TOKEN = 16

/** `null` for what is too short to be a token: an empty file must not become one that anybody can guess. */
function hashOf(token: string): string | null {
  return token.length < SHORTEST_TOKEN ? null : createHash('sha256').update(token).digest('hex')
}

function subjectFinder(people: PeopleSpec): CompiledAccess['subject'] {
  const bySubject = new Map<string, string>()
  for (const [name, { subjects = [] }] of Object.entries(people)) {
    for (const it of subjects) bySubject.set(it, name)
  }
  return (provider, subject, values) => {
    const name = bySubject.get(`${provider}/${subject}`) ?? null
    const person = name === null ? `user:${provider}/${subject}` : `user:${name}`
    return { person, by: 'oidc', name, claimed: { provider, values } }
  }
}

function holdersOf(
  permission: Permission,
  { people, oidc }: AccessSettings,
  grantsOf: (roles: readonly string[]) => readonly Grant[],
): readonly string[] {
  const has = (roles: readonly string[]): boolean => grantsOf(roles).some((it) => it.may.has(permission))
  const named = Object.entries(people).flatMap(([name, it]) => (has(it.roles) ? [`user:${name}`] : []))
  const claimed = Object.entries(oidc).flatMap(([provider, { roles }]) =>
    Object.entries(roles).flatMap(([value, it]) => (has(it) ? [`"${value}" of ${provider}`] : [])),
  )
  return [...named, ...claimed, "whoever holds the owner's token"]
}

function compileApprovals(approvals: ApprovalsSpec): ApprovalPolicy {
  return Object.fromEntries(
    Object.entries(approvals).flatMap(([changeClass, it]) =>
      it === undefined
        ? []
        : [[changeClass, { threshold: it.count, roles: [...it.roles, ...it.people.map(asRole)] }]],
    ),
  )
}

/** A person as a role of his own, so that rules need know of roles only. */
export function asRole(name: string): string {
  return `user:${name}`
}

function patienceMs(approvals: ApprovalsSpec, classes: readonly string[]): number | null {
  const found = classes.flatMap((it) => ownValue(approvals, it) ?? ownValue(approvals, '*') ?? [])
  return found.length === 0 ? null : Math.min(...found.map((it) => it.withinMs))
}

/** Names come from outside: `constructor` is one like any other. */
function ownValue<T>(map: Readonly<Record<string, T>> | undefined, name: string): T | undefined {
  return map !== undefined && Object.hasOwn(map, name) ? map[name] : undefined
}
