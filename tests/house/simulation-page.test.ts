/** `npm run simulate -- --write`: rows that were counted go into the page, and no other row is lost. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withRows } from '../../scripts/parts/simulation-page.mjs'
import { root } from './source-tree.ts'

const head = ['canary', 'of', 'seed']
const page = `# A page

<!-- canaries: written by npm run simulate -->

| canary | of | seed |
| --- | --- | --- |
| good | 10,000 | 1 |
| gone | 10 | 1 |
| bad | 20 | 7 |

<!-- end -->

Words of people.
`
const table = { table: 'canaries', head, names: ['good', 'dead', 'bad'] }

describe('rows that were counted', () => {
  it('take the place of those of the same names; others stay, but for those that are no more', () => {
    const text = withRows(page, { ...table, rows: [['bad', '3,000', '9']] })
    expect(text).toBe(
      page.replace('| gone | 10 | 1 |\n', '').replace('| bad | 20 | 7 |', '| bad | 3,000 | 9 |'),
    )
  })

  it('that are new stand in order', () => {
    const text = withRows(page, { ...table, rows: [['dead', '$&', '9']] })
    expect(text).toContain('| good | 10,000 | 1 |\n| dead | $& | 9 |\n| bad | 20 | 7 |\n\n<!-- end -->')
  })

  it('fill a table that is empty', () => {
    const empty = '<!-- canaries: written by npm run simulate -->\n<!-- end -->\n'
    expect(withRows(empty, { ...table, rows: [['bad', '1', '2']] })).toBe(
      '<!-- canaries: written by npm run simulate -->\n\n| canary | of | seed |\n| --- | --- | --- |\n| bad | 1 | 2 |\n\n<!-- end -->\n',
    )
  })

  it('are not written among others of other columns, nor where there is no table', () => {
    expect(() => withRows(page, { ...table, head: ['canary', 'seed'], rows: [] })).toThrow(
      /nothing was written/,
    )
    expect(() => withRows(page, { ...table, table: 'blame', rows: [] })).toThrow(/no place .* blame/)
  })
})

it('the page has a place for both tables', () => {
  const text = readFileSync(join(root, 'docs/reference/analysis.md'), 'utf8')
  for (const name of ['canaries', 'blame']) {
    expect(text).toMatch(new RegExp(`<!-- ${name}: written by npm run simulate -->\n[^]*?<!-- end -->`))
  }
})
