/** What users say of answers: who may say it, and what becomes of it. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

let provider: FakeProvider
let gateway: TestGateway

beforeEach(async () => {
  provider = await startFakeProvider()
  const target = testTarget('m', { upstream: openUpstream(provider.origin) })
  gateway = await TestGateway.start({ routes: [testRoute('chat', [target])] })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

async function call(): Promise<string> {
  const response = await fetch(`${gateway.origin}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'chat', messages: [] }),
  })
  await response.arrayBuffer()
  await vi.waitFor(() => expect(gateway.records).toHaveLength(1))
  return response.headers.get('x-changeover-call') ?? ''
}

function say(body: unknown, signal: AbortSignal | null = null): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  return fetch(`${gateway.origin}/v1/feedback`, { method: 'POST', body: text, signal })
}

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { error: { code: string } }).error.code
}

describe('feedback', () => {
  it('is kept, and counts for nothing while no rollout goes on', async () => {
    const id = await call()
    const response = await say({ call: id, score: 'down', comment: 'no' })
    expect(await response.json()).toEqual({ call: id, counted: false })
    expect(gateway.heard).toEqual([{ call: id, at: expect.any(Number), score: -1, comment: 'no' }])
  })

  it('is not taken of a call that is not known', async () => {
    expect(await codeOf(await say({ call: 'call_none', score: 1 }))).toBe('feedback.no_such_call')
  })

  it.each([
    ['nothing', ''],
    ['a list', []],
    ['no call', { score: 1 }],
    ['a score beyond', { call: 'call_1', score: 1.5 }],
    ['a thumb that is none', { call: 'call_1', score: 'sideways' }],
    ['a comment that is none', { call: 'call_1', score: 1, comment: 7 }],
  ])('is refused when it is %s', async (_, body) => {
    expect(await codeOf(await say(body))).toBe('request.field')
  })

  it('is refused with what was found, where that is short', async () => {
    const answer = await say({ call: 'call_1', score: 'sideways' })
    expect(await answer.text()).toContain('found \\"sideways\\", expected a number from -1 to 1')
    const long = await say({ call: 'call_1', score: 'what a user wrote about it' })
    expect(await long.text()).toContain('found a string')
  })

  it('waits its turn when too much of it comes at once', async () => {
    const answer = Promise.withResolvers<null>()
    let asked = 0
    gateway.find = () => {
      asked += 1
      return answer.promise
    }
    const leave = new AbortController()
    const pending = Array.from({ length: 64 }, () => say({ call: 'call_1', score: 1 }, leave.signal))
    const all = Promise.allSettled(pending)
    await vi.waitFor(() => expect(asked).toBe(64))
    expect(await codeOf(await say({ call: 'call_1', score: 1 }))).toBe('feedback.busy')
    answer.resolve(null)
    expect((await all).every((it) => it.status === 'fulfilled')).toBe(true)
  })
})
