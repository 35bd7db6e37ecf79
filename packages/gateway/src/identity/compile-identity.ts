/**
 * Tenants and keys as settings say, compiled to an index by hash. What can be
 * said of a tenant's keys by its settings alone is worked out once: a reload that changes a route goes over a
 * thousand keys only to hold their counts.
 *
 * Not here: counting (`policy/`); a limiter is asked for by who is counted and by which entry of `limits`.
 */
import type { Caller, CompiledIdentity } from '../contract/compiled.ts'
import type { Limiter } from '../contract/limiter.ts'
import { createCallerIndex, type KnownKey } from './caller-index.ts'
import type { TenantSpec } from './spec.ts'

/** The limiter for a key (`acme/ci`) by an entry of `limits`; its count is kept as `keptAs` (`limit:acme/ci`). */
export type LimiterOf = (key: string, limit: string, keptAs: string) => Limiter

interface PreparedKey {
  /** `acme/ci`, as it is counted. */
  readonly key: string
  /** One string for all reloads: a new one would be hashed anew each time, a thousand times. */
  readonly keptAs: string
  /** 64 hex digits. */
  readonly hash: string
  readonly limit: string | null
  readonly expiresMs: number | null
  readonly priority: number | undefined
  /** As it was compiled last; a caller with the same limiter is the same. */
  last: KnownKey | null
}

interface PreparedTenant {
  readonly name: string
  readonly allow: ReadonlySet<string> | null
  readonly keys: readonly PreparedKey[]
}

/** By settings, which are frozen and the same object while they say the same. */
const preparedTenants = new WeakMap<TenantSpec, PreparedTenant>()

/** `open`: whoever reaches the port may call, and no key is looked at. */
export function compileIdentity(
  tenants: ReadonlyMap<string, TenantSpec>,
  open: boolean,
  limiterOf: LimiterOf,
): CompiledIdentity {
  const byHash = new Map<string, KnownKey>()
  for (const [name, settings] of tenants) {
    const tenant = prepare(name, settings)
    for (const it of tenant.keys) {
      const limiter = it.limit === null ? null : limiterOf(it.key, it.limit, it.keptAs)
      if (it.last === null || it.last.caller.limiter !== limiter) it.last = compileKey(tenant, it, limiter)
      byHash.set(it.hash, it.last)
    }
  }
  return createCallerIndex(byHash, open)
}

function prepare(name: string, settings: TenantSpec): PreparedTenant {
  const known = preparedTenants.get(settings)
  if (known?.name === name) return known
  const allow = settings.allow === undefined ? null : new Set(settings.allow)
  const keys = Object.entries(settings.keys).map(
    ([keyName, it]): PreparedKey => ({
      key: `${name}/${keyName}`,
      keptAs: `limit:${name}/${keyName}`,
      hash: it.hash.slice('sha256:'.length),
      limit: it.limit ?? settings.limit ?? null,
      expiresMs: it.expires === undefined ? null : Date.parse(it.expires),
      priority: it.priority ?? settings.priority,
      last: null,
    }),
  )
  const tenant = { name, allow, keys }
  preparedTenants.set(settings, tenant)
  return tenant
}

function compileKey(tenant: PreparedTenant, it: PreparedKey, limiter: Limiter | null): KnownKey {
  const { name, allow } = tenant
  const known = { tenant: name, key: it.key, allow, limiter }
  const caller: Caller = Object.freeze(
    it.priority === undefined ? known : { ...known, priority: it.priority },
  )
  return { caller, expiresMs: it.expiresMs }
}
