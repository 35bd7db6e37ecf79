/** Settings with their defaults filled in: what is in force, where a setting is not written anywhere. */
import { type Json, type SettingsTree, stepsOf } from '@changeover/reload'
import { checkedEntry } from '../settings/check.ts'

/** The entries at or below a pointer, as the gateway reads them. */
export function effectiveAt(tree: SettingsTree, pointer: string): SettingsTree {
  const [kind, name] = stepsOf(pointer)
  const kinds = kind === undefined ? Object.keys(tree) : [kind]
  return Object.fromEntries(
    kinds.map((it) => {
      const section = tree[it] ?? {}
      const names = name === undefined ? Object.keys(section) : [name]
      return [it, Object.fromEntries(names.flatMap((entry) => effectiveEntry(section, it, entry)))]
    }),
  )
}

function effectiveEntry(section: SettingsTree[string], kind: string, name: string): [string, Json][] {
  const value = Object.hasOwn(section, name) ? section[name] : undefined
  if (value === undefined) return []
  const checked = checkedEntry(kind, name, value)
  // What does not pass any more, under a newer build, is shown as it was written.
  return [[name, checked === undefined ? value : (checked as Json)]]
}
