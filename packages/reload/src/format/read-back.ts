/**
 * Reads a manifest that was written here, as anybody will read its bytes, and what it says is the same.
 *
 * Resources are most of it, and most of them stood in the version before as the same frozen objects: those that
 * were read back once are not read again. Only the rest of the manifest is, with the resources that are new.
 * When anything is wrong the whole is read, so that the error is the one that a receiver would see.
 *
 * Not here: manifests from outside. They are new objects each time, and read whole.
 */
import type { Manifest, Resource, ResourceName } from '../contract/payload.ts'
import { isReloadError } from '../errors.ts'
import { type FormatLimits, MOST_VALUES } from './defaults.ts'
import { isDeeplyFrozen } from './freeze.ts'
import { readManifest, resourceKey, writeManifestOf } from './manifest.ts'
import { byName, kindsIn, type OfKind } from './of-kind.ts'

/** What passed under some limits. */
interface Passed {
  readonly resources: WeakSet<Resource>
  /** Of which all have, beside each other. */
  readonly kinds: WeakSet<OfKind>
}

const passed = new WeakMap<FormatLimits, Passed>()

/** `bytes` are what `built` was written to. Frozen, like what `readManifest` gives; throws what that throws. */
export function readBack(built: Manifest, bytes: Uint8Array, limits: FormatLimits): Manifest {
  const known = passed.get(limits) ?? { resources: new WeakSet(), kinds: new WeakSet() }
  passed.set(limits, known)
  const unknown = kindsIn(built.resources).filter((it) => !known.kinds.has(it))
  const fresh = unknown.flatMap((of) => of.resources.filter((it) => !known.resources.has(it)))
  const manifest = readShort(built, { unknown, fresh }, limits) ?? readManifest(bytes, limits)
  for (const it of fresh) if (isDeeplyFrozen(it)) known.resources.add(it)
  for (const of of unknown) if (of.resources.every((it) => known.resources.has(it))) known.kinds.add(of)
  return manifest
}

/** What has not passed yet, and of it the resources that have not done so in any kind. */
interface Unread {
  readonly unknown: readonly OfKind[]
  readonly fresh: readonly Resource[]
}

/** `null` when the whole has to be read. */
function readShort(built: Manifest, { unknown, fresh }: Unread, limits: FormatLimits): Manifest | null {
  const { resources } = built
  if (resources.length > limits.resources || fresh.length === resources.length) return null
  if (mostValues(built) > MOST_VALUES || !areNamedOnce(built, unknown)) return null
  if (!unknown.every((of) => of.resources.every((it) => Object.isFrozen(it)))) return null
  try {
    const kinds = fresh.length === 0 ? [] : [{ kind: 'new', resources: fresh }]
    const rest = readManifest(writeManifestOf(built, kinds), limits)
    const all = Object.isFrozen(resources) ? resources : Object.freeze([...resources])
    return Object.freeze({ ...rest, resources: all })
  } catch (error) {
    if (isReloadError(error)) return null
    throw error
  }
}

/** More than it has: its caps hold for the whole, not for what is read of it. */
function mostValues({ resources, removed, changedParameters }: Manifest): number {
  return 1_000 + resources.length * 10 + removed.length * 3 + (changedParameters?.length ?? 0)
}

/** What resources and removals say about each other, which is not seen when only some of them are read. */
function areNamedOnce({ resources, removed }: Manifest, unknown: readonly OfKind[]): boolean {
  if (!unknown.every((it) => byName(it).size === it.resources.length)) return false
  if (removed.length === 0) return true
  const kinds = new Map(kindsIn(resources).map((it) => [it.kind, it]))
  const isListed = ({ kind, name }: ResourceName): boolean => {
    const of = kinds.get(kind)
    return of !== undefined && byName(of).has(name)
  }
  return new Set(removed.map(resourceKey)).size === removed.length && !removed.some(isListed)
}
