/**
 * Keys of recorded calls, without the keys: a record names a key, settings know its hash, and nobody has the key.
 *
 * So for a replay each hash is taken for a key, and its own hash is put in its place: then the gateway's own index of
 * callers can be asked with what the running version says stands behind the name. A key that was renamed or moved to
 * another tenant is found again, one whose hash was replaced is not, as it will be when the change is in force.
 */
import { hash } from 'node:crypto'
import type { Json, SettingsTree } from '@changeover/reload'

/** The tree with hashes that `keysOf` gives the keys for. Everything else is the same object. */
export function withReplayKeys(tree: SettingsTree): SettingsTree {
  const { tenants } = tree
  if (tenants === undefined) return tree
  const replaced = Object.entries(tenants).map(([name, tenant]) => [name, withKeys(tenant)] as const)
  return { ...tree, tenants: Object.fromEntries(replaced) }
}

/** What to ask an index over `withReplayKeys(tree)` with, by `tenant/key`. */
export function keysOf(tree: SettingsTree): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [name, tenant] of Object.entries(tree.tenants ?? {})) {
    for (const [key, entry] of Object.entries(partOf(tenant, 'keys'))) {
      const value = partOf(entry)['hash']
      if (typeof value === 'string') found.set(`${name}/${key}`, value)
    }
  }
  return found
}

function withKeys(tenant: Json): Json {
  const keys = Object.entries(partOf(tenant, 'keys')).map(([name, entry]) => {
    const value = partOf(entry)['hash']
    if (typeof value !== 'string') return [name, entry] as const
    const previous = partOf(entry)['previous']
    const old = Array.isArray(previous) ? { previous: previous.map(rehashed) } : {}
    return [name, { ...partOf(entry), ...rehashed({ hash: value }), ...old }] as const
  })
  return { ...partOf(tenant), keys: Object.fromEntries(keys) }
}

/** A key that replaced another keeps its calls: they are found under either. */
function rehashed(entry: Json): Fields {
  const value = partOf(entry)['hash']
  return typeof value === 'string'
    ? { ...partOf(entry), hash: `sha256:${hash('sha256', value, 'hex')}` }
    : partOf(entry)
}

type Fields = { readonly [name: string]: Json }

function partOf(value: Json | undefined, name?: string): Fields {
  const fields = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
  return name === undefined ? fields : partOf(fields[name])
}
