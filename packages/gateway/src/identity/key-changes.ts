/**
 * Settings with a key more, a key replaced, or a key less: what `keys create`, `rotate` and `revoke` make of the tree. The
 * result is offered like any other change, so what it says is checked, traced and written back as usual.
 *
 * Here are hashes only; the key itself is made by whoever asks (`key-text.ts`) and told once.
 */
import type { Json } from '@changeover/reload'
import { GatewayError } from '../errors.ts'

export interface KeyPlace {
  readonly tenant: string
  readonly name: string
}

export interface KeyWish extends KeyPlace {
  /** `sha256:` and 64 hex digits. */
  readonly hash: string
  readonly team?: string | undefined
  /** RFC 3339. */
  readonly expires?: string | undefined
}

export interface RotationWish extends KeyWish {
  /** How long the key that is replaced goes on working. */
  readonly overlapMs: number
  /** Wall milliseconds. */
  readonly nowMs: number
}

type Fields = { readonly [name: string]: Json }

/** Throws `identity.no_such_tenant`, `identity.key_exists`. */
export function withKey(tree: Json, { tenant, name, hash, team, expires }: KeyWish): Json {
  const keys = keysOf(tree, tenant)
  if (Object.hasOwn(keys, name)) throw new GatewayError('identity.key_exists', { key: `${tenant}/${name}` })
  const key = { hash, ...(team === undefined ? {} : { team }), ...(expires === undefined ? {} : { expires }) }
  return withKeys(tree, tenant, { ...keys, [name]: key })
}

/** Everything else that is said of the key stays. Throws `identity.no_such_tenant`, `identity.no_such_key`. */
export function withRotatedKey(tree: Json, wish: RotationWish): Json {
  const { tenant, name, hash, nowMs } = wish
  const keys = keysOf(tree, tenant)
  const { previous, ...key } = keyOf(keys, wish)
  const expires = wish.expires ?? key['expires']
  if (typeof expires === 'string' && Date.parse(expires) <= nowMs)
    throw new GatewayError('control.bad_request', {
      field: 'expires',
      found: `${expires}, which is over`,
      expected: 'a later instant for the key that takes its place',
    })
  const old = [...stillValid(previous, nowMs), ...replaced(key, wish)]
  const next = {
    ...key,
    hash,
    ...(expires === undefined ? {} : { expires }),
    ...(old.length === 0 ? {} : { previous: old }),
  }
  return withKeys(tree, tenant, { ...keys, [name]: next })
}

/** Throws `identity.no_such_tenant`, `identity.no_such_key`. */
export function withoutKey(tree: Json, place: KeyPlace): Json {
  const keys = keysOf(tree, place.tenant)
  keyOf(keys, place)
  const { [place.name]: _, ...others } = keys
  return withKeys(tree, place.tenant, others)
}

/** The key that was in use, until its overlap or its own time is over, whichever comes first. */
function replaced(key: Fields, { overlapMs, nowMs }: RotationWish): readonly Fields[] {
  if (overlapMs <= 0 || typeof key['hash'] !== 'string') return []
  const own = typeof key['expires'] === 'string' ? Date.parse(key['expires']) : Number.POSITIVE_INFINITY
  const endMs = Math.min(nowMs + overlapMs, own)
  return endMs <= nowMs ? [] : [{ hash: key['hash'], expires: new Date(endMs).toISOString() }]
}

function stillValid(previous: Json | undefined, nowMs: number): readonly Fields[] {
  const all = Array.isArray(previous) ? (previous as readonly Json[]).map(fieldsOf) : []
  return all.filter((it) => typeof it['expires'] === 'string' && Date.parse(it['expires']) > nowMs)
}

function keysOf(tree: Json, tenant: string): Fields {
  const tenants = fieldsOf(fieldsOf(tree)['tenants'])
  if (!Object.hasOwn(tenants, tenant)) throw new GatewayError('identity.no_such_tenant', { tenant })
  return fieldsOf(fieldsOf(tenants[tenant])['keys'])
}

function keyOf(keys: Fields, { tenant, name }: KeyPlace): Fields {
  if (!Object.hasOwn(keys, name)) throw new GatewayError('identity.no_such_key', { key: `${tenant}/${name}` })
  return fieldsOf(keys[name])
}

function withKeys(tree: Json, tenant: string, keys: Fields): Json {
  const tenants = fieldsOf(fieldsOf(tree)['tenants'])
  return {
    ...fieldsOf(tree),
    tenants: { ...tenants, [tenant]: { ...fieldsOf(tenants[tenant]), keys } },
  }
}

function fieldsOf(value: Json | undefined): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}
