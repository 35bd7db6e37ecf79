/** No file outgrows a reader. */
import { describe, expect, it } from 'vitest'
import { oversized } from './sizes.ts'
import { codeFiles } from './source-tree.ts'

describe('the files', () => {
  it('are no longer than the house allows', () => {
    expect(oversized(codeFiles())).toEqual([])
  })
})

describe('the size rule', () => {
  const file = (path: string, lines: number) => ({ path, text: 'x\n'.repeat(lines) })

  it('catches a source of 501 lines and a test of 801, and no less', () => {
    expect(oversized([file('packages/a/src/b.ts', 501)])).toEqual([
      'packages/a/src/b.ts: 501 lines, the limit is 500; look for a second idea in it',
    ])
    expect(oversized([file('packages/a/src/b.test.ts', 801)])).toHaveLength(1)
    expect(oversized([file('packages/a/src/b.ts', 500), file('tests/a.test.ts', 800)])).toEqual([])
  })
})
