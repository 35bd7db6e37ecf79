/**
 * From one or more settings texts to the one tree, with a way back from each part to its place.
 *
 * Several files together make one tree: their sections are put together by the names of the entries. No
 * file goes before another: an entry that stands in two of them is an error that names both places,
 * because a silent precedence is how a change does not arrive.
 */
import {
  type Issue,
  type Json,
  nearest,
  pointTo,
  type SettingsTree,
  sayError,
  stepsOf,
} from '@changeover/reload'
import { type Place, type SettingsDocument, syntaxIssue } from './document.ts'
import { describeValue, wrong } from './issue-texts.ts'
import { ownValue } from './own-value.ts'
import { isSection, SECTIONS } from './schema.ts'
import { sectionIn } from './section-in.ts'

export interface AssembledSettings {
  readonly tree: SettingsTree
  readonly issues: readonly Issue[]
  /** Comments, or sections whose entries are all commented out, and not even `{}`. */
  readonly saysNothing: boolean
  placeOf(pointer: string): Place | undefined
}

export function assemble(documents: readonly SettingsDocument[]): AssembledSettings {
  const work = new Assembly()
  for (const it of documents) work.add(it)
  for (const [kind, section] of Object.entries(work.tree))
    work.tree[kind] = asBefore(ownValue(last, kind), section)
  const tree = Object.freeze(work.tree)
  if (work.issues.length === 0) last = tree
  const saysNothing = !documents.some((it) => saysSomething(it.value))
  return { tree, issues: work.issues, saysNothing, placeOf: (pointer) => work.placeOf(pointer) }
}

function saysSomething(value: Json): boolean {
  const sections = Object.values(value ?? { nothing: null })
  return sections.length === 0 || sections.some((it) => it !== null)
}

type Section = Record<string, Json>

/** The settings that were read last. A change leaves most sections as they were, and entries are the same objects then. */
let last: SettingsTree = {}

/** A section in which nothing changed is the same object, so that what was made of it is found again. */
function asBefore(before: SettingsTree[string] | undefined, section: Section): Section {
  const names = Object.keys(section)
  const earlier = Object.keys(before ?? {})
  const isSame =
    names.length === earlier.length &&
    names.every((it, i) => it === earlier[i] && Object.is(section[it], before?.[it]))
  return isSame && before !== undefined ? before : Object.freeze(section)
}

class Assembly {
  readonly tree: Record<string, Record<string, Json>> = {}
  readonly issues: Issue[] = []
  readonly #documents: SettingsDocument[] = []
  /** By pointer of the section or entry. */
  readonly #sources = new Map<string, SettingsDocument>()

  add(document: SettingsDocument): void {
    this.#documents.push(document)
    const { value } = document
    if (value === null) return
    if (!isMap(value)) {
      this.issues.push(
        syntaxIssue(document.placeOf([]), describeValue(value), 'a map of sections such as routes'),
      )
      return
    }
    for (const [kind, section] of Object.entries(value)) this.#addSection(document, kind, section)
  }

  #addSection(document: SettingsDocument, kind: string, section: Json): void {
    const pointer = pointTo('', kind)
    const place = document.placeOf([kind])
    if (section !== null && !isMap(section)) {
      this.issues.push({ ...this.#notSection(kind, pointer, section), place })
      return
    }
    if (!this.#sources.has(pointer)) this.#sources.set(pointer, document)
    const found = Object.entries(section ?? {})
    // A section whose entries are all commented out says the same as one that is not there.
    if (found.length === 0) {
      if (!isSection(kind)) this.issues.push({ ...unknownKind(kind, pointer), place })
      return
    }
    const entries = sectionIn(this.tree, kind)
    for (const [name, value] of found) {
      const at = pointTo(pointer, name)
      const earlier = this.#sources.get(at)
      if (earlier !== undefined) {
        this.issues.push(this.#twice(at, document.placeOf([kind, name]), earlier.placeOf([kind, name])))
        continue
      }
      this.#sources.set(at, document)
      entries[name] = value
    }
  }

  #notSection(kind: string, pointer: string, section: Json): Issue {
    if (isSection(kind)) {
      const issue = wrong(pointer, describeUnshown(section), 'a map of names')
      // `name:value` without a space is text to YAML.
      const isPair = typeof section === 'string' && /^[\w@./-]+:\S/.test(section)
      return isPair ? { ...issue, hint: 'is a space missing after a colon?' } : issue
    }
    return unknownKind(kind, pointer)
  }

  #twice(pointer: string, place: Place, earlier: Place): Issue {
    const found = `a second time, first in ${earlier.file}:${earlier.line}:${earlier.column}`
    return { ...syntaxIssue(place, `${pointer} ${found}`, 'each entry in one file'), pointer }
  }

  placeOf(pointer: string): Place | undefined {
    const steps = stepsOf(pointer)
    const [kind, name] = steps
    if (kind === undefined) return this.#documents[0]?.placeOf([])
    const section = pointTo('', kind)
    const source =
      (name === undefined ? undefined : this.#sources.get(pointTo(section, name))) ??
      this.#sources.get(section) ??
      this.#documents[0]
    return source?.placeOf(steps)
  }
}

function unknownKind(kind: string, pointer: string): Issue {
  const message = sayError('validate.unknown_kind', { kind, nearest: nearest(kind, SECTIONS) })
  return { code: 'validate.unknown_kind', message, pointer }
}

function isMap(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Text is not shown: it may be a secret that was written one level too high. */
function describeUnshown(value: Json): string {
  return typeof value === 'string' ? 'a text' : describeValue(value)
}
