/** What a file imports, by reading its import lines; no file of ours builds one at run time but by `import('…')`. */
import { posix } from 'node:path'
import { maskOf } from './code-mask.ts'
import type { SourceFile } from './source-tree.ts'

export interface Import {
  /** As written: `node:fs`, `../errors.ts`. */
  readonly name: string
  /** For a relative one, the file it means, from the root of the repository. */
  readonly file: string | null
}

const IMPORT = /\b(?:import|export)\b(?:[\w\s{},*$]*?\bfrom)?\s*\(?\s*'([^'\n]+)'/g

export function importsOf({ path, text }: SourceFile): Import[] {
  const { code, withStrings } = maskOf(text)
  const found: Import[] = []
  for (const match of withStrings.matchAll(IMPORT)) {
    const name = match[1] ?? ''
    // The keyword itself must be code: samples of code in strings are not imports.
    if (!/^(import|export)/.test(code.slice(match.index))) continue
    const file = name.startsWith('.') ? posix.join(posix.dirname(path), name) : null
    found.push({ name, file })
  }
  return found
}
