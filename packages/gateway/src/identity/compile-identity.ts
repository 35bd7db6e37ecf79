/**
 * Tenants, teams and keys as settings say, compiled to an index by hash. What can be said of a tenant's keys by its
 * settings alone is worked out once: a reload that changes a route goes over a thousand keys only to hold their counts.
 *
 * Not here: counting (`policy/`); an allowance is asked for by the levels that count a key.
 */
import type { Allowance } from '../contract/allowance.ts'
import type { CompiledIdentity } from '../contract/compiled.ts'
import { createCallerIndex, type KnownKey } from './caller-index.ts'
import { type AllowanceOf, callerOf } from './caller-of.ts'
import { type Inherited, inherit, wayTo } from './inherit.ts'
import type { TenantSpec } from './spec.ts'
import { TokenCallers } from './token-callers.ts'
import type { TokenKeeper } from './token-keeper.ts'
import type { TokensSpec } from './token-spec.ts'

interface PreparedKey extends Inherited {
  /** `acme/ci`, as it is counted. */
  readonly key: string
  readonly team: string | undefined
  /** 64 hex digits each: the key in use and those it has replaced. */
  readonly hashes: readonly { readonly hash: string; readonly expiresMs: number | null }[]
  /** As they were compiled last, one for each hash; a caller with the same allowance is the same. */
  last: readonly KnownKey[] | null
}

interface PreparedTenant {
  readonly name: string
  readonly keys: readonly PreparedKey[]
}

/** By settings, which are frozen and the same object while they say the same. */
const preparedTenants = new WeakMap<TenantSpec, PreparedTenant>()

export interface IdentityInput {
  readonly tenants: ReadonlyMap<string, TenantSpec>
  /** Whoever reaches the port may call, and no key is looked at. */
  readonly open: boolean
  /** Whose tokens are taken, and what is known of them; absent where none are. */
  readonly tokens?: { readonly settings: TokensSpec; readonly keeper: TokenKeeper }
}

export function compileIdentity(input: IdentityInput, allowanceOf: AllowanceOf): CompiledIdentity {
  const byHash = new Map<string, KnownKey>()
  for (const [name, settings] of input.tenants) {
    const tenant = prepare(name, settings)
    for (const it of tenant.keys) {
      const allowance = it.levels.length === 0 ? null : allowanceOf(it.levels)
      if (it.last === null || it.last[0]?.caller.allowance !== allowance)
        it.last = compileKey(name, it, allowance)
      for (const [i, { hash }] of it.hashes.entries()) {
        const known = it.last[i]
        if (known !== undefined) byHash.set(hash, known)
      }
    }
  }
  return createCallerIndex(byHash, input.open, tokenIndexOf(input, allowanceOf))
}

function tokenIndexOf({ tokens, tenants }: IdentityInput, allowanceOf: AllowanceOf): TokenCallers | null {
  if (tokens === undefined || Object.keys(tokens.settings).length === 0) return null
  return new TokenCallers({ tokens: tokens.settings, keeper: tokens.keeper, tenants, allowanceOf })
}

function prepare(name: string, settings: TenantSpec): PreparedTenant {
  const known = preparedTenants.get(settings)
  if (known?.name === name) return known
  const keys = Object.entries(settings.keys).map(([keyName, it]): PreparedKey => {
    const { enabled, allow, regions, priority, levels } = inherit(wayTo(name, settings, keyName))
    return {
      key: `${name}/${keyName}`,
      team: it.team === undefined ? undefined : `${name}/${it.team}`,
      hashes: [{ hash: digitsOf(it.hash), expiresMs: instantOf(it.expires) }].concat(
        it.previous.map((old) => ({ hash: digitsOf(old.hash), expiresMs: instantOf(old.expires) })),
      ),
      enabled,
      allow,
      regions,
      priority,
      levels,
      last: null,
    }
  })
  const tenant = { name, keys }
  preparedTenants.set(settings, tenant)
  return tenant
}

const digitsOf = (hash: string): string => hash.slice('sha256:'.length)
const instantOf = (text: string | undefined): number | null => (text === undefined ? null : Date.parse(text))

function compileKey(tenant: string, it: PreparedKey, allowance: Allowance | null): readonly KnownKey[] {
  return it.hashes.map(({ hash, expiresMs }) => {
    const proof = { by: 'key' as const, hash, expiresMs }
    return { caller: callerOf({ tenant, ...it, allowance, proof }), expiresMs, enabled: it.enabled }
  })
}
