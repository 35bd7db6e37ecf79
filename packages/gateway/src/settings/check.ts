/**
 * Checks settings against the schema, entry by entry, and gives them out with their defaults filled in.
 *
 * Entries are frozen and keep their identity from version to version when they did not change, so each is
 * checked once in its life: a reload that changes one route of fifty, beside a thousand keys, costs one
 * check. An entry that is not frozen might change under us and is checked each time.
 *
 * Not here: whether what an entry names exists (`pipeline/compile-references.ts`).
 */
import { type Issue, type Json, pointTo, type SettingsTree } from '@changeover/reload'
import type { z } from 'zod'
import { toIssues, unknownSetting, wrong } from './issue-texts.ts'
import { entrySchema, knownNames, nameExpected } from './schema.ts'

type Checked =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: z.ZodError }

/** By schema, then by entry: equal bytes may be one object under two sections. */
const remembered = new WeakMap<z.ZodType, WeakMap<object, Checked>>()

/** Everything wrong with the entries of these sections, by itself. */
export function checkSettings(tree: SettingsTree, kinds: readonly string[]): readonly Issue[] {
  const issues: Issue[] = []
  for (const kind of kinds) {
    for (const [name, value] of Object.entries(tree[kind] ?? {})) {
      issues.push(...checkEntry(kind, name, value))
    }
  }
  return issues
}

function checkEntry(kind: string, name: string, value: Json): readonly Issue[] {
  const at = pointTo(pointTo('', kind), name)
  const schema = entrySchema(kind, name)
  if (schema === null) return [unknownSetting(at, name, knownNames(kind))]
  const expected = nameExpected(kind, name)
  const issues = expected === null ? [] : [wrong(at, `the name "${name.slice(0, 80)}"`, expected)]
  const checked = check(schema, value)
  return checked.ok ? issues : [...issues, ...toIssues(schema, value, { at, issues: checked.error.issues })]
}

/** The entries of a section that pass, defaults filled in. The same entry gives the same object each time. */
export function entriesOf<Schema extends z.ZodType>(
  tree: SettingsTree,
  kind: string,
  schema: Schema,
): ReadonlyMap<string, z.output<Schema>> {
  const entries = new Map<string, z.output<Schema>>()
  for (const [name, value] of Object.entries(tree[kind] ?? {})) {
    const checked = check(schema, value)
    if (checked.ok) entries.set(name, checked.value as z.output<Schema>)
  }
  return entries
}

/** One entry, if it is there and passes; else `undefined`. */
export function entryOf<Schema extends z.ZodType>(
  tree: SettingsTree,
  [kind, name]: readonly [kind: string, name: string],
  schema: Schema,
): z.output<Schema> | undefined {
  const value = tree[kind]?.[name]
  const checked = value === undefined ? null : check(schema, value)
  return checked?.ok === true ? (checked.value as z.output<Schema>) : undefined
}

function check(schema: z.ZodType, value: Json): Checked {
  const canRemember = typeof value === 'object' && value !== null && Object.isFrozen(value)
  const known = canRemember ? remembered.get(schema)?.get(value) : undefined
  if (known !== undefined) return known
  const parsed = schema.safeParse(value)
  const checked: Checked = parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, error: parsed.error }
  if (canRemember) remember(schema, value, checked)
  return checked
}

function remember(schema: z.ZodType, value: object, checked: Checked): void {
  const entries = remembered.get(schema) ?? new WeakMap<object, Checked>()
  entries.set(value, checked)
  remembered.set(schema, entries)
}
