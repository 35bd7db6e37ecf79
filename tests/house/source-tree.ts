/**
 * The files that the rules of the house are about, as text.
 *
 * Rules are functions of such files, so that each is proven on a file that breaks it; only the tests read the
 * real tree. Not here: what is installed, built, generated or private to a machine.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface SourceFile {
  /** From the root of the repository, with `/`. */
  readonly path: string
  readonly text: string
}

export const root = fileURLToPath(new URL('../../', import.meta.url))

const skipped = new Set(['node_modules', 'dist', 'coverage', 'generated', 'recordings', 'vectors', 'results'])

/** All files below `folders` that end in one of `endings`, sorted by path. */
export function filesBelow(folders: readonly string[], endings: readonly string[]): SourceFile[] {
  const found = folders.flatMap((it) => walk(it)).filter((path) => endings.some((it) => path.endsWith(it)))
  return found.sort().map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
}

/** Everything that runs or is tested. */
export function codeFiles(): SourceFile[] {
  return filesBelow(['packages', 'tests', 'examples', 'bench', 'scripts'], ['.ts', '.mjs'])
}

/** TypeScript of the packages. */
export function packageFiles(): SourceFile[] {
  return filesBelow(['packages'], ['.ts'])
}

/** Also what only tests use: `test-gateway.ts` and its like. */
export function isTest(path: string): boolean {
  return (
    /\.test\.ts$|\/test-[^/]+\.ts$/.test(path) ||
    path.startsWith('tests/') ||
    path.startsWith('packages/testkit/')
  )
}

function walk(folder: string): string[] {
  if (!existsSync(join(root, folder))) return []
  const entries = readdirSync(join(root, folder), { withFileTypes: true, encoding: 'utf8' })
  return entries.flatMap((entry) => {
    if (skipped.has(entry.name) || entry.name.startsWith('.')) return []
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    return entry.isDirectory() ? walk(path) : [path]
  })
}
