/** A model that notices nothing proves nothing: each mutant of the engine has to be found by it. */
import { describe, expect, it } from 'vitest'
import { MUTANTS } from './mutants.ts'
import { judge } from './run-mutants.ts'

describe('the model', () => {
  for (const mutant of MUTANTS) {
    it(`notices when ${mutant.name}`, { timeout: 300_000 }, async () => {
      const verdict = await judge(mutant, { runs: 1_500, seed: 20261121 })
      expect(verdict).toMatchObject({ killed: true })
    })
  }
})
