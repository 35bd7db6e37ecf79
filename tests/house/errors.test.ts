/** Each error code is written down for readers, and known to some test. */
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { filesBelow, isTest, root } from './source-tree.ts'

const reference = readFileSync(join(root, 'docs/reference/errors.md'), 'utf8')

/** Test vectors count: tests run each of them and expect the code that it names. */
function testTexts(): string[] {
  const tests = filesBelow(['packages', 'tests', 'bench'], ['.ts']).filter(({ path }) => isTest(path))
  const vectors = readFileSync(join(root, 'spec/vectors/index.json'), 'utf8')
  return [...tests.map((it) => it.text), vectors]
}

function codesIn(markdown: string): string[] {
  return [...markdown.matchAll(/^\| `([^`]+)` \|/gm)].map((it) => it[1] ?? '')
}

function untested(codes: readonly string[], texts: readonly string[]): string[] {
  const all = texts.join('\n')
  return codes.filter((code) => !new RegExp(`['"\`]${code.replaceAll('.', '\\.')}['"\`]`).test(all))
}

describe('the error tables', () => {
  it('are what docs/reference/errors.md says (npm run generate)', async () => {
    const script = join(root, 'scripts/generate/errors.mjs')
    const { stdout } = await promisify(execFile)(process.execPath, [
      '-C',
      '@changeover/source',
      script,
      '--print',
    ])
    expect(reference).toBe(stdout)
    expect(codesIn(stdout).length).toBeGreaterThan(100)
  })

  it('have each code once, as room.what_happened', () => {
    const codes = codesIn(reference)
    expect(codes.filter((it, i) => codes.indexOf(it) !== i)).toEqual([])
    expect(codes.filter((it) => !/^[a-z]+\.[a-z0-9]+(_[a-z0-9]+)*$/.test(it))).toEqual([])
  })

  it('have each code in some test', () => {
    expect(untested(codesIn(reference), testTexts())).toEqual([])
  })

  it('say what is, in lower case and without a full stop', () => {
    const texts = [...reference.matchAll(/^\| `([^`]+)` \|.*\| (.+) \|$/gm)]
    const wrong = texts.filter(([, , text = '']) => /^[A-Z]|\.$|undefined|\[object/.test(text))
    expect(wrong.map((it) => `${it[1]}: ${it[2]}`)).toEqual([])
  })
})

describe('the rule for codes', () => {
  it('catches a code that no test names, also when it is only part of another', () => {
    const markdown = '| `store.failed` | operator |\n| `store.fail` | operator |\n| plain | text |'
    expect(codesIn(markdown)).toEqual(['store.failed', 'store.fail'])
    expect(untested(codesIn(markdown), ["expect(code).toBe('store.failed')"])).toEqual(['store.fail'])
  })
})
