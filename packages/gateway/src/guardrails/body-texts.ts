/**
 * Where people's and models' words are in a request of whichever format: messages, instructions, inputs, what tools are
 * for, what they were asked and what they answered. Ids, roles, who asks and media are left alone.
 *
 * Both walks see the same in the same order: one only looks and makes nothing, the other changes.
 *
 * Not here: which fields are read how (`body-fields.ts`).
 */
import { changeAddress } from './addresses.ts'
import { isFields, type Reading, readingOfField, readingOfRoot } from './body-fields.ts'
import type { TextKind } from './scan.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * `name`: of a tool or of something that it takes; nothing can stand in its place. `key`: the name of a field in a tool's data.
 * `hidden`: something is there that cannot be looked at; the text is empty.
 */
export type BodyText = TextKind | 'name' | 'key' | 'hidden'

/** What stands in the place of a text; the same for nothing to change. */
export type TextChange = (text: string, kind: BodyText) => string

export type TextTest = (text: string, kind: BodyText) => boolean

/** Nothing that anybody means is deeper. */
const DEEPEST = 64
/** Where a text may be given as the numbers of its tokens. */
const TOKENS_IN = new Set(['prompt', 'input'])

/** Whether one of the texts is such: the same texts in the same order, without anything made on the way. */
export function someText(body: Fields, isSuch: TextTest): boolean {
  for (const name of Object.keys(body)) {
    const value = body[name]
    if (name === 'changeover') {
      if (isFields(value) && someIn(value['variables'], 'data', 0, isSuch)) return true
      continue
    }
    const reading = readingOfRoot(name)
    if (reading === 'nothing') continue
    if (TOKENS_IN.has(name) && isTokens(value)) {
      if (isSuch('', 'hidden')) return true
    } else if (someIn(value, reading, 0, isSuch)) return true
  }
  return false
}

/** The body with its texts changed; the same object when none was. */
export function changeTexts(body: Fields, change: TextChange): Fields {
  let changed: Record<string, unknown> | null = null
  for (const name of Object.keys(body)) {
    const value = body[name]
    const next = name === 'changeover' ? changeVariables(value, change) : changeRoot(name, value, change)
    if (next === value) continue
    changed ??= { ...body }
    changed[name] = next
  }
  return changed ?? body
}

/** For what this form of replies lacks: all texts of a value but ids, media and proofs. Of what was found also where it is. */
export function changeValue(value: Fields, change: TextChange): Fields {
  return changeIn(value, 'answer', 0, change) as Fields
}

function isTokens(value: unknown): boolean {
  if (!Array.isArray(value)) return false
  const first: unknown = value[0]
  return typeof first === 'number' || (Array.isArray(first) && typeof first[0] === 'number')
}

function someIn(value: unknown, reading: Reading, depth: number, isSuch: TextTest): boolean {
  if (typeof value === 'string') return reading !== 'nothing' && isSuch(value, kindOf(reading))
  if (typeof value !== 'object' || value === null) return false
  if (depth > DEEPEST) return isSuch('', 'hidden')
  if (Array.isArray(value)) {
    for (const it of value) if (someIn(it, reading, depth + 1, isSuch)) return true
    return false
  }
  const fields = value as Fields
  for (const name of Object.keys(fields)) {
    const key = kindOfKey(reading)
    if (key !== null && isSuch(name, key)) return true
    const next = readingOfField(fields, name, reading, depth === 0)
    if (next !== 'nothing' && someIn(fields[name], next, depth + 1, isSuch)) return true
  }
  return false
}

function changeRoot(name: string, value: unknown, change: TextChange): unknown {
  const reading = readingOfRoot(name)
  if (reading === 'nothing') return value
  if (!TOKENS_IN.has(name) || !isTokens(value)) return changeIn(value, reading, 0, change)
  change('', 'hidden')
  return value
}

/** Prompt variables become part of the prompt. */
function changeVariables(value: unknown, change: TextChange): unknown {
  if (!isFields(value)) return value
  const variables = changeIn(value['variables'], 'data', 0, change)
  return variables === value['variables'] ? value : { ...value, variables }
}

function changeIn(value: unknown, reading: Reading, depth: number, change: TextChange): unknown {
  if (typeof value === 'string') return reading === 'nothing' ? value : changeText(value, reading, change)
  if (typeof value !== 'object' || value === null) return value
  if (depth > DEEPEST) {
    change('', 'hidden')
    return value
  }
  if (Array.isArray(value)) {
    const items = value.map((it) => changeIn(it, reading, depth + 1, change))
    return items.every((it, i) => it === value[i]) ? value : items
  }
  const fields = value as Fields
  let isSame = true
  const entries = Object.keys(fields).map((name): [string, unknown] => {
    const key = kindOfKey(reading)
    const changedName = key === null ? name : change(name, key)
    const it = fields[name]
    const next = readingOfField(fields, name, reading, depth === 0)
    const changed = next === 'nothing' ? it : changeIn(it, next, depth + 1, change)
    if (changed !== it || (key === 'key' && changedName !== name)) isSame = false
    return [key === 'key' ? changedName : name, changed]
  })
  return isSame ? value : Object.fromEntries(entries)
}

function changeText(text: string, reading: Reading, change: TextChange): string {
  if (reading === 'address') return changeAddress(text, (it) => change(it, 'text'))
  const changed = change(text, kindOf(reading))
  return reading === 'name' ? text : changed
}

function kindOf(reading: Reading): BodyText {
  return reading === 'json' || reading === 'name' ? reading : 'text'
}

function kindOfKey(reading: Reading): BodyText | null {
  if (reading === 'data') return 'key'
  return reading === 'schemas' ? 'name' : null
}
