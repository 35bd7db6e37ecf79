/**
 * Changes a YAML text entry by entry: what does not change keeps every byte, and so does whatever stands
 * around it.
 *
 * Comments above an entry that goes are left: who wrote them may want them, and where they belong is a
 * guess. An entry that comes is put below the last one of its section, a section below an empty line, which goes with it.
 */
import type { Json, SettingsTree } from '@changeover/reload'
import { stringify } from 'yaml'
import { sameJson } from './json-patch.ts'
import { ownValue } from './own-value.ts'
import { writePlainEntry } from './plain-yaml-writer.ts'
import { cutYaml, type YamlSection } from './yaml-chunks.ts'
import { layoutOf, rewriteYaml, type YamlLayout } from './yaml-edit.ts'
import { readEntry } from './yaml-reader.ts'
import { replacePlainValues, replaceYamlValues } from './yaml-splice.ts'

/** Lines `from` up to `to` (not included, counted from 0) become `lines`. */
interface LineEdit {
  readonly from: number
  readonly to: number
  readonly lines: readonly string[]
}

/**
 * `null` when the text is not cut into entries, or one of them cannot be written. A section that is the same object in
 * `wanted` and in what the text `says` is left alone.
 */
export function rewriteEntries(
  text: string,
  wanted: SettingsTree,
  says: SettingsTree | null = null,
): string | null {
  const sections = cutYaml(text)
  if (sections === null) return null
  const writer = new EntryWriter(text)
  for (const section of sections) {
    const next = ownValue(wanted, section.kind)
    if (next !== undefined && next === ownValue(says ?? {}, section.kind)) continue
    if (!writer.section(section, next)) return null
  }
  const known = new Set(sections.map((it) => it.kind))
  const fresh = Object.entries(wanted).filter(([kind]) => !known.has(kind))
  const edited = applyEdits(text, writer.edits)
  return fresh.length === 0 ? edited : append(edited, fresh, writer.layout)
}

class EntryWriter {
  readonly edits: LineEdit[] = []
  readonly #text: string
  #layout: YamlLayout | null = null

  constructor(text: string) {
    this.#text = text
  }

  /** Looked for only when something is written that has no form of its own yet: it takes the whole text. */
  get layout(): YamlLayout {
    this.#layout ??= layoutOf(this.#text)
    return this.#layout
  }

  section(section: YamlSection, wanted: Readonly<Record<string, Json>> | undefined): boolean {
    const last = section.chunks.at(-1)
    if (wanted === undefined) {
      // Nothing to take out of a section that holds only comments.
      if (last !== undefined) this.#cutApart(section.line - 1, last.linesBefore + last.bodyLines)
      return true
    }
    const held = new Set<string>()
    for (const chunk of section.chunks) {
      const entry = readEntry(chunk)
      if (entry === null) return false
      held.add(entry.name)
      const end = chunk.linesBefore + chunk.bodyLines
      const value = ownValue(wanted, entry.name)
      if (value === undefined) this.#cut(chunk.linesBefore, end)
      else if (!sameJson(entry.value, value)) {
        const body = chunk.text.split('\n').slice(0, chunk.bodyLines)
        const lines = this.#rewrite(body, { indent: chunk.indent, entry: { [entry.name]: value } })
        if (lines === null) return false
        this.edits.push({ from: chunk.linesBefore, to: end, lines })
      }
    }
    this.#insert(
      section,
      Object.entries(wanted).filter(([name]) => !held.has(name)),
    )
    return true
  }

  #insert(section: YamlSection, fresh: readonly (readonly [string, Json])[]): void {
    if (fresh.length === 0) return
    const last = section.chunks.at(-1)
    const at = last === undefined ? section.line : last.linesBefore + last.bodyLines
    const indent = last?.indent ?? this.layout.indent
    const { layout } = this
    const before = ' '.repeat(indent)
    const lines: string[] = []
    for (const [name, value] of fresh) {
      const plain = writePlainEntry(name, value, layout)
      if (plain !== null) for (const line of plain) lines.push(before + line)
      else lines.push(...indented(stringify({ [name]: value }, layout), indent))
    }
    this.edits.push({ from: at, to: at, lines })
  }

  #rewrite(
    body: readonly string[],
    it: { readonly indent: number; readonly entry: Readonly<Record<string, Json>> },
  ): readonly string[] | null {
    const text = `${body.map((line) => line.slice(it.indent)).join('\n')}\n`
    const entry = it.entry as SettingsTree
    const edited =
      replacePlainValues(text, entry) ??
      replaceYamlValues(text, entry) ??
      rewriteYaml(text, entry, this.layout)
    return edited === null ? null : indented(edited, it.indent)
  }

  /** With the empty line that set it apart: what comes and goes leaves the text as it was. */
  #cutApart(from: number, to: number): void {
    const lines = this.#text.split('\n')
    const isEmpty = (line: number) => lines[line]?.trim() === ''
    const isLast = to >= lines.length
    this.#cut(from > 0 && isEmpty(from - 1) && (isLast || isEmpty(to)) ? from - 1 : from, to)
  }

  #cut(from: number, to: number): void {
    this.edits.push({ from, to, lines: [] })
  }
}

function indented(text: string, indent: number): readonly string[] {
  const lines = text.replace(/\n$/, '').split('\n')
  return lines.map((it) => (it === '' ? it : ' '.repeat(indent) + it))
}

/** Edits do not overlap. What is between them is taken over as it stands, without being cut into lines. */
function applyEdits(text: string, edits: readonly LineEdit[]): string {
  const end = text.includes('\r\n') ? '\r' : ''
  const isClosed = text.endsWith('\n')
  const whole = isClosed ? text : `${text}\n`
  const lines = new LineWalk(whole)
  let [edited, taken] = ['', 0]
  // Of several at one place those that only add come first, the last of them first.
  const ordered = edits.toReversed().sort((a, b) => a.from - b.from || a.to - b.to)
  for (const it of ordered) {
    edited += whole.slice(taken, lines.startOf(it.from))
    for (const line of it.lines) edited += `${line.endsWith('\r') ? line : line + end}\n`
    taken = lines.startOf(it.to)
  }
  edited += whole.slice(taken)
  return isClosed ? edited : edited.replace(/\n$/, '')
}

/** Where lines start, asked for in their order. */
class LineWalk {
  readonly #text: string
  #line = 0
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  startOf(line: number): number {
    for (; this.#line < line; this.#line += 1) {
      const end = this.#text.indexOf('\n', this.#at)
      this.#at = end === -1 ? this.#text.length : end + 1
    }
    return this.#at
  }
}

function append(text: string, sections: readonly (readonly [string, Json])[], layout: YamlLayout): string {
  const end = text.includes('\r\n') ? '\r\n' : '\n'
  const added = sections.map(([kind, section]) =>
    stringify({ [kind]: section }, layout).replaceAll('\n', end),
  )
  const closed = text === '' || text.endsWith('\n') ? text : text + end
  return [closed, ...added].filter((it) => it !== '').join(end)
}
