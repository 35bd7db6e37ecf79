/** A guard that masks what it should not is taken back by itself, although no call fails. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { settings, TENANTS, TriedGateway } from './test-rollouts.ts'

let tried: TriedGateway

beforeEach(() => {
  tried = new TriedGateway()
})
afterEach(() => tried.stop())

describe('a canary of a guard', () => {
  it('is taken back when it masks what everybody says', async () => {
    const masking = (word: string) => ({
      house: { guards: [{ kind: 'deny', action: 'mask', words: [word] }] },
    })
    const routes = { chat: { targets: [{ model: 'a' }], guardrails: ['house'] } }
    const whole = JSON.parse(settings()) as object
    await tried.start(JSON.stringify({ ...whole, routes, guardrails: masking('a word that nobody says') }))
    const answer = await tried.patch({ guardrails: masking('hello') }, 'steps=50%25:1h&by=request')
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)

    const statuses = new Set<number>()
    await vi.waitFor(
      async () => {
        for (const { status } of await Promise.all(TENANTS.map((it) => tried.ask(it)))) statuses.add(status)
        expect((await tried.shown())?.state).toBe('rolled_back')
      },
      { timeout: 20_000, interval: 10 },
    )
    expect([...statuses]).toEqual([200])
    const rollout = await tried.shown()
    expect(rollout?.words).toContain('masked_rate')
    expect(rollout?.measures.find((it) => it.name === 'masked_rate')).toMatchObject({
      verdict: 'fail',
      candidate: { value: 1 },
      baseline: { value: 0 },
    })
  })
})
