/** The table of attacks says what the tests of attacks are called, no more and no less. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

/** `case: name`, of each row of the table. */
function listed(markdown: string): string[] {
  return [...markdown.matchAll(/^\| (\d+ [^|]+) \|[^|]*\|[^|]*\| (.+) \|$/gm)].map(
    ([, about = '', name = '']) => `${about.trim()}: ${name.trim()}`,
  )
}

/** `describe: it`, of each test in a file. */
function tested(source: string): string[] {
  let about = ''
  const found = source.matchAll(/^describe\('([^']+)'|^ {2}(?:it|\])[^\n]*?\(\s*(['"])(.+?)\2,\s*async/gm)
  return [...found].flatMap(([, described, , name]) => {
    if (described !== undefined) about = described
    return name === undefined ? [] : [`${about}: ${name}`]
  })
}

describe('docs/reference/attacks.md', () => {
  const names = tested(read('packages/reload/src/engine/attacks.test.ts'))

  it('lists every attack that is tested, and none that is not', () => {
    expect(listed(read('docs/reference/attacks.md')).toSorted()).toEqual(names.toSorted())
  })

  it('has all seven cases', () => {
    expect(new Set(names.map((it) => Number.parseInt(it, 10)))).toEqual(new Set([13, 14, 15, 16, 17, 18, 19]))
  })
})
