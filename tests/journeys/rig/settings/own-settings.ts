/**
 * From what a change says of its own settings to settings that can be sent: its names get its number, so that no two
 * changes share a model, a route or a tenant, and `at:two/v1` gets the address of provider `two`.
 */
import { createHash } from 'node:crypto'
import type { Tree } from '../settings-text.ts'

export interface OwnSettings {
  readonly route?: Tree
  readonly a?: Tree
  readonly b?: Tree
  readonly c?: Tree
  /** A provider of the change's own, at the address of the first one, which then serves `a`. */
  readonly provider?: Tree
  /** Whose key the change's requests carry, in a world that asks for keys. */
  readonly tenant?: Tree
  /** The limit that `l` stands for. */
  readonly limit?: Tree
  /** The cache that `k` stands for. */
  readonly cache?: Tree
  /** Further sections, as they are. */
  readonly more?: Tree
}

const OWN = ['a', 'b', 'c'] as const
export const PROVIDERS = ['one', 'two', 'three'] as const

const USUAL = { targets: [{ model: 'a' }], retries: { attempts: 1, baseMs: 1, maxMs: 5 } }

/** With the change's own names; the first time with everything that a route and its models need. */
export function settingsOf(it: OwnSettings, index: number, isFirst: boolean): Tree {
  const route = isFirst ? merge(USUAL, it.route ?? {}) : (it.route ?? {})
  const models = OWN.map((name, i) => {
    const provider = i === 0 && it.provider !== undefined ? ownProvider(index) : (PROVIDERS[i] ?? '')
    const usual: Tree = isFirst ? { provider, model: `m${index}${name}` } : {}
    return [`${name}${index}`, rename(merge(usual, it[name] ?? {}), index) as Tree] as const
  }).filter(([, own]) => Object.keys(own).length > 0)
  const own: Tree = {
    ...(models.length === 0 ? {} : { models: Object.fromEntries(models) }),
    ...(Object.keys(route).length === 0 ? {} : { routes: { [`r${index}`]: rename(route, index) as Tree } }),
  }
  const further: Tree = {
    ...(it.provider === undefined ? {} : { providers: { [ownProvider(index)]: it.provider } }),
    ...(it.tenant === undefined ? {} : { tenants: { [`t${index}`]: rename(it.tenant, index) } }),
    ...(it.cache === undefined ? {} : { cache: { [`k${index}`]: rename(it.cache, index) } }),
    ...(it.limit === undefined ? {} : { limits: { [`l${index}`]: it.limit } }),
  }
  return merge(merge(own, further), it.more ?? {})
}

/** The tenant that a change has where keys are asked for. */
export function ownTenant(index: number): Tree {
  return { tenants: { [`t${index}`]: { keys: { main: { hash: hashOf(ownKey(index)) } } } } }
}

export function ownKey(index: number): string {
  return `key-of-${index}`
}

export function hashOf(key: string): string {
  return `sha256:${createHash('sha256').update(key).digest('hex')}`
}

/** With an address wherever `at:name` begins a text. */
export function placed(tree: Tree, addresses: ReadonlyMap<string, string>): Tree {
  const place = (value: Value): Value => {
    if (typeof value === 'string') return value.replace(/^at:(\w+)/, (_, name) => addresses.get(name) ?? '')
    if (Array.isArray(value)) return (value as readonly Value[]).map(place)
    return isTree(value) ? placed(value, addresses) : value
  }
  return Object.fromEntries(Object.entries(tree).map(([name, it]) => [name, place(it)]))
}

export function ownProvider(index: number): string {
  return `p${index}`
}

type Value = Tree[string]

const NAMED: readonly string[] = [...OWN, 'k', 'l', 'r']

/** `a` becomes `a7` wherever it stands alone; so do the route `r`, the limit `l` and the cache `k`. */
function rename(value: Value, index: number): Value {
  if (typeof value === 'string') return NAMED.includes(value) ? `${value}${index}` : value
  if (Array.isArray(value)) return (value as readonly Value[]).map((it) => rename(it, index))
  if (!isTree(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, rename(it, index)]))
}

export function merge(one: Tree, other: Tree): Tree {
  const merged: Record<string, Value> = { ...one }
  for (const [name, value] of Object.entries(other)) {
    const before = merged[name]
    merged[name] = isTree(before) && isTree(value) ? merge(before, value) : value
  }
  return merged
}

/** A patch may hold `null`, which takes something out. */
function isTree(value: Value | null | undefined): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
