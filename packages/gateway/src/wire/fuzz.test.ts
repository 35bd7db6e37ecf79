/** A short run of what `npm run fuzz` does for long: the same cases each time. */
import { join } from 'node:path'
import { FuzzRandom, fuzzTools } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { fuzzCase } from './test-fuzz.ts'
import { readFuzzCorpus } from './test-fuzz-corpus.ts'

const corpus = readFuzzCorpus(join(import.meta.dirname, '../../../../tests/recordings'))
const SEED = 1
const CASES = 3000

describe('broken requests and answers', () => {
  it('are refused or read, of every format, and nothing else comes of them', () => {
    expect(new Set(corpus.streams.map(([name]) => name)).size).toBeGreaterThanOrEqual(5)
    for (let i = 0; i < CASES; i += 1) {
      try {
        fuzzCase(fuzzTools(new FuzzRandom(SEED, i)), corpus)
      } catch (thrown) {
        throw new Error(`case ${i} of seed ${SEED}`, { cause: thrown })
      }
    }
  })
})
