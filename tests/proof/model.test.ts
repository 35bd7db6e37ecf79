/** The short run of the model, for every landing. The long one: `npm run proof -- --runs 20000`. */
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runModel } from './run-model.ts'

const source = resolve(import.meta.dirname, '../../packages/reload/src')

describe('the engine', () => {
  // One seed that stays, so that a landing is judged alike everywhere, and one that looks further each day.
  const today = Math.floor(Date.now() / 86_400_000)
  for (const seed of [20261121, today]) {
    it(`keeps every promise in random histories (seed ${seed})`, { timeout: 300_000 }, async () => {
      const result = await runModel({ source, runs: 400, seed, maxCommands: 40 })
      expect(result.report).toBe('')
      expect(result.histories).toBe(400)
    })
  }
})
