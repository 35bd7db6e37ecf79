/** The look of the house. */
import { describe, expect, it } from 'vitest'
import { codeFiles, filesBelow } from './source-tree.ts'
import { proseBreaks, silentSuppressions, styleBreaks } from './style.ts'

describe('the code', () => {
  it('looks as it does everywhere here', () => {
    expect(styleBreaks(codeFiles())).toEqual([])
  })

  it('hides no error without saying why', () => {
    expect(silentSuppressions(codeFiles())).toEqual([])
  })
})

describe('the prose', () => {
  it('uses plain words and names no machine', () => {
    expect(proseBreaks(filesBelow([''], ['.md']))).toEqual([])
  })
})

describe('the style rules', () => {
  const header = '/** What it is for. */\n'
  const breaks = (text: string, path = 'packages/a/src/b.ts') => styleBreaks([{ path, text: header + text }])

  it.each([
    ['const a: any = 1', 'no `any`'],
    ['const a = b as any', 'no `any`'],
    ['const a: any[] = []', 'no `any`'],
    ['type A = Map<string, any>', 'no `any`'],
    ['const a = b!.c', 'no `!`'],
    ['const a = b.c()!', 'no `!`'],
    ['export default a', 'no default export'],
    ['export { a as default }', 'no default export'],
    ['export const enum A { B }', 'only erasable syntax'],
    ['namespace A {}', 'only erasable syntax'],
    [`// TO\u0044O later`, 'no loose end'],
    [`// a hel\u0070er for`, 'say what it is'],
    [`const a = '/tm\u0070/x'`, 'no place of one machine'],
    ['class PoolManager {}', 'a name that says nothing'],
  ])('catch %s', (text, what) => {
    expect(breaks(text)).toEqual([expect.stringContaining(`packages/a/src/b.ts:2: ${what}`)])
  })

  it.each([
    'const a = expect.any(Error)',
    'const a = AbortSignal.any([b])',
    'const a = b !== c && !d',
    "const a = 'export default any!'",
    '// any company, any time',
    `// TO\u0044O #12 later`,
    'const handle = 1',
    'const a = { default: 1 }',
    'const a = "https://a.example/work/b"',
  ])('let %s be', (text) => {
    expect(breaks(text)).toEqual([])
  })

  it('catch a file without a header, but for contracts and tests', () => {
    const at = (path: string, text: string) => styleBreaks([{ path, text }])
    expect(at('packages/a/src/b.ts', "import { c } from 'c'\n/** D. */")).toEqual([
      expect.stringContaining('no module header'),
    ])
    expect(at('packages/a/src/contract/b.ts', "import type { C } from './c.ts'\n\n/** D. */")).toEqual([])
    expect(at('packages/a/src/contract/b.ts', 'export interface D {}')).toHaveLength(1)
    expect(at('scripts/a.mjs', '#!/usr/bin/env node\n/** B. */')).toEqual([])
    expect(at('packages/a/src/b.test.ts', 'const c = 1')).toEqual([])
  })

  it('catch names that are not kebab-case or say nothing, and barrels', () => {
    expect(breaks('', 'packages/a/src/fooBar.ts')).toEqual([expect.stringContaining('kebab-case')])
    expect(breaks('', 'packages/a/src/path-utils.ts')).toEqual([expect.stringContaining('says nothing')])
    expect(breaks('', 'vitest.config.ts')).toEqual([])
    expect(breaks("export * from './c.ts'", 'packages/a/src/b/index.ts')).toEqual([
      expect.stringContaining('no barrel'),
    ])
    expect(breaks("export * from './c.ts'", 'packages/a/src/index.ts')).toEqual([])
  })

  it('catch sleeps in tests, and not timers that are what is tested', () => {
    const test = (text: string, path = 'packages/a/src/b.test.ts') => breaks(text, path)
    const sleep = 'no sleep in a test'
    expect(test('await new Promise((resolve) => setTimeout(resolve, 5))')).toEqual([
      expect.stringContaining(sleep),
    ])
    expect(test('await new Promise<void>((resolve) => {\n  setTimeout(resolve, 5)\n})')).toHaveLength(1)
    expect(test('await sleep(5)')).toEqual([expect.stringContaining(sleep)])
    expect(test("import { setTimeout } from 'node:timers/promises'")).toEqual([
      expect.stringContaining(sleep),
    ])
    expect(test('await sleep(5)', 'packages/testkit/src/b.test.ts')).toEqual([])
    expect(test('const timer = setTimeout(run, ms).unref()')).toEqual([])
  })

  it('catch a suppression that does not say why', () => {
    const file = (text: string) => [{ path: 'packages/a/src/b.ts', text }]
    expect(silentSuppressions(file(`// @ts-\u0069gnore\na()`))).toHaveLength(1)
    expect(silentSuppressions(file(`// @ts-\u0065xpect-error the types lag behind\na()`))).toEqual([])
  })
})
