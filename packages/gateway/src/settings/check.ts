/**
 * Checks settings against the schema, entry by entry, and gives them out with their defaults filled in.
 *
 * Entries are frozen and keep their identity from version to version when they did not change, so each is
 * checked once in its life: a reload that changes one route of fifty, beside a thousand keys, costs one
 * check. An entry that is not frozen might change under us and is checked each time.
 *
 * Not here: whether what an entry names exists (`pipeline/compile-references.ts`).
 */
import { setImmediate as nextTurn } from 'node:timers/promises'
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
  return kinds.flatMap((kind) => {
    const section = tree[kind]
    if (section === undefined) return []
    if (cleanAs.get(section)?.has(kind) === true) return []
    const issues = Object.entries(section).flatMap(([name, value]) => checkEntry(kind, name, value))
    if (issues.length === 0 && isFixed(section)) {
      cleanAs.set(section, (cleanAs.get(section) ?? new Set()).add(kind))
    }
    return issues
  })
}

/** As many new entries are checked in a few milliseconds. */
const AT_ONCE = 64

/**
 * Checks entries that have not been checked yet, letting the event loop turn between them: of ten thousand new ones it would
 * hold up every call for a second. `checkSettings` then finds what is known of them.
 */
export async function checkAhead(tree: SettingsTree, kinds: readonly string[]): Promise<void> {
  let count = 0
  for (const kind of kinds) {
    const section = tree[kind]
    if (section === undefined || cleanAs.get(section)?.has(kind) === true) continue
    for (const [name, value] of Object.entries(section)) {
      if (isKnownClean(kind, name, value)) continue
      checkEntry(kind, name, value)
      count += 1
      if (count % AT_ONCE === 0) await nextTurn()
    }
  }
}

type Section = SettingsTree[string]

/** Sections with nothing wrong in them, by the kinds that they were checked as. */
const cleanAs = new WeakMap<Section, Set<string>>()

/** Whether neither the section nor an entry of it will change; one that does not change comes as the same object. */
export function isFixed(section: Section): boolean {
  if (fixed.has(section)) return true
  if (!Object.isFrozen(section) || !Object.values(section).every((it) => Object.isFrozen(it))) return false
  fixed.add(section)
  return true
}

/** Those that were found to be so stay so. */
const fixed = new WeakSet<Section>()

/** Entries with nothing wrong in them or in their names, by where they stood when they were looked at. */
const cleanEntries = new WeakMap<object, { readonly kind: string; readonly name: string }>()
const NONE: readonly Issue[] = Object.freeze([])

function checkEntry(kind: string, name: string, value: Json): readonly Issue[] {
  if (isKnownClean(kind, name, value)) return NONE
  const issues = checkAnew(kind, name, value)
  if (isFrozenMap(value) && issues.length === 0) cleanEntries.set(value, { kind, name })
  return issues
}

function isKnownClean(kind: string, name: string, value: Json): boolean {
  const clean = isFrozenMap(value) ? cleanEntries.get(value) : undefined
  return clean?.kind === kind && clean.name === name
}

function isFrozenMap(value: Json): value is Extract<Json, object> {
  return typeof value === 'object' && value !== null && Object.isFrozen(value)
}

function checkAnew(kind: string, name: string, value: Json): readonly Issue[] {
  const schema = entrySchema(kind, name)
  const expected = schema === null ? null : nameExpected(kind, name)
  const checked = schema === null ? null : check(schema, value)
  if (checked?.ok === true && expected === null) return []
  const at = pointTo(pointTo('', kind), name)
  if (schema === null || checked === null) return [unknownSetting(at, name, knownNames(kind))]
  const issues = expected === null ? [] : [wrong(at, `the name "${name.slice(0, 80)}"`, expected)]
  return checked.ok ? issues : [...issues, ...toIssues(schema, value, { at, issues: checked.error.issues })]
}

/** The entries of a section that pass, defaults filled in. The same entry gives the same object each time, and so does the same section. */
export function entriesOf<Schema extends z.ZodType>(
  tree: SettingsTree,
  kind: string,
  schema: Schema,
): ReadonlyMap<string, z.output<Schema>> {
  const section = tree[kind]
  const known = section === undefined ? undefined : sections.get(schema)?.get(section)
  if (known !== undefined) return known as ReadonlyMap<string, z.output<Schema>>
  const entries = new Map<string, z.output<Schema>>()
  for (const [name, value] of Object.entries(section ?? {})) {
    const checked = check(schema, value)
    if (checked.ok) entries.set(name, checked.value as z.output<Schema>)
  }
  if (section !== undefined && isFixed(section)) {
    const known = sections.get(schema) ?? new WeakMap<Section, ReadonlyMap<string, unknown>>()
    sections.set(schema, known.set(section, entries))
  }
  return entries
}

/** What `entriesOf` has given for a section that does not change. */
const sections = new WeakMap<z.ZodType, WeakMap<Section, ReadonlyMap<string, unknown>>>()

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

/** What an entry that says nothing stands for. Made once: a version that has no such entry asks each time. */
export function defaultOf<Schema extends z.ZodType>(schema: Schema): z.output<Schema> {
  if (!defaults.has(schema)) defaults.set(schema, schema.parse({}))
  return defaults.get(schema) as z.output<Schema>
}

const defaults = new WeakMap<z.ZodType, unknown>()

/** One entry with its defaults; `undefined` when no such entry is known, or it does not pass. */
export function checkedEntry(kind: string, name: string, value: Json): unknown {
  const schema = entrySchema(kind, name)
  const checked = schema === null ? null : check(schema, value)
  return checked?.ok === true ? checked.value : undefined
}

/**
 * The library writes a function for each schema and has it compiled, which pays where one schema reads many thousand values.
 * Here each version's new entries are read, once: at a start the compiling takes longer than the reading, and it stays in memory.
 */
const WITHOUT_CODE = { jitless: true }

function check(schema: z.ZodType, value: Json): Checked {
  const canRemember = typeof value === 'object' && value !== null && Object.isFrozen(value)
  const known = canRemember ? remembered.get(schema)?.get(value) : undefined
  if (known !== undefined) return known
  const parsed = schema.safeParse(value, WITHOUT_CODE)
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
