/**
 * Reads YAML entry by entry where it can, remembering each entry by its text, and as a whole where it
 * cannot or where anything is wrong: the errors of the whole are the better ones.
 *
 * What is remembered is a pure function of the text, so the memory is one for the process; it is bounded
 * by the size of the texts in it.
 */
import type { Json } from '@changeover/reload'
import type { Place, ReadText, SettingsDocument } from './document.ts'
import { readPlainYaml } from './plain-yaml.ts'
import { sectionIn } from './section-in.ts'
import { readYaml } from './yaml.ts'
import { cutYaml, type YamlChunk, type YamlSection } from './yaml-chunks.ts'

export interface Entry {
  readonly name: string
  readonly value: Json
}

/** Characters of entries that are remembered, twice over. */
const MOST_CHARS = 8 * 1024 * 1024
/** The loop turns after this long. A few requests' worth of work; nobody notices. */
const TURN_MS = 3
/** A text is asked for under the path of its file, and under the name that people call it. */
const MOST_NAMES = 2

/** Two halves: what is asked for moves to the young one, and the old one is dropped when that is full. */
let young = new Map<string, Entry>()
let old = new Map<string, Entry>()
let youngChars = 0

/** By the sections that a text was cut into: one text is read once, however often it is asked for. */
const assembled = new WeakMap<readonly YamlSection[], Assembly>()

export function readYamlByEntries(text: string, file: string): ReadText {
  const sections = cutYaml(text)
  if (sections === null) return readYaml(text, file)
  const known = assembled.get(sections)
  if (known !== undefined) return { ok: true, document: known.document(file) }
  const assembly = new Assembly(sections)
  for (const section of sections) {
    for (const chunk of section.chunks) if (!assembly.add(chunk)) return readYaml(text, file)
  }
  return { ok: true, document: assembly.finish().document(file) }
}

/** The same, letting the event loop turn between entries. */
export async function readYamlInTurns(text: string, file: string): Promise<ReadText> {
  const sections = cutYaml(text)
  if (sections === null) return readYaml(text, file)
  const known = assembled.get(sections)
  if (known !== undefined) return { ok: true, document: known.document(file) }
  const assembly = new Assembly(sections)
  let turnedAt = performance.now()
  for (const section of sections) {
    for (const chunk of section.chunks) {
      if (!assembly.add(chunk)) return readYaml(text, file)
      if (performance.now() - turnedAt < TURN_MS) continue
      await new Promise((resolve) => setImmediate(resolve))
      turnedAt = performance.now()
    }
  }
  return { ok: true, document: assembly.finish().document(file) }
}

class Assembly {
  readonly #sections: readonly YamlSection[]
  readonly #value: Record<string, Record<string, Json> | null> = {}
  readonly #chunks = new Map<string, Map<string, YamlChunk>>()
  #documents: readonly SettingsDocument[] = []

  constructor(sections: readonly YamlSection[]) {
    this.#sections = sections
    for (const it of sections) this.#value[it.kind] = null
  }

  /** False when the chunk is anything but one entry with a name of its own. */
  add(chunk: YamlChunk): boolean {
    const entry = readEntry(chunk)
    if (entry === null) return false
    const chunks = this.#chunks.get(chunk.kind) ?? new Map<string, YamlChunk>()
    if (chunks.has(entry.name)) return false
    this.#chunks.set(chunk.kind, chunks.set(entry.name, chunk))
    const section = sectionIn(this.#value, chunk.kind)
    section[entry.name] = entry.value
    return true
  }

  /** Remembers what was read, which from here on does not change. */
  finish(): this {
    for (const it of Object.values(this.#value)) if (it !== null) Object.freeze(it)
    Object.freeze(this.#value)
    assembled.set(this.#sections, this)
    return this
  }

  /** The same one as long as it is asked for under the same name: others remember what they made of it. */
  document(file: string): SettingsDocument {
    const known = this.#documents.find((it) => it.file === file)
    if (known !== undefined) return known
    const made = {
      file,
      value: this.#value,
      placeOf: (steps: readonly string[]) => this.#placeOf(steps, file),
    }
    this.#documents = [made, ...this.#documents].slice(0, MOST_NAMES)
    return made
  }

  #placeOf(steps: readonly string[], file: string): Place {
    const [kind, name] = steps
    const section = this.#sections.find((it) => it.kind === kind)
    const first = this.#sections[0]
    if (kind === undefined || section === undefined) {
      return { file: file, line: first?.line ?? 1, column: 1 }
    }
    const chunk = name === undefined ? undefined : this.#chunks.get(kind)?.get(name)
    const read = chunk === undefined ? null : readYaml(chunk.text, file)
    if (chunk === undefined || read?.ok !== true) return { file: file, line: section.line, column: 1 }
    const place = read.document.placeOf(steps.slice(1))
    return { ...place, line: place.line + chunk.linesBefore }
  }
}

/** The one entry of a chunk; `null` when it is anything else. */
export function readEntry(chunk: YamlChunk): Entry | null {
  const known = young.get(chunk.text) ?? old.get(chunk.text)
  const entry = known ?? parseEntry(chunk.text)
  if (entry === null) return null
  if (!young.has(chunk.text)) remember(chunk.text, entry)
  return entry
}

function remember(text: string, entry: Entry): void {
  if (youngChars > MOST_CHARS) {
    old = young
    young = new Map()
    youngChars = 0
  }
  young.set(text, entry)
  youngChars += text.length
}

function parseEntry(text: string): Entry | null {
  const value = readPlainYaml(text) ?? readByLibrary(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const [first, ...more] = Object.entries(value)
  if (first === undefined || more.length > 0) return null
  return { name: first[0], value: freeze(first[1]) }
}

function readByLibrary(text: string): Json {
  const read = readYaml(text, '')
  return read.ok ? read.document.value : null
}

/** Shared by every reading of the same text. */
function freeze(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) freeze(inner)
  return Object.freeze(value)
}
