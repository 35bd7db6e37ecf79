/**
 * Reads the commit blocks of `engine/commit.ts`: the code between the marks `commit block: begin` and `end`.
 *
 * Allowed is a plain assignment of something that already exists, perhaps under a plain condition. So nothing can
 * be awaited, called, made or thrown half way, and no getter hides behind an index.
 */
import { lineOf } from './code-mask.ts'
import type { SourceFile } from './source-tree.ts'

const NAME = /[\w$]+(?:\.[\w$]+)*/.source
const CONDITION = `if \\(!?${NAME}(?: [!=]== ${NAME})?\\) `
const ASSIGNMENT = new RegExp(`^(?:${CONDITION})?(?:(?:const|let) [\\w$]+|${NAME}) = ${NAME}$`)

const BLOCK = /^[ \t]*\/\/ commit block: begin\n([\s\S]*?)^[ \t]*\/\/ commit block: end$/gm

/** The inside of each block. */
export function commitBlocks(text: string): { readonly line: number; readonly text: string }[] {
  return [...text.matchAll(BLOCK)].map((it) => ({ line: lineOf(text, it.index) + 1, text: it[1] ?? '' }))
}

/** Lines in the blocks that could do anything but assign, and marks that do not pair. */
export function commitBreaks({ path, text }: SourceFile): string[] {
  const blocks = commitBlocks(text)
  const marks = text.match(/commit block: (begin|end)$/gm)?.length ?? 0
  const unpaired = marks === 2 * blocks.length ? [] : [`${path}: marks of commit blocks that do not pair`]
  const lines = blocks.flatMap((block) => {
    const found = block.text.trimEnd().split('\n')
    return found.map((it, i) => ({ line: block.line + i, text: it.trim() }))
  })
  const breaks = lines.filter((it) => it.text !== '' && !ASSIGNMENT.test(it.text))
  return [...unpaired, ...breaks.map((it) => `${path}:${it.line}: "${it.text}" is more than an assignment`)]
}

/** Assignments to the pointers outside the blocks: what serves changes in one file only. */
export function pointerWrites(files: readonly SourceFile[]): string[] {
  const write = /\b(?:cell|pointers)\.(?:current|candidate|baseline)\s*=(?!=)/g
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(write)].map(
      (it) => `${path}:${lineOf(text, it.index)}: moves a pointer; only commit.ts does`,
    ),
  )
}
