/** Builds settings trees. Without prototypes, so that nothing is found under a name that nobody gave. */
import type { Json, ResourceName, SettingsTree } from '../contract/payload.ts'

/**
 * A tree of exactly these values, its two levels frozen: a kind without resources is not there. A kind that is just what
 * it was in `previous` is the same object, so that whoever has looked at all of it need not look again.
 */
export function growTree(
  values: Iterable<readonly [ResourceName, Json]>,
  previous?: SettingsTree | null,
): SettingsTree {
  const tree = Object.create(null) as Record<string, Record<string, Json>>
  for (const [{ kind, name }, value] of values) {
    const named = tree[kind] ?? (Object.create(null) as Record<string, Json>)
    named[name] = value
    tree[kind] = named
  }
  for (const kind of Object.keys(tree)) {
    const named = Object.freeze(tree[kind] ?? {})
    const before = previous?.[kind]
    tree[kind] = before !== undefined && isSame(before, named) ? before : named
  }
  return Object.freeze(tree)
}

/** The same objects under the same names in the same order, and unchangeable. */
function isSame(before: Readonly<Record<string, Json>>, named: Readonly<Record<string, Json>>): boolean {
  if (!Object.isFrozen(before)) return false
  const names = Object.keys(named)
  const earlier = Object.keys(before)
  return (
    names.length === earlier.length &&
    names.every((it, i) => it === earlier[i] && Object.is(named[it], before[it]))
  )
}
