/** The pages of what fails name tests: each is there, and what has none is not built. */
import { describe, expect, it } from 'vitest'
import { missingTests, type Section, sectionsOf, unnamedTests } from './named-tests.ts'

const STAGES = [
  'store read',
  'watch',
  'receive',
  'verify',
  'validate',
  'approve',
  'fetch',
  'load',
  'warm-up',
  'persist',
  'barrier',
  'swap',
  'observe',
  'bake',
  'rollback',
  'drain',
  'dispose',
  'telemetry',
  'control',
  'store loss',
]

const stages = sectionsOf('docs/reference/failure-matrix.md')
const cases = sectionsOf('docs/reference/faults.md')
const NOT_BUILT = /^\*\*Not built\*\*/m

/** Without a test, and without a word that says why. */
function unshown(sections: readonly Section[]): string[] {
  return sections.filter((it) => it.tests.length === 0 && !NOT_BUILT.test(it.text)).map((it) => it.heading)
}

describe('docs/reference/failure-matrix.md', () => {
  it('has each stage, with a test or with what holds in its place', () => {
    expect(stages.map((it) => it.heading)).toEqual(STAGES)
    expect(unshown(stages)).toEqual([])
  })

  it('names only tests that are there', () => {
    expect(missingTests(stages)).toEqual([])
  })
})

describe('docs/reference/faults.md', () => {
  it('has all cases that stand on no other page, each with a test or with what holds in its place', () => {
    const numbers = Array.from({ length: 40 }, (_, i) => i + 1)
    const elsewhere = new Set([13, 14, 15, 16, 17, 18, 19, 28, 29, 30, 31, 32, 33, 34, 35])
    expect(cases.map((it) => it.number)).toEqual(numbers.filter((it) => !elsewhere.has(it)))
    expect(unshown(cases)).toEqual([])
  })

  it('names only tests that are there, and every one that was written for a case', () => {
    expect(missingTests(cases)).toEqual([])
    for (const file of [
      'packages/reload/src/engine/fault-cases.test.ts',
      'tests/faults/settings-server.test.ts',
    ])
      expect(unnamedTests(cases, file)).toEqual([])
  })
})
