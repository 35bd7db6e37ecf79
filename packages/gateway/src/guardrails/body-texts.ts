/**
 * Where people's and models' words are in a request of whichever format: messages, instructions, inputs, what tools were
 * asked and what they answered. Names, ids, roles and media are left alone.
 *
 * By the names of fields and not by formats: a field that one of them adds tomorrow is looked at, unless it is known
 * to be none of somebody's words.
 */
import type { TextKind } from './scan.ts'

type Fields = Readonly<Record<string, unknown>>
/** What stands in the place of a text; the same for nothing to change. */
export type TextChange = (text: string, kind: TextKind) => string

export type TextTest = (text: string, kind: TextKind) => boolean

/** At the top of a body; everything else there is how to answer, not what to. */
const ROOTS = new Set([
  'messages',
  'system',
  'instructions',
  'input',
  'prompt',
  'suffix',
  'contents',
  'content',
  'systemInstruction',
  'system_instruction',
  'requests',
  'texts',
  'query',
  'documents',
])

/** Inside: what is written there is nobody's words. */
const NO_TEXT = new Set([
  'id',
  'type',
  'role',
  'name',
  'model',
  'status',
  'phase',
  'title_id',
  'call_id',
  'tool_call_id',
  'tool_use_id',
  'toolUseId',
  'item_id',
  'previous_response_id',
  'file_id',
  'fileUri',
  'file_uri',
  'uri',
  'url',
  'image_url',
  'filename',
  'mimeType',
  'mime_type',
  'media_type',
  'format',
  'detail',
  'data',
  'file_data',
  'bytes',
  'signature',
  'thoughtSignature',
  'thought_signature',
  'encrypted_content',
  'cache_control',
  'cachePoint',
])

/** Whose values are a tool's own: all of their texts count, whatever their names. */
const DATA = new Set(['args', 'response', 'json', 'variables'])
const DEEPEST = 64

/** The body with its texts changed; the same object when none was. */
export function changeTexts(body: Fields, change: TextChange): Fields {
  let changed: Record<string, unknown> | null = null
  for (const [name, value] of Object.entries(body)) {
    const next =
      name === 'changeover' ? variablesOf(value, change) : ROOTS.has(name) ? walk(value, change, 0) : value
    if (next === value) continue
    changed ??= { ...body }
    changed[name] = next
  }
  return changed ?? body
}

/** Whether one of the texts is such: the same texts in the same order, without anything made on the way. */
export function someText(body: Fields, isSuch: TextTest): boolean {
  for (const name of Object.keys(body)) {
    const value = body[name]
    if (name === 'changeover') {
      if (isFields(value) && someData(value['variables'], isSuch, 0)) return true
    } else if (ROOTS.has(name) && someWords(value, isSuch, 0)) return true
  }
  return false
}

function someWords(value: unknown, isSuch: TextTest, depth: number): boolean {
  if (typeof value === 'string') return isSuch(value, 'text')
  if (Array.isArray(value)) {
    for (const it of value) if (someWords(it, isSuch, depth + 1)) return true
    return false
  }
  if (!isFields(value) || depth > DEEPEST) return false
  for (const name of Object.keys(value)) {
    const it = value[name]
    const reads = readingOf(name, it, depth)
    if (reads === 'nothing') continue
    if (reads === 'json') {
      if (isSuch(String(it), 'json')) return true
    } else if (reads === 'data') {
      if (someData(it, isSuch, depth + 1)) return true
    } else if (someWords(it, isSuch, depth + 1)) return true
  }
  return false
}

function someData(value: unknown, isSuch: TextTest, depth: number): boolean {
  if (typeof value === 'string') return isSuch(value, 'text')
  if (Array.isArray(value)) {
    for (const it of value) if (someData(it, isSuch, depth + 1)) return true
    return false
  }
  if (!isFields(value) || depth > DEEPEST) return false
  for (const name of Object.keys(value)) if (someData(value[name], isSuch, depth + 1)) return true
  return false
}

/** Prompt variables become part of the prompt. */
function variablesOf(value: unknown, change: TextChange): unknown {
  if (!isFields(value) || value['variables'] === undefined) return value
  const variables = walkData(value['variables'], change, 0)
  return variables === value['variables'] ? value : { ...value, variables }
}

function walk(value: unknown, change: TextChange, depth: number): unknown {
  if (typeof value === 'string') return change(value, 'text')
  if (Array.isArray(value)) return changeItems(value, (it) => walk(it, change, depth + 1))
  if (!isFields(value) || depth > DEEPEST) return value
  return changeFields(value, (name, it) => {
    const reads = readingOf(name, it, depth)
    if (reads === 'nothing') return it
    if (reads === 'json') return change(String(it), 'json')
    return reads === 'data' ? walkData(it, change, depth + 1) : walk(it, change, depth + 1)
  })
}

/** How the value of a field is read. */
function readingOf(name: string, it: unknown, depth: number): 'nothing' | 'json' | 'data' | 'words' {
  if (name === 'arguments' && typeof it === 'string') return 'json'
  // `input` of a tool's use and `arguments` that are no text are data; so is what a tool answered in JSON.
  if (DATA.has(name) || (depth > 0 && isFields(it) && (name === 'input' || name === 'arguments')))
    return 'data'
  return NO_TEXT.has(name) ? 'nothing' : 'words'
}

function walkData(value: unknown, change: TextChange, depth: number): unknown {
  if (typeof value === 'string') return change(value, 'text')
  if (Array.isArray(value)) return changeItems(value, (it) => walkData(it, change, depth + 1))
  if (!isFields(value) || depth > DEEPEST) return value
  return changeFields(value, (_, it) => walkData(it, change, depth + 1))
}

function changeItems(list: readonly unknown[], change: (it: unknown) => unknown): readonly unknown[] {
  let changed: unknown[] | null = null
  for (const [i, it] of list.entries()) {
    const next = change(it)
    if (next === it) continue
    changed ??= [...list]
    changed[i] = next
  }
  return changed ?? list
}

function changeFields(fields: Fields, change: (name: string, it: unknown) => unknown): Fields {
  let changed: Record<string, unknown> | null = null
  for (const [name, it] of Object.entries(fields)) {
    const next = change(name, it)
    if (next === it) continue
    changed ??= { ...fields }
    changed[name] = next
  }
  return changed ?? fields
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** For what this form of replies lacks: all texts of a value but ids, media and proofs. */
export function changeValue(value: Fields, change: TextChange): Fields {
  return walk(value, change, 0) as Fields
}
