/** Builds settings trees. Without prototypes, so that nothing is found under a name that nobody gave. */
import type { Json, ResourceName, SettingsTree } from '../contract/payload.ts'

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
