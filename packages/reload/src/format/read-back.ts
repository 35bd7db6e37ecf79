/**
 * Reads a manifest that was written here, as anybody will read its bytes, and what it says is the same.
 *
 * Resources are most of it, and most of them stood in the version before as the same frozen objects: those that
 * were read back once are not read again. Only the rest of the manifest is, with the resources that are new.
 * When anything is wrong the whole is read, so that the error is the one that a receiver would see.
 *
 * Not here: manifests from outside. They are new objects each time, and read whole.
 */
import type { Manifest, Resource } from '../contract/payload.ts'
import { isReloadError } from '../errors.ts'
import { type FormatLimits, MOST_VALUES } from './defaults.ts'
import { isDeeplyFrozen } from './freeze.ts'
import { readManifest, resourceKey, writeManifest } from './manifest.ts'

/** Resources that passed, by the limits under which they did. */
const passed = new WeakMap<FormatLimits, WeakSet<Resource>>()

/** `bytes` are what `built` was written to. Frozen, like what `readManifest` gives; throws what that throws. */
export function readBack(built: Manifest, bytes: Uint8Array, limits: FormatLimits): Manifest {
  const known = passed.get(limits) ?? new WeakSet<Resource>()
  passed.set(limits, known)
  const fresh = built.resources.filter((it) => !known.has(it))
  const manifest = readShort(built, fresh, limits) ?? readManifest(bytes, limits)
  for (const it of fresh) if (isDeeplyFrozen(it)) known.add(it)
  return manifest
}

/** `null` when the whole has to be read. */
function readShort(built: Manifest, fresh: readonly Resource[], limits: FormatLimits): Manifest | null {
  const { resources } = built
  if (resources.length > limits.resources || fresh.length === resources.length) return null
  if (mostValues(built) > MOST_VALUES || !areNamedOnce(built)) return null
  if (!resources.every((it) => Object.isFrozen(it))) return null
  try {
    const rest = readManifest(writeManifest({ ...built, resources: fresh }), limits)
    return Object.freeze({ ...rest, resources: Object.freeze([...resources]) })
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
function areNamedOnce({ resources, removed }: Manifest): boolean {
  const names = new Set([...resources, ...removed].map(resourceKey))
  return names.size === resources.length + removed.length
}
