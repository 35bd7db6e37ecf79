/** docs/reference/swap-cases.md names tests: each is there, and each case has some. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const cases = read('docs/reference/swap-cases.md')
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    number: Number.parseInt(text, 10),
    tests: [...text.matchAll(/^- `([^`]+)`: (.+)$/gm)].map(([, file = '', name = '']) => ({ file, name })),
  }))

/** Whether a file has a test that is called exactly so, with a row for each case or without. */
function has(source: string, name: string): boolean {
  return ["'", '"', '`'].some((quote) => source.includes(quote + name + quote))
}

describe('docs/reference/swap-cases.md', () => {
  it('has all eight cases, each with a test', () => {
    expect(cases.map((it) => it.number)).toEqual([28, 29, 30, 31, 32, 33, 34, 35])
    expect(cases.filter((it) => it.tests.length === 0)).toEqual([])
  })

  it('names only tests that are there, and every one of the engine’s', () => {
    const named = cases.flatMap((it) => it.tests)
    const missing = named.filter(({ file, name }) => !existsSync(join(root, file)) || !has(read(file), name))
    expect(missing).toEqual([])
    const own = 'packages/reload/src/engine/swap-cases.test.ts'
    const tested = [...read(own).matchAll(/^ {2}it[^\n]*?\((['"])(.+?)\1,\s*async/gm)].map(
      ([, , name = '']) => name,
    )
    expect(
      named
        .filter((it) => it.file === own)
        .map((it) => it.name)
        .toSorted(),
    ).toEqual(tested.toSorted())
  })
})
