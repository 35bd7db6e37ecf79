import { describe, expect, it } from 'vitest'
import type { CallAttempt } from '../contract/call.ts'
import type { CallFacts } from './call-facts.ts'
import { unused, usedBy } from './held-call.ts'

const now = { nowMs: 5, monoMs: 7 }
const attempt = (tokens?: readonly [number, number]): CallAttempt => {
  const line = { target: 'own/m', status: 200, error: '', durationMs: 1 }
  if (tokens === undefined) return line
  const [inputTokens, outputTokens] = tokens
  return { ...line, bill: { price: 'own/m', costMicroUsd: 1, tokens: { inputTokens, outputTokens } } }
}
const used = (it: Partial<CallFacts>) =>
  usedBy({ attempts: [], usage: null, costMicroUsd: null, ...it } as CallFacts, now)

describe('what a call has used', () => {
  it('is nothing where nobody was asked, by a refusal or an answer that was kept', () => {
    expect(used({})).toEqual(unused(now))
  })

  it('is no call where an answer was kept and only looked for, though looking costs', () => {
    const attempts = [{ ...attempt([10, 0]), kind: 'embedding' as const }]
    expect(used({ attempts, costMicroUsd: 3 })).toEqual({
      ...unused(now),
      inputTokens: 10,
      costMicroUsd: 3,
    })
  })

  it('is a call where somebody was asked, though nothing came back', () => {
    expect(used({ attempts: [attempt()] })).toEqual({ ...unused(now), asked: true })
  })

  it('is what the attempt that answered came to, and each of those before it that were billed', () => {
    const attempts = [attempt([10, 2]), attempt(), attempt([5, 1])]
    const usage = { inputTokens: 100, outputTokens: 20 }
    expect(used({ attempts, usage, costMicroUsd: 42 })).toMatchObject({
      asked: true,
      inputTokens: 115,
      outputTokens: 23,
      costMicroUsd: 42,
    })
  })
})
