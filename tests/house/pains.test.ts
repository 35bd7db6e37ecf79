/** docs/reference/pains.md names tests: each is there, and each pain is answered. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const page = readFileSync(join(root, 'docs/reference/pains.md'), 'utf8')

interface Pain {
  readonly number: number
  readonly text: string
  readonly tests: readonly { readonly file: string; readonly name: string }[]
}

const pains: readonly Pain[] = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({
    number: Number.parseInt(text, 10),
    text,
    tests: [...text.matchAll(/^- `([^`]+)`: (.+)$/gm)].map(([, file = '', name = '']) => ({ file, name })),
  }))

/** Whether a file has a test that is called exactly so, with a row for each case or without. */
function has(source: string, name: string): boolean {
  return ["'", '"', '`'].some((quote) =>
    source.includes(`${quote}${name.replaceAll(quote, `\\${quote}`)}${quote}`),
  )
}

describe('docs/reference/pains.md', () => {
  it('answers each of the twenty-five, and says whether we have it', () => {
    expect(pains.map((it) => it.number)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1))
    const unanswered = pains.filter(
      (it) => !/^\*\*(?:No|In part|Yes)\*\*|^\*\*(?:No|In part|Yes)\.\*\*/m.test(it.text),
    )
    expect(unanswered.map((it) => it.number)).toEqual([])
  })

  it('names a test for what it says we do not have', () => {
    const unshown = pains.filter((it) => /^\*\*No/m.test(it.text) && it.tests.length === 0)
    expect(unshown.map((it) => it.number)).toEqual([])
  })

  it('names only tests that are there', () => {
    const missing = pains
      .flatMap((it) => it.tests)
      .filter(({ file, name }) => {
        const path = join(root, file)
        return !existsSync(path) || !has(readFileSync(path, 'utf8'), name)
      })
      .map(({ file, name }) => `${file}: ${name}`)
    expect(missing).toEqual([])
  })
})
