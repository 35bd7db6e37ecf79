/** A section of settings as resources: the same object for as long as the section is one and nothing in it can change. */
import type { Json, Resource, SettingsTree } from '../contract/payload.ts'
import type { OfKind } from './of-kind.ts'
import { pointTo } from './pointer.ts'
import { refusal } from './refusal.ts'
import { isSealedForGood, sealValue } from './sealed-value.ts'

type Section = SettingsTree[string]

const remembered = new WeakMap<Section, OfKind>()

/** By name. Throws `payload.schema` and its kin for what is no section, or holds what JSON cannot say. */
export function sealSection(kind: string, section: Section): OfKind {
  const known = remembered.get(section)
  if (known?.kind === kind) return known
  const at = pointTo('', kind)
  if (typeof section !== 'object' || section === null || Array.isArray(section)) {
    const details = { pointer: at, found: 'something else', expected: 'an object of named settings' }
    throw refusal('payload.schema', details, at)
  }
  const resources = Object.entries(section).map(([name, value]) => sealValue(kind, name, value))
  const sealed = { kind, resources: resources.sort(inOrder) }
  if (isFixed(section)) remembered.set(section, sealed)
  return sealed
}

function inOrder(a: Resource, b: Resource): number {
  return a.name < b.name ? -1 : 1
}

/** Nothing in it can be another, or is worked out when it is asked for. */
function isFixed(section: Section): boolean {
  if (!Object.isFrozen(section)) return false
  return Object.values(Object.getOwnPropertyDescriptors(section)).every(
    ({ get, value }) => get === undefined && isSealedForGood(value as Json),
  )
}
