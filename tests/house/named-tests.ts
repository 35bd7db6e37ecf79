/**
 * Pages of docs/reference that name tests, section by section: `- \`path\`: name of the test`. A page says what is promised,
 * and what is named below would fail if it were not so.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

export interface NamedTest {
  readonly file: string
  readonly name: string
}

export interface Section {
  readonly heading: string
  /** What the heading begins with; `NaN` where that is no number. */
  readonly number: number
  readonly text: string
  readonly tests: readonly NamedTest[]
}

export function readRepository(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

/** Each heading of the second level, with what stands below it. */
export function sectionsOf(path: string): readonly Section[] {
  return readRepository(path)
    .split(/^## /m)
    .slice(1)
    .map((text) => ({
      heading: text.split('\n', 1)[0] ?? '',
      number: Number.parseInt(text, 10),
      text,
      tests: [...text.matchAll(/^- `([^`]+)`: (.+)$/gm)].map(([, file = '', name = '']) => ({ file, name })),
    }))
}

/** `file: name` of those that are named and are not there. */
export function missingTests(sections: readonly Section[]): string[] {
  return sections
    .flatMap((it) => it.tests)
    .filter(({ file, name }) => !existsSync(join(root, file)) || !hasTest(readRepository(file), name))
    .map(({ file, name }) => `${file}: ${name}`)
}

/** Tests of a file that stands for one page, and are not named on it. */
export function unnamedTests(sections: readonly Section[], file: string): string[] {
  const named = new Set(
    sections.flatMap((it) => it.tests.filter((test) => test.file === file).map((it) => it.name)),
  )
  const source = readRepository(file)
  const titles = [...source.matchAll(/^ {2}(?:it|\])[^\n]*?\((['"])(.+?)\1,\s*async/gm)].map(
    ([, , name = '']) => name,
  )
  if (titles.length === 0) throw new Error(`no test was found in ${file}`)
  return titles.filter((it) => !named.has(it))
}

/** Whether a source has a test that is called exactly so, with a row for each case or without. */
function hasTest(source: string, name: string): boolean {
  return ["'", '"', '`'].some((quote) =>
    source.includes(`${quote}${name.replaceAll(quote, `\\${quote}`)}${quote}`),
  )
}
