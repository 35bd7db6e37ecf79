/** docs/reference/swap-cases.md names tests: each is there, and each case has some. */
import { describe, expect, it } from 'vitest'
import { missingTests, sectionsOf, unnamedTests } from './named-tests.ts'

const cases = sectionsOf('docs/reference/swap-cases.md')

describe('docs/reference/swap-cases.md', () => {
  it('has all eight cases, each with a test', () => {
    expect(cases.map((it) => it.number)).toEqual([28, 29, 30, 31, 32, 33, 34, 35])
    expect(cases.filter((it) => it.tests.length === 0)).toEqual([])
  })

  it('names only tests that are there, and every one of the engine’s', () => {
    expect(missingTests(cases)).toEqual([])
    expect(unnamedTests(cases, 'packages/reload/src/engine/swap-cases.test.ts')).toEqual([])
  })
})
