import { expect, it } from 'vitest'
import { type CallFacts, recordOf } from './call-facts.ts'

const facts = {
  attempts: [],
  durationMs: 4.349075999998604,
  firstTokenMs: 3.568756000000576,
  snapshot: null,
  caller: null,
  body: null,
  route: null,
  target: null,
  usage: null,
  cache: null,
  asked: null,
  skipped: null,
  placed: { rollout: null, role: null, cohort: null, unit: null },
  warnings: [],
  findings: [],
} as unknown as CallFacts

it('a record tells its times to a microsecond', () => {
  expect(recordOf(facts, '')).toMatchObject({ durationMs: 4.349, firstTokenMs: 3.569 })
  expect(recordOf({ ...facts, firstTokenMs: null }, '')).toMatchObject({ firstTokenMs: null })
})
