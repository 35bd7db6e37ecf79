/** Who may call at all, who may change something, and whose word that takes. */
import type { Json } from '@changeover/reload'
import {
  changed,
  count,
  type Describe,
  differs,
  type Entry,
  type Fields,
  fieldsOf,
  sayValue,
  type Told,
  textOf,
} from './entry.ts'

export const access: Describe = (entry) => {
  if (entry.name === 'callers') return tellCallers(entry)
  if (entry.name === 'people') return eachOf(entry, tellPerson)
  return entry.name === 'approvals' ? eachOf(entry, tellApproval) : []
}

const CALLERS: Readonly<Record<string, string>> = {
  anyone: 'whoever reaches the port may call; no key is asked for',
  known: 'only keys of tenants may call',
}

function tellCallers(entry: Entry): Told[] {
  const covers = [entry.pointer]
  const text = CALLERS[textOf(entry.after)]
  if (text !== undefined) return [{ op: entry.before === undefined ? 'add' : 'replace', text, covers }]
  const unsaid = 'who may call is no longer said: known keys where there are tenants, else anyone'
  return [{ op: 'remove', text: unsaid, covers }]
}

interface Named {
  readonly entry: Entry
  readonly name: string
  /** `null` where it is not there. */
  readonly was: Fields | null
  readonly now: Fields | null
}

function eachOf(entry: Entry, tell: (it: Named) => readonly Told[]): readonly Told[] {
  const [before, after] = [fieldsOf(entry.before), fieldsOf(entry.after)]
  const names = [...new Set([...Object.keys(after), ...Object.keys(before)])]
  const partOf = (fields: Fields, name: string): Fields | null =>
    Object.hasOwn(fields, name) ? fieldsOf(fields[name]) : null
  return names
    .filter((it) => differs(entry, it))
    .flatMap((name) => tell({ entry, name, was: partOf(before, name), now: partOf(after, name) }))
}

function tellPerson({ entry, name, was, now }: Named): readonly Told[] {
  const covers = [`${entry.pointer}/${name}`]
  const roles = (it: Fields): string => sayValue(it['roles'])
  if (was === null && now !== null)
    return [{ op: 'add', text: `${name} may use the admin API, as ${roles(now)}`, covers }]
  if (was === null || now === null)
    return [{ op: 'remove', text: `${name} may not use the admin API any more`, covers }]
  const told: Told[] = []
  if (differs(entry, name, 'roles'))
    told.push(changed(entry, `${name} is ${roles(now)} instead of ${roles(was)}`, `${name}/roles`))
  if (differs(entry, name, 'tokens'))
    told.push(changed(entry, `tokens of ${name} change (not shown)`, `${name}/tokens`))
  return told
}

function tellApproval({ entry, name, was, now }: Named): readonly Told[] {
  const covers = [`${entry.pointer}/${name}`]
  const what = name === '*' ? 'any change' : `changes of ${name}`
  const need = name === '*' ? 'needs' : 'need'
  if (was === null && now !== null)
    return [{ op: 'add', text: `${what} ${need} the word of ${sayPeople(now)}`, covers }]
  if (was === null || now === null)
    return [{ op: 'remove', text: `nobody has to agree to ${what} any more`, covers }]
  if (!differs(entry, name, 'count')) return []
  return [
    changed(
      entry,
      `${what} ${need} the word of ${sayPeople(now)} instead of ${sayPeople(was)}`,
      `${name}/count`,
    ),
  ]
}

function sayPeople(it: Fields): string {
  return count(approvalsOf(it), 'other person', 'other people')
}

/** How many have to agree by an entry of `access.approvals`. */
export function approvalsOf(entry: Json | undefined): number {
  const { count: asked } = fieldsOf(entry)
  return typeof asked === 'number' ? asked : 1
}
