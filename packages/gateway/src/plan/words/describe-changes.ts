/**
 * What differs between two settings trees, in sentences: `route chat: gpt-5 gets 70 % instead of 50 %`.
 *
 * One describer for each section that has sentences of its own, and a fallback for everything else, so that each
 * change is told by exactly one sentence or covered by one. Sentences hold no secret.
 *
 * Not here: the changes as they are compared by machines (`changes` of the reload package).
 */
import { type Change, changes, type Json, pointTo, type SettingsTree, stepsOf } from '@changeover/reload'
import type { Sentence } from '../look.ts'
import { access } from './access.ts'
import { limits, tenants } from './callers.ts'
import { type Describe, type Entry, fieldsOf, type Told } from './entry.ts'
import { fallback } from './fallback.ts'
import { catalogue, contextsAmong, models, providers } from './models.ts'
import { routes } from './routes.ts'

/** In the order in which they are told: what changes where calls go first, what the gateway says of itself last. */
const ORDER = [
  'access',
  'tenants',
  'limits',
  'routes',
  'contexts',
  'models',
  'catalogue',
  'providers',
] as const

function describers(before: SettingsTree): Readonly<Record<string, Describe>> {
  const known = Object.keys(before.contexts ?? {})
  const contexts = contextsAmong(known, (name) => before.contexts?.[name])
  return { access, tenants, limits, routes, contexts, models, catalogue, providers }
}

/** `found` are the differences, where they are known already. */
export function describeChanges(
  before: SettingsTree | null,
  after: SettingsTree,
  found: readonly Change[] = changes(before, after),
): readonly Sentence[] {
  const known = describers(before ?? {})
  return entriesOf(before ?? {}, after, found).flatMap((entry) => {
    const told = known[entry.section]?.(entry) ?? []
    const rest = entry.changes.filter((it) => !told.some((one) => covers(one, it.pointer)))
    const all = [...told, ...rest.map((it) => fallback(entry, it))]
    return all.map((it) => ({
      op: it.op,
      section: entry.section,
      text: it.text,
      pointers: pointersOf(it, entry),
    }))
  })
}

function covers({ covers }: Told, pointer: string): boolean {
  return covers.some((it) => pointer === it || pointer.startsWith(`${it}/`))
}

function pointersOf(told: Told, { changes }: Entry): readonly string[] {
  return changes.filter((it) => covers(told, it.pointer)).map((it) => it.pointer)
}

/** The entries that differ. A section that came or went as a whole is told entry by entry. */
function entriesOf(before: SettingsTree, after: SettingsTree, found: readonly Change[]): readonly Entry[] {
  const byPointer = new Map<string, { section: string; name: string; changes: Change[] }>()
  for (const change of found.flatMap(byEntries)) {
    const [section = '', name = ''] = stepsOf(change.pointer)
    const pointer = pointTo(pointTo('', section), name)
    const entry = byPointer.get(pointer) ?? { section, name, changes: [] }
    byPointer.set(pointer, entry)
    entry.changes.push(change)
  }
  const entries = Array.from(byPointer, ([pointer, it]): Entry => {
    const [was, now] = [before, after].map((tree) => tree[it.section]?.[it.name])
    return { ...it, pointer, before: was, after: now }
  })
  return entries.sort((a, b) => placeOf(a) - placeOf(b))
}

/** A section entry by entry, and what came or went within an entry field by field. */
function byEntries(change: Change): readonly Change[] {
  const { op, pointer } = change
  const [section = '', ...inside] = stepsOf(pointer)
  const isWholeEntry = inside.length === 1 && ORDER.some((it) => it === section)
  const members = Object.entries(
    fieldsOf((op === 'remove' ? change.before : change.after) as Json | undefined),
  )
  if (inside.length === 0 && members.length === 0) return []
  if (op === 'replace' || isWholeEntry || members.length === 0) return [change]
  return members.flatMap(([name, it]) => {
    const at = pointTo(pointer, name)
    return byEntries(op === 'remove' ? { op, pointer: at, before: it } : { op, pointer: at, after: it })
  })
}

function placeOf({ section }: Entry): number {
  const place = ORDER.findIndex((it) => it === section)
  return place === -1 ? ORDER.length : place
}
