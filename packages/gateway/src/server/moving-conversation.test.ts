/** A conversation in which one provider thought, and another goes on. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openUpstream } from '../transport/upstream-pool.ts'
import { TestGateway, testRoute, testTarget } from './test-gateway.ts'

const SIGNATURE = 'c2lnbmVkIGJ5IENsYXVkZQ=='
const question = { role: 'user', content: 'hi' }

let provider: FakeProvider
let gateway: TestGateway

beforeEach(async () => {
  provider = await startFakeProvider()
  const claude = testTarget('claude', { kind: 'anthropic', upstream: openUpstream(provider.origin) })
  const gemini = testTarget('gemini', { kind: 'gemini', upstream: openUpstream(provider.origin) })
  const routes = [testRoute('claude', [claude]), testRoute('gemini', [gemini])]
  gateway = await TestGateway.start({ routes })
})

afterEach(async () => {
  await gateway.close()
  await provider.close()
})

interface Reply {
  readonly choices: readonly { readonly message: object }[]
  readonly content: readonly object[]
}

async function ask(path: string, body: object): Promise<{ warnings: string | null; body: Reply }> {
  const answered = await fetch(`${gateway.origin}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-caller' },
    body: JSON.stringify(body),
  })
  return { warnings: answered.headers.get('x-changeover-warnings'), body: (await answered.json()) as Reply }
}

function answer(body: object) {
  const headers = { 'content-type': 'application/json' }
  return { kind: 'raw', headers, chunks: [Buffer.from(JSON.stringify(body))] } as const
}

/** What the provider was asked last. */
function asked(): string {
  return provider.requests.at(-1)?.body.toString() ?? ''
}

async function thinkWithClaude() {
  const content = [
    { type: 'thinking', thinking: 'let me see', signature: SIGNATURE },
    { type: 'text', text: 'Hello.' },
  ]
  const usage = { input_tokens: 3, output_tokens: 4 }
  const reply = { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', stop_reason: 'end_turn' }
  provider.script(answer({ ...reply, content, usage }))
  const { body } = await ask('/v1/chat/completions', { model: 'claude', messages: [question] })
  return body.choices[0]?.message ?? {}
}

describe('a conversation that moves', () => {
  it('hands a signature back to its maker, and to nobody else', async () => {
    const thought = await thinkWithClaude()
    const messages = [question, thought, { role: 'user', content: 'go on' }]
    expect(JSON.stringify(thought)).toContain(SIGNATURE)

    const { warnings } = await ask('/v1/chat/completions', { model: 'gemini', messages })
    expect(asked()).not.toContain(SIGNATURE)
    expect(warnings).toContain('signatures of thoughts: 1 of another provider are left out')

    await ask('/v1/chat/completions', { model: 'claude', messages })
    const [, turn] = JSON.parse(asked()).messages
    expect(turn.content[0]).toEqual({ type: 'thinking', thinking: 'let me see', signature: SIGNATURE })
  })

  it('is cleared of foreign signatures also where the next provider speaks the caller’s own format', async () => {
    const parts = [{ functionCall: { name: 'now', args: {} }, thoughtSignature: SIGNATURE }]
    const candidates = [{ content: { role: 'model', parts }, finishReason: 'STOP' }]
    provider.script(answer({ candidates, modelVersion: 'gemini' }))
    const first = { model: 'gemini', max_tokens: 99, messages: [question] }
    const thinking = await ask('/v1/messages', first)
    const reply = { role: 'assistant', content: thinking.body.content }
    const own = { type: 'thinking', thinking: 'mine', signature: 'b3du' }
    const messages = [question, { ...reply, content: [own, ...reply.content] }]

    await ask('/v1/messages', { ...first, model: 'claude', messages })
    const [, turn] = JSON.parse(asked()).messages
    expect(asked()).not.toContain(SIGNATURE)
    expect(turn.content[0]).toEqual(own)
    expect(turn.content.at(-1)).toMatchObject({ type: 'tool_use', name: 'now' })
  })
})
