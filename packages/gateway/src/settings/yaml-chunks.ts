/**
 * Cuts a YAML text into its entries, so that each can be read by itself.
 *
 * The YAML library needs one to two microseconds for a byte: a thousand keys would hold the event loop for
 * two hundred milliseconds, under running streams, each time that one letter of the file changes. Entries
 * read one by one can be remembered by their text, and between two of them the loop can turn.
 *
 * Cutting is by indentation alone and understands nothing. It is right for the plain way in which settings
 * are written, one entry below the other; for everything that could reach across a cut (anchors, several
 * documents, tabs, braces around whole sections) it gives up, and the text is read as a whole. An
 * open quote or bracket makes an entry that is broken by itself, which leads to the same. A property test
 * holds both ways together.
 */

export interface YamlChunk {
  readonly kind: string
  /** The entry with its indentation, and whatever comments follow it. */
  readonly text: string
  /** Lines above it in the file. */
  readonly linesBefore: number
  /** Lines that are the entry's own; what follows are blank lines, and comments that are not deeper than it. */
  readonly bodyLines: number
  /** All lines of its text. */
  readonly lines: number
  /** Spaces before its name. */
  readonly indent: number
}

export interface YamlSection {
  readonly kind: string
  /** Starting at 1. */
  readonly line: number
  readonly chunks: readonly YamlChunk[]
}

/**
 * What could mean something across a cut. Anchors only: an alias, a merge or a tag in an entry that does
 * not stand by itself makes that entry fail by itself.
 */
