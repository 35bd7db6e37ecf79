/** Tests that notice nothing prove nothing: each mutant of the accounting has to be found by the one that it names. */
import { beforeAll, describe, expect, it } from 'vitest'
import { ACCOUNTING_MUTANTS, judgeAll, UNCHANGED } from './accounting-mutants.ts'

describe('the tests of the accounting', () => {
  let told: ReadonlyMap<string, readonly string[]>
  beforeAll(async () => {
    told = await judgeAll(ACCOUNTING_MUTANTS)
  }, 300_000)

  it('pass where nothing is wrong', () => {
    expect(told.get(UNCHANGED)).toEqual([])
  })

  for (const { name, killedBy } of ACCOUNTING_MUTANTS) {
    it(`notice that ${name}`, () => {
      expect(told.get(name)).toContain(killedBy)
    })
  }
})
