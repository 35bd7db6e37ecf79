/** Counting tokens for clients of Anthropic and of Google, before targets that count and those that do not. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CompiledTarget } from '../contract/compiled.ts'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

const json = { 'content-type': 'application/json' }
const anthropicBody = { model: 'a', system: 'be brief', messages: [{ role: 'user', content: 'hi' }] }
const geminiBody = { contents: [{ role: 'user', parts: [{ text: 'hi' }] }] }

let provider: FakeProvider
let gateway: TestGateway

beforeEach(async () => {
  provider = await startFakeProvider()
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

async function serve(kind: string, paths?: CompiledTarget['paths']) {
  const target = testTarget('m', { kind, upstream: openUpstream(provider.origin) })
  const used = paths === undefined ? target : { ...target, paths }
  gateway = await TestGateway.start({ routes: [testRoute('a', [used])] })
}

function count(path: string, body: object) {
  return fetch(gateway.origin + path, { method: 'POST', headers: json, body: JSON.stringify(body) })
}

function answer(body: object) {
  provider.script({ kind: 'raw', headers: json, chunks: [JSON.stringify(body)] })
}

function sent() {
  const [request] = provider.requests
  return { path: request?.path, body: JSON.parse(request?.body.toString() ?? '') as unknown }
}

describe('a count of tokens', () => {
  it('passes where the target counts in the caller’s format', async () => {
    await serve('anthropic')
    answer({ input_tokens: 14 })
    const response = await count('/v1/messages/count_tokens', anthropicBody)

    expect(await response.json()).toEqual({ input_tokens: 14 })
    expect(sent()).toEqual({
      path: '/v1/messages/count_tokens',
      body: { ...anthropicBody, model: 'm-upstream' },
    })
    await vi.waitFor(() => expect(gateway.records).toHaveLength(1))
    expect(gateway.records[0]).toMatchObject({ route: 'a', target: 'fake/m', status: 200, error: '' })
  })

  it('asked by Google’s client is made by Anthropic', async () => {
    await serve('anthropic')
    answer({ input_tokens: 14 })
    const response = await count('/v1beta/models/a:countTokens', geminiBody)

    expect(await response.json()).toEqual({ totalTokens: 14 })
    expect(sent()).toEqual({
      path: '/v1/messages/count_tokens',
      body: { model: 'm-upstream', messages: [{ role: 'user', content: 'hi' }] },
    })
  })

  it('asked by Anthropic’s client is made by Google', async () => {
    await serve('gemini')
    answer({ totalTokens: 9 })
    const response = await count('/v1/messages/count_tokens', anthropicBody)

    expect(await response.json()).toEqual({ input_tokens: 9 })
    expect(sent()).toMatchObject({
      path: expect.stringMatching(/m-upstream:countTokens$/),
      body: {
        generateContentRequest: {
          model: 'models/m-upstream',
          systemInstruction: { parts: [{ text: 'be brief' }] },
          contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
        },
      },
    })
  })

  it.each([
    ['/v1/messages/count_tokens', anthropicBody, { input_tokens: expect.any(Number) }],
    ['/v1/models/a:countTokens', geminiBody, { totalTokens: expect.any(Number) }],
  ])('at %s is estimated where the target does not count, and says so', async (path, body, expected) => {
    await serve('openai')
    const response = await count(path, body)

    expect(await response.json()).toEqual(expected)
    expect(response.headers.get('x-changeover-warnings')).toContain('estimated')
    expect(provider.requests).toHaveLength(0)
  })

  it('that the target refuses is refused in the caller’s shape', async () => {
    await serve('anthropic')
    provider.script({ kind: 'refuse', status: 400 })
    const response = await count('/v1beta/models/a:countTokens', geminiBody)

    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } })
  })
})
