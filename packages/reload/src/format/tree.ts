/** Builds settings trees. Without prototypes, so that nothing is found under a name that nobody gave. */
import type { Json, ResourceName, SettingsTree } from '../contract/payload.ts'

type Section = SettingsTree[string]

/** A tree of exactly these values, its two levels frozen: a kind without resources is not there. */
export function growTree(values: Iterable<readonly [ResourceName, Json]>): SettingsTree {
  const tree = Object.create(null) as Record<string, Record<string, Json>>
  for (const [{ kind, name }, value] of values) {
    const named = tree[kind] ?? (Object.create(null) as Record<string, Json>)
    named[name] = value
    tree[kind] = named
  }
  for (const named of Object.values(tree)) Object.freeze(named)
  return Object.freeze(tree)
}

/**
 * A section, frozen. What is just what it was in `before` is the same object, so that whoever has looked at all of it need
 * not look again.
 */
export function asBefore(named: Section, before: Section | undefined): Section {
  Object.freeze(named)
  return before !== undefined && isSame(before, named) ? before : named
}

/** A tree of these sections. */
export function treeOf(sections: readonly (readonly [kind: string, section: Section])[]): SettingsTree {
  const tree = Object.create(null) as Record<string, Section>
  for (const [kind, section] of sections) tree[kind] = section
  return Object.freeze(tree)
}

/** The same objects under the same names in the same order, and unchangeable. */
function isSame(before: Section, named: Section): boolean {
  if (!Object.isFrozen(before)) return false
  const names = Object.keys(named)
  const earlier = Object.keys(before)
  return (
    names.length === earlier.length &&
    names.every((it, i) => it === earlier[i] && Object.is(named[it], before[it]))
  )
}
