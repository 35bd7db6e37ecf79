/**
 * Tenants and keys as settings say, compiled to an index by hash.
 *
 * Not here: counting (`policy/`); a limiter is asked for by who is counted and by which entry of `limits`.
 */
import type { Caller, CompiledIdentity } from '../contract/compiled.ts'
import type { Limiter } from '../contract/limiter.ts'
import { createCallerIndex, type KnownKey } from './caller-index.ts'
import type { TenantSpec } from './spec.ts'

/** The limiter for a key (`acme/ci`) by an entry of `limits`. */
export type LimiterOf = (key: string, limit: string) => Limiter

/** Without any tenant the gateway is open: who reaches the port may call. */
export function compileIdentity(
  tenants: ReadonlyMap<string, TenantSpec>,
  limiterOf: LimiterOf,
): CompiledIdentity {
  const byHash = new Map<string, KnownKey>()
  for (const [tenant, it] of tenants) {
    const allow = it.allow === undefined ? null : new Set(it.allow)
    for (const [name, settings] of Object.entries(it.keys)) {
      const key = `${tenant}/${name}`
      const limit = settings.limit ?? it.limit
      const limiter = limit === undefined ? null : limiterOf(key, limit)
      const caller: Caller = Object.freeze({ tenant, key, allow, limiter })
      const expiresMs = settings.expires === undefined ? null : Date.parse(settings.expires)
      byHash.set(settings.hash.slice('sha256:'.length), { caller, expiresMs })
    }
  }
  return createCallerIndex(byHash, tenants.size === 0)
}
