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

/** `null` when the text is not made of sections and entries in the plain way. */
export function cutYaml(text: string): readonly YamlSection[] | null {
  if (REACHES_ACROSS.test(text)) return null
  const cutter = new Cutter()
  const lines = text.split('\n')
  for (const [i, line] of lines.entries()) if (!cutter.take(line, i)) return null
  const sections = cutter.finish()
  return sections.length === 0 ? null : sections
}

class Cutter {
  readonly #sections: { kind: string; line: number; chunks: YamlChunk[] }[] = []
  #indent = 0
  #chunk: string[] = []
  #startedAt = 0

  /** False when the line is nothing that can be cut at or belong to an entry. */
  take(line: string, i: number): boolean {
    const indent = line.search(/\S/)
    const isEmpty = indent === -1 || line.charAt(indent) === '#'
    if (isEmpty) {
      if (this.#chunk.length > 0) this.#chunk.push(line)
      return true
    }
    if (indent === 0) return this.#section(line, i)
    const section = this.#sections.at(-1)
    if (section === undefined) return false
    if (this.#indent === 0) this.#indent = indent
    if (indent < this.#indent) return false
    if (indent > this.#indent) {
      this.#chunk.push(line)
      return this.#chunk.length > 1
    }
    if (!ENTRY.test(line)) return false
    this.#close()
    this.#chunk = [line]
    this.#startedAt = i
    return true
  }

  finish(): readonly YamlSection[] {
    this.#close()
    return this.#sections
  }

  #section(line: string, i: number): boolean {
    const kind = SECTION.exec(line)?.[1]
    if (kind === undefined || this.#sections.some((it) => it.kind === kind)) return false
    this.#close()
    this.#sections.push({ kind, line: i + 1, chunks: [] })
    this.#indent = 0
    return true
  }

  #close(): void {
    const section = this.#sections.at(-1)
    if (section !== undefined && this.#chunk.length > 0) {
      section.chunks.push({
        kind: section.kind,
        text: `${this.#chunk.join('\n')}\n`,
        linesBefore: this.#startedAt,
        bodyLines: 1 + this.#chunk.findLastIndex((it, i) => i === 0 || it.search(/\S/) > this.#indent),
        indent: this.#indent,
      })
    }
    this.#chunk = []
  }
}
