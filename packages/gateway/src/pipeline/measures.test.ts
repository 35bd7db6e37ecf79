import type { Arm } from '@changeover/reload'
import { describe, expect, it } from 'vitest'
import type { CallFacts } from './call-facts.ts'
import { addMeasures, FEEDBACK, measures } from './measures.ts'

const good = {
  error: '',
  target: {},
  attempts: [{ target: 'sim/a', status: 200, error: '', durationMs: 5 }],
  durationMs: 120,
  firstTokenMs: 30,
  body: { stream: true },
  usage: { inputTokens: 10, outputTokens: 20 },
  costMicroUsd: 7,
  finish: 'stop',
  schemaValid: null,
  cache: null,
  guarded: false,
  findings: [],
} as unknown as CallFacts

/** What a call says, by the name of the measure. */
function saidBy(more: object): Record<string, number> {
  const said: Record<string, number> = {}
  const arm: Arm = {
    add: () => {},
    addAll: (values) => {
      for (const [i, value] of values.entries())
        if (!Number.isNaN(value)) said[measures[i]?.name ?? i] = value
    },
  }
  addMeasures(arm, { ...good, ...more }, undefined)
  return said
}

describe('the measures of a finished call', () => {
  it('are all that it can say', () => {
    expect(saidBy({})).toEqual({
      failed_rate: 0,
      error_rate: 0,
      rejected_rate: 0,
      unauthorized_rate: 0,
      limited_rate: 0,
      retried_rate: 0,
      refusal_rate: 0,
      latency_ms: 120,
      first_token_ms: 30,
      input_tokens: 10,
      output_tokens: 20,
      cost_micro_usd: 7,
    })
  })

  const failed = { target: null, attempts: [], usage: null, costMicroUsd: null, finish: null }

  it.each([
    ['error_rate', 'upstream.failed'],
    ['error_rate', 'gateway.bug'],
    ['rejected_rate', 'routing.no_such_model'],
    ['rejected_rate', 'contexts.variable'],
    ['unauthorized_rate', 'identity.unknown_key'],
    ['limited_rate', 'policy.limit_reached'],
  ])('count it in %s when it ended with %s, and in no other rate by reason', (name, error) => {
    const { retried_rate: _, ...said } = saidBy({ ...failed, error })
    expect(said).toEqual({ failed_rate: 1, [name]: 1 })
  })

  it.each(['call.cancelled', 'call.out_of_time', 'apis.retired', 'identity.revoked'])(
    'say nothing at all of one that ended with %s, whatever it had asked and cost',
    (error) => {
      expect(saidBy({ ...failed, error })).toEqual({})
      const attempts = [{ target: 'sim/a', status: null, error: 'upstream.timeout', durationMs: 5 }]
      expect(saidBy({ error, attempts, schemaValid: false, cache: 'miss' })).toEqual({})
    },
  )

  it('count refusals of the model, and of the provider for what was said', () => {
    expect(saidBy({ finish: 'refusal' })['refusal_rate']).toBe(1)
    expect(saidBy({ finish: 'content_filter' })['refusal_rate']).toBe(1)
    expect(saidBy({ finish: 'length' })['refusal_rate']).toBe(0)
  })

  it('count attempts that were made again, though the caller saw nothing of it', () => {
    const [attempt] = good.attempts
    const again = [{ ...attempt, error: 'upstream.failed', status: 500 }, attempt]
    expect(saidBy({ attempts: again })).toMatchObject({ retried_rate: 1, error_rate: 0 })
    expect(
      saidBy({ attempts: [attempt, { ...attempt, error: 'upstream.outrun', kind: 'hedge' }] }),
    ).toMatchObject({
      retried_rate: 0,
    })
  })

  it('know whether an answer kept to its schema only where that was looked at', () => {
    expect(saidBy({ schemaValid: false })['schema_valid_rate']).toBe(0)
    expect('schema_valid_rate' in saidBy({})).toBe(false)
  })

  it('know what guards have masked only where they looked, and count what they block as failed', () => {
    const found = (did: string) => ({ guarded: true, findings: [{ guard: 'house/pii', did, count: 2 }] })
    expect(saidBy(found('masked'))['masked_rate']).toBe(1)
    expect(saidBy(found('noted'))['masked_rate']).toBe(0)
    expect(saidBy({ guarded: true })['masked_rate']).toBe(0)
    expect('masked_rate' in saidBy({})).toBe(false)
    expect(saidBy({ ...failed, ...found('blocked'), error: 'guard.input_blocked' })).toEqual({
      failed_rate: 1,
      rejected_rate: 1,
    })
  })

  it('have a place for feedback, and names that differ', () => {
    expect(measures[FEEDBACK]?.name).toBe('feedback_rate')
    expect(new Set(measures.map((it) => it.name)).size).toBe(measures.length)
  })
})