const REACHES_ACROSS = /^(?:---|\.\.\.|\uFEFF)|^ *\t|(?:^ *|[:?-] +|[[{,] *)&[^\s,[\]{}]|\r(?!\n)/m
const SECTION = /^([A-Za-z][A-Za-z0-9_-]*):(?: +#.*| *)\r?$/
const ENTRY = /^ *(?:[A-Za-z0-9$][^\s:#'"{}[\],]*(?::[^\s:#'"{}[\],]+)*|"[^"\\]*"|'[^']*'):(?:\s|$)/

/** What the expression above needs to match anything: most texts have none of it, and looking is quick. */
const REACHING = ['&', '\t', '\r', '---', '...', '\uFEFF']

interface Cut {
  readonly text: string
  readonly sections: readonly YamlSection[] | null
}

/**
 * The newest texts, newest first. One change cuts the text before it and the text after it, each several times:
 * to compare, to edit, to compare again, to read.
 */
let recent: readonly Cut[] = []
const MOST_RECENT = 3
/** Characters. A longer text is cut each time rather than kept. */
const LONGEST_KEPT = 4 * 1024 * 1024

/** `null` when the text is not made of sections and entries in the plain way. The same text, the same sections. */
export function cutYaml(text: string): readonly YamlSection[] | null {
  const known = recent.find((it) => it.text === text)
  const cut = known ?? { text, sections: cutAnew(text, recent[0]?.sections ?? null) }
  if (recent[0] === cut || text.length > LONGEST_KEPT) return cut.sections
  recent = [cut, ...recent.filter((it) => it !== cut)].slice(0, MOST_RECENT)
  return cut.sections
}

/** Entries that stand as they stood in `before` are the same objects, so that a change of one costs one. */
function cutAnew(text: string, before: readonly YamlSection[] | null): readonly YamlSection[] | null {
  if (REACHING.some((it) => text.includes(it)) && REACHES_ACROSS.test(text)) return null
  const cutter = new Cutter(text, before)
  let from = 0
  for (let i = 0; from <= text.length; i++) {
    const known = cutter.takeKnown(from, i)
    if (known !== null) {
      from += known.text.length
      i += known.lines - 1
      continue
    }
    const end = text.indexOf('\n', from)
    const to = end === -1 ? text.length : end
    if (!cutter.take(from, to, i)) return null
    from = to + 1
  }
  const sections = cutter.finish()
  return sections.length === 0 ? null : sections
}

interface OpenChunk {
  readonly from: number
  readonly linesBefore: number
  /** End of its last line so far. */
  to: number
  bodyLines: number
  lines: number
  /** What it is, unless something more belongs to it. */
  readonly known: YamlChunk | null
}

/** Takes lines by where they stand in the text; only names and chunks become strings of their own. */
class Cutter {
  readonly #text: string
  readonly #sections: { kind: string; line: number; chunks: YamlChunk[] }[] = []
  readonly #before: readonly YamlSection[] | null
  /** Entries that the section had before, those that are still to come. */
  #expected: readonly YamlChunk[] = []
  #next = 0
  #indent = 0
  #chunk: OpenChunk | null = null

  constructor(text: string, before: readonly YamlSection[] | null) {
    this.#text = text
    this.#before = before
  }

  /** An entry that was there before, when it is what stands here now. More lines may still belong to it. */
  takeKnown(from: number, i: number): YamlChunk | null {
    const at = [this.#next, this.#next + 1].find((it) => this.#isAt(from, this.#expected[it]))
    const known = at === undefined ? undefined : this.#expected[at]
    if (at === undefined || known === undefined) return null
    this.#close()
    this.#next = at + 1
    this.#indent = known.indent
    const { lines, bodyLines } = known
    this.#chunk = { from, to: from + known.text.length - 1, linesBefore: i, bodyLines, lines, known }
    return known
  }

  /** The first entry of a section says how deep the others are. */
  #isAt(from: number, known: YamlChunk | undefined): boolean {
    if (known === undefined || (this.#indent !== 0 && this.#indent !== known.indent)) return false
    return this.#text.startsWith(known.text, from)
  }

  /** False when the line is nothing that can be cut at or belong to an entry. */
  take(from: number, to: number, i: number): boolean {
    const indent = this.#indentOf(from, to)
    const isEmpty = indent === -1 || this.#text.charAt(from + indent) === '#'
    if (isEmpty && indent <= this.#indent) {
      if (this.#chunk !== null) this.#extend(this.#chunk, to)
      return true
    }
    if (isEmpty) return this.#continue(to, i) || true
    if (indent === 0) return this.#section(this.#text.slice(from, to), i)
    if (this.#sections.length === 0) return false
    if (this.#indent === 0) this.#indent = indent
    if (indent < this.#indent) return false
    if (indent > this.#indent) return this.#continue(to, i)
    if (!ENTRY.test(this.#text.slice(from, to))) return false
    this.#close()
    this.#chunk = { from, to, linesBefore: i, bodyLines: 1, lines: 1, known: null }
    return true
  }

  finish(): readonly YamlSection[] {
    this.#close()
    return this.#sections
  }

  /** A line that belongs to the entry above it. False when there is none. */
  #continue(to: number, i: number): boolean {
    const chunk = this.#chunk
    if (chunk === null) return false
    this.#extend(chunk, to)
    chunk.bodyLines = i - chunk.linesBefore + 1
    return true
  }

  #extend(chunk: OpenChunk, to: number): void {
    chunk.to = to
    chunk.lines += 1
  }

  /** Characters before the first that shows; -1 when none does. */
  #indentOf(from: number, to: number): number {
    const text = this.#text
    let at = from
    while (at < to && text.charCodeAt(at) === SPACE) at++
    if (at === to) return -1
    const unit = text.charCodeAt(at)
    return unit > SPACE && unit < 127 ? at - from : text.slice(from, to).search(/\S/)
  }

  #section(line: string, i: number): boolean {
    const kind = SECTION.exec(line)?.[1]
    if (kind === undefined || this.#sections.some((it) => it.kind === kind)) return false
    this.#close()
    this.#sections.push({ kind, line: i + 1, chunks: [] })
    this.#indent = 0
    this.#expected = this.#before?.find((it) => it.kind === kind)?.chunks ?? []
    this.#next = 0
    return true
  }

  #close(): void {
    const section = this.#sections.at(-1)
    const chunk = this.#chunk
    if (section !== undefined && chunk !== null) {
      section.chunks.push(this.#finished(chunk, section.kind))
    }
    this.#chunk = null
  }

  #finished(chunk: OpenChunk, kind: string): YamlChunk {
    const { from, to, linesBefore, bodyLines, lines, known } = chunk
    const isWhole = known !== null && known.lines === lines
    if (isWhole && known.linesBefore === linesBefore) return known
    const text = isWhole ? known.text : `${this.#text.slice(from, to)}\n`
    return { kind, text, linesBefore, bodyLines, lines, indent: this.#indent }
  }
}

const SPACE = 32
