/**
 * A settings value as a resource: its exact text, size and digest.
 *
 * Readers give out the same object for what did not change, so that a version of a thousand values that
 * differs in one is written and hashed for one. A value that is not frozen all the way down might have changed
 * since, and is written each time.
 */
import type { Json, Resource } from '../contract/payload.ts'
import { canonicalJson, rememberCanonical } from './canonical.ts'
import { digestOfText } from './digest.ts'
import { isDeeplyFrozen } from './freeze.ts'
import { pointTo } from './pointer.ts'

/** The last resource that was made of a value. */
const remembered = new WeakMap<object, Resource>()

/** Throws `payload.schema` and its kin for what JSON cannot say, with its pointer in the settings. */
export function sealValue(kind: string, name: string, value: Json): Resource {
  const isObject = typeof value === 'object' && value !== null
  const known = isObject ? remembered.get(value) : undefined
  if (known?.kind === kind && known.name === name) return known
  const inline = known?.inline ?? canonicalJson(value, pointTo(pointTo('', kind), name))
  const digest = known?.digest ?? digestOfText(inline)
  const size = known?.size ?? Buffer.byteLength(inline)
  const resource = Object.freeze({ kind, name, mediaType: 'application/json', digest, size, inline })
  if (!isObject || !isDeeplyFrozen(value) || !isWritable(resource)) return resource
  rememberCanonical(resource)
  remembered.set(value, resource)
  return resource
}

/** Whether a value is sealed once for all: it will never be another. */
export function isSealedForGood(value: Json): boolean {
  return typeof value !== 'object' || value === null || remembered.has(value)
}

/** A name may hold half a surrogate pair: refused when the manifest is written, with the place where it stands. */
function isWritable({ kind, name }: Resource): boolean {
  return kind.isWellFormed() && name.isWellFormed()
}
