/**
 * Many small tenants with a key each: a canary by tenant takes whole tenants, and five per cent of a handful is nobody.
 *
 * Of 400, fewer than four fall into five per cent once in 300,000 times.
 */
import { createHash } from 'node:crypto'
import type { Tree } from './settings-text.ts'

export interface Tenant {
  readonly name: string
  readonly key: string
}

export function makeTenants(count: number, key = 'key'): readonly Tenant[] {
  return Array.from({ length: count }, (_, i) => {
    const name = `tenant-${String(i).padStart(3, '0')}`
    return { name, key: `${key}-of-${name}` }
  })
}

/** As the settings hold a key. */
export function hashOfKey(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

/** The section `tenants`; each is counted by `limit`. */
export function tenantSettings(tenants: readonly Tenant[], limit: string): Tree {
  return Object.fromEntries(
    tenants.map(({ name, key }) => [name, { limit, keys: { app: { hash: hashOfKey(key) } } }]),
  )
}
