/**
 * The section of a tree that is being put together, made when it is not there yet.
 *
 * Asked of the tree itself, and not of what every object inherits: a section called `toString` or `constructor` would be
 * a function of the language otherwise, and its entries would be written onto that, for the whole process.
 */
import { ownValue } from './own-value.ts'

export function sectionIn<Entry>(
  tree: Record<string, Record<string, Entry> | null>,
  kind: string,
): Record<string, Entry> {
  const known = ownValue(tree, kind)
  if (known != null) return known
  const made: Record<string, Entry> = {}
  tree[kind] = made
  return made
}
