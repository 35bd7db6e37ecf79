/**
 * The resources of a version kind by kind, and what is worked out of all those of a kind together.
 *
 * A kind in which nothing changed is the same object in the next version that is sealed here. Then nobody compares, writes,
 * hashes or reads again what is in it: a version of a thousand values costs the kinds that it changes.
 */
import type { Json, Resource } from '../contract/payload.ts'
import { canonicalJson } from './canonical.ts'

export interface OfKind {
  readonly kind: string
  readonly resources: readonly Resource[]
}

/** Of lists that cannot change. */
const known = new WeakMap<readonly Resource[], readonly OfKind[]>()

/** In the order in which kinds and resources come. A list that cannot change gives the same kinds each time. */
export function kindsIn(resources: readonly Resource[]): readonly OfKind[] {
  const before = known.get(resources)
  if (before !== undefined) return before
  const grouped = new Map<string, Resource[]>()
  for (const it of resources) {
    const named = grouped.get(it.kind)
    if (named === undefined) grouped.set(it.kind, [it])
    else named.push(it)
  }
  const kinds = Array.from(grouped, ([kind, of]) => ({ kind, resources: of }))
  const isFixed = Object.isFrozen(resources) && resources.every((it) => Object.isFrozen(it))
  if (isFixed) known.set(resources, kinds)
  return kinds
}

/** All of them in one list, which gives these kinds again. Only for kinds whose resources cannot change. */
export function listOf(kinds: readonly OfKind[]): readonly Resource[] {
  const list = Object.freeze(kinds.flatMap((it) => it.resources))
  known.set(list, kinds)
  return list
}

const names = new WeakMap<OfKind, ReadonlyMap<string, Resource>>()

/** By name; of two with one name, the last. */
export function byName(of: OfKind): ReadonlyMap<string, Resource> {
  const before = names.get(of)
  if (before !== undefined) return before
  const made = new Map(of.resources.map((it) => [it.name, it]))
  names.set(of, made)
  return made
}

const texts = new WeakMap<OfKind, Uint8Array>()

/** As they stand in the list of a manifest, one after the other. Throws as `canonicalJson`. */
export function writeKind(of: OfKind): Uint8Array {
  const before = texts.get(of)
  if (before !== undefined) return before
  const text = of.resources.map((it) => canonicalJson(it as unknown as Json)).join(',')
  const bytes = new TextEncoder().encode(text)
  texts.set(of, bytes)
  return bytes
}

/** How resources of one version differ from those of the version before. */
export interface Differing {
  /** One of each kind that is there unchanged, which is all that it takes to know that the kind did not come or go. */
  readonly same: readonly Resource[]
  readonly changed: readonly { readonly is: Resource; readonly was: Resource | null }[]
  readonly gone: readonly Resource[]
}

export function compareKinds(kinds: readonly OfKind[], before: readonly OfKind[]): Differing {
  const found = { same: [] as Resource[], changed: [] as { is: Resource; was: Resource | null }[] }
  const gone: Resource[] = []
  const earlier = new Map(before.map((it) => [it.kind, it]))
  for (const of of kinds) {
    const was = earlier.get(of.kind)
    earlier.delete(of.kind)
    if (was === of) found.same.push(...of.resources.slice(0, 1))
    else gone.push(...compareNames(of, was ?? { kind: of.kind, resources: [] }, found))
  }
  for (const it of earlier.values()) gone.push(...it.resources)
  return { ...found, gone }
}

/** Returns those that are gone. */
function compareNames(
  of: OfKind,
  before: OfKind,
  found: { readonly same: Resource[]; readonly changed: { is: Resource; was: Resource | null }[] },
): readonly Resource[] {
  const earlier = byName(before)
  let [isKept, stayed] = [false, 0]
  for (const is of of.resources) {
    const was = earlier.get(is.name) ?? null
    if (was !== null) stayed += 1
    if (was !== is && (was?.digest !== is.digest || was.mediaType !== is.mediaType))
      found.changed.push({ is, was })
    else if (!isKept) {
      isKept = true
      found.same.push(is)
    }
  }
  if (stayed === of.resources.length && stayed === before.resources.length) return []
  const present = byName(of)
  return before.resources.filter((it) => !present.has(it.name))
}
