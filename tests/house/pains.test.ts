/** docs/reference/pains.md names tests: each is there, and each pain is answered. */
import { describe, expect, it } from 'vitest'
import { missingTests, sectionsOf } from './named-tests.ts'

const pains = sectionsOf('docs/reference/pains.md')

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
    expect(missingTests(pains)).toEqual([])
  })
})
