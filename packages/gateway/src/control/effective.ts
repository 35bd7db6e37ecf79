/** Settings with their defaults filled in: what is in force, where a setting is not written anywhere. */
import { type Json, type SettingsTree, stepsOf } from '@changeover/reload'
import { checkedEntry } from '../settings/check.ts'
import { knownNames, SECTIONS } from '../settings/schema.ts'

/** The entries at or below a pointer, as the gateway reads them; nothing where there is no such section. */
export function effectiveAt(tree: SettingsTree, pointer: string): SettingsTree {
  const [kind, name] = stepsOf(pointer)
  const kinds = kind === undefined ? SECTIONS : [kind].filter((it) => isSection(tree, it))
  return Object.fromEntries(
    kinds.map((it) => {
      const names = new Set([...Object.keys(tree[it] ?? {}), ...knownNames(it)])
      const wanted = name === undefined ? [...names] : [...names].filter((entry) => entry === name)
      return [it, Object.fromEntries(wanted.flatMap((entry) => effectiveEntry(tree, it, entry)))]
    }),
  )
}

/** One that an older build knew is shown as it was written. */
function isSection(tree: SettingsTree, kind: string): boolean {
  return SECTIONS.includes(kind) || Object.hasOwn(tree, kind)
}

function effectiveEntry(tree: SettingsTree, kind: string, name: string): [string, Json][] {
  const section = tree[kind] ?? {}
  const written = Object.hasOwn(section, name) ? section[name] : undefined
  // An entry that nobody wrote has its defaults as well, where it has any.
  const checked = checkedEntry(kind, name, written ?? {})
  // What does not pass any more, under a newer build, is shown as it was written.
  const value = checked === undefined ? written : (checked as Json)
  return value === undefined || isEmpty(value) ? [] : [[name, value]]
}

function isEmpty(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
