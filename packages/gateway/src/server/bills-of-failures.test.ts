/** Golden bills of calls that do not go as they should: cut short, left, retried, fallen back, hedged. */
import { request } from 'node:http'
import { type FakeStep, ManualClock } from '@changeover/testkit'
import { describe, expect, it, vi } from 'vitest'
import type { CallRecord } from '../contract/call.ts'
import { guardsOf } from '../guardrails/test-guards.ts'
import { type BillRig, billRig, claude, claudeCounts, gpt, gptCounts } from './test-bill-rig.ts'
import { askFor, FRONTS } from './test-bills.ts'
import { TestGateway, testRoute } from './test-gateway.ts'

const rig = billRig()
const start = (kind: string, price: object, more: Parameters<BillRig['start']>[1] = {}): Promise<void> =>
  rig.start([rig.a(kind, price)], more)

/** A server that streams and counts nothing. */
function uncounted(text: string): FakeStep {
  const chunk = (delta: object, finish: string | null) =>
    `data: ${JSON.stringify({ choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
  return {
    kind: 'raw',
    headers: { 'content-type': 'text/event-stream' },
    chunks: [chunk({ content: text }, null), chunk({}, 'stop'), 'data: [DONE]\n\n'],
  }
}

/** Asks for a stream, leaves when its first word has come, and returns the record. */
async function leave(front: 'chat' | 'messages') {
  const { path, body } = FRONTS[front]
  await new Promise<void>((resolve, reject) => {
    const sent = request(rig.gateway.origin + path(), { method: 'POST' }, (answer) => {
      answer.on('data', (chunk: Buffer) => {
        if (!chunk.includes('word')) return
        answer.destroy()
        resolve()
      })
      answer.on('error', () => undefined)
    })
    sent.on('error', reject)
    sent.setHeader('content-type', 'application/json')
    sent.end(JSON.stringify(body(true)))
  })
  await vi.waitFor(() => expect(rig.gateway.records).toHaveLength(1))
  return rig.gateway.records[0]
}

/** Asks, leaves when the provider has the request `asked` times and nothing has come, and returns the record. */
async function leaveUnanswered(
  front: 'chat' | 'messages',
  stream: boolean,
  asked = 1,
  until: () => void = () => undefined,
): Promise<CallRecord> {
  const leaving = new AbortController()
  const answer = askFor(rig.gateway, front, stream, leaving.signal).catch(() => null)
  await vi.waitFor(() => {
    expect(rig.first.requests).toHaveLength(asked)
    until()
  })
  leaving.abort()
  await answer
  await vi.waitFor(() => expect(rig.gateway.records).toHaveLength(1))
  const [record] = rig.gateway.records
  if (record === undefined) throw new Error('no record')
  return record
}

describe('the bill of a stream that breaks off', () => {
  it.each(['chat', 'messages'] as const)('is estimated by what came, asked as %s', async (front) => {
    await start('openai', gpt)
    // The role, 'Eleven ' and 'bytes ': thirteen bytes are four tokens.
    rig.first.script({ kind: 'reply', text: 'Eleven bytes and more', cutAfter: 3 })
    const { record } = await askFor(rig.gateway, front, true)
    expect(record).toMatchObject({ error: 'upstream.reset', estimated: true, outputTokens: 4 })
    // 'Say it, friend.' and 'user': 19 characters are five tokens. 5 × 2 + 4 × 8
    expect(record).toMatchObject({ inputTokens: 5, costMicroUsd: 10 + 32 })
  })

  it.each(['messages', 'chat'] as const)(
    'keeps what the provider had counted, asked as %s',
    async (front) => {
      await start('anthropic', claude)
      rig.first.script({ kind: 'reply', text: 'Eleven bytes and more', cutAfter: 3, usage: claudeCounts })
      const { record } = await askFor(rig.gateway, front, true)
      // It counts 2100 in at its start, and 1 out; what came of its text is 'Eleven bytes ': 4. 300 + 600 + 4 × 15
      expect(record).toMatchObject({
        estimated: true,
        inputTokens: 2100,
        cachedInputTokens: 2000,
        outputTokens: 4,
      })
      expect(record.costMicroUsd).toBe(300 + 600 + 60)
    },
  )

  it.each([false, true])(
    'has the searches that it told of, in a response, guarded: %s',
    async (isGuarded) => {
      const search = { type: 'web_search_call', id: 'ws', status: 'completed', action: { type: 'search' } }
      const looking = guardsOf([{ kind: 'deny', action: 'block', words: ['nowhere'], on: 'output' }])
      const guarded = isGuarded ? { guards: { of: () => looking } } : {}
      await start('openai', { ...gpt, tools: { web_search: 0.01 } }, guarded)
      // Begun, the search added and done, the text's item and part; 'Eleven ' is two tokens.
      rig.first.script({ kind: 'reply', text: 'Eleven bytes', items: [search], cutAfter: 2 })
      const { record } = await askFor(rig.gateway, 'responses', true)
      expect(record).toMatchObject({ estimated: true, toolCalls: { web_search: 1 }, outputTokens: 2 })
      expect(record.costMicroUsd).toBe(8 + 16 + 10_000)
    },
  )

  it('is the last count of a provider that counts as it goes, where that is more than what came', async () => {
    await start('gemini', gpt)
    const usage = { promptTokenCount: 50, candidatesTokenCount: 10 }
    rig.first.script({ kind: 'reply', text: 'Eleven bytes and more', cutAfter: 2, usage })
    const { record } = await askFor(rig.gateway, 'gemini', true)
    expect(record).toMatchObject({ estimated: true, outputTokens: 10, costMicroUsd: 100 + 80 })
  })
})

describe('the bill of a stream that its caller leaves', () => {
  it.each(['chat', 'messages'] as const)('is estimated by what he got, asked as %s', async (front) => {
    await start('openai', gpt)
    rig.first.script({ kind: 'endless', eventMs: 60_000 })
    // 5 × 2 + 1 × 8
    const record = await leave(front)
    expect(record).toMatchObject({ error: 'call.cancelled', estimated: true, costMicroUsd: 18 })
    expect(record).toMatchObject({
      inputTokens: 5,
      outputTokens: 1,
      price: expect.stringContaining('golden/first@'),
    })
  })
})

describe('the bill of an answer that its caller leaves before it begins', () => {
  it.each([
    ['chat', true],
    ['chat', false],
    ['messages', true],
    ['messages', false],
  ] as const)('is that of its request, estimated: %s, streamed %s', async (front, stream) => {
    await start('openai', gpt)
    rig.first.script({ kind: 'hang' })
    const record = await leaveUnanswered(front, stream)
    expect(record).toMatchObject({ error: 'call.cancelled', costMicroUsd: 10, inputTokens: null })
    // Nothing answered, so it stands with the attempt: five tokens.
    expect(record.attempts).toMatchObject([
      {
        error: 'call.cancelled',
        bill: { costMicroUsd: 10, tokens: { inputTokens: 5, outputTokens: 0 }, estimated: true },
      },
    ])
  })

  it('is the same where the time that he gave is over first, and not where that of the route is', async () => {
    const clock = new ManualClock()
    const route = testRoute('golden', [rig.a('openai', gpt)], { firstTokenMs: 5000, attempts: 1 })
    const gateway = await TestGateway.start({ routes: [route], clock })
    const bills: unknown[] = []
    for (const timeout of ['4000', '600000']) {
      rig.first.script({ kind: 'hang' })
      const asked = rig.first.requests.length
      const { path, body } = FRONTS.chat
      const headers = { 'x-request-timeout-ms': timeout }
      const sent = { method: 'POST', headers, body: JSON.stringify(body(false)) }
      const answer = fetch(gateway.origin + path(), sent)
      await vi.waitFor(() => expect(rig.first.requests).toHaveLength(asked + 1))
      await clock.advance(6000)
      expect((await answer).status).toBe(504)
      await vi.waitFor(() => expect(gateway.records).toHaveLength(bills.length + 1))
      bills.push(gateway.records.at(-1)?.attempts.map((it) => [it.error, it.bill?.costMicroUsd]))
    }
    await gateway.close()
    expect(bills).toEqual([[['upstream.timeout', 10]], [['upstream.timeout', undefined]]])
  })

  it('is nothing for a count of tokens, which costs nothing', async () => {
    await start('anthropic', claude)
    rig.first.script({ kind: 'hang' })
    const leaving = new AbortController()
    const body = JSON.stringify({ model: 'golden', messages: [{ role: 'user', content: 'Say it, friend.' }] })
    const sent = { method: 'POST', body, signal: leaving.signal }
    const answer = fetch(`${rig.gateway.origin}/v1/messages/count_tokens`, sent).catch(() => null)
    await vi.waitFor(() => expect(rig.first.requests).toHaveLength(1))
    leaving.abort()
    await answer
    await vi.waitFor(() => expect(rig.gateway.records).toHaveLength(1))
    expect(rig.gateway.records[0]).toMatchObject({ error: 'call.cancelled', costMicroUsd: null })
    expect(rig.gateway.records[0]?.attempts[0]?.bill).toBeUndefined()
  })

  it('has what the provider had counted by then', async () => {
    await start('anthropic', claude)
    const begun = { message: { model: 'm', usage: claudeCounts }, type: 'message_start' }
    const chunk = `event: message_start\ndata: ${JSON.stringify(begun)}\n\n`
    const headers = { 'content-type': 'text/event-stream' }
    rig.first.script({ kind: 'raw', headers, chunks: [chunk, ': that is all'], chunkMs: 600_000 })
    const record = await leaveUnanswered('messages', true)
    expect(record.attempts[0]?.bill).toMatchObject({ costMicroUsd: 1200, tokens: { inputTokens: 2100 } })
    expect(record.costMicroUsd).toBe(1200)
  })

  it('has each attempt that was under way, and none that was refused', async () => {
    await start('openai', gpt, { attempts: 2 })
    rig.first.script({ kind: 'refuse', status: 503 }, { kind: 'hang' })
    const record = await leaveUnanswered('chat', false, 2)
    expect(record.attempts.map((it) => it.bill?.costMicroUsd)).toEqual([undefined, 10])
    expect(record.costMicroUsd).toBe(10)
  })

  it('is nothing while the call waits for its next attempt: those before have failed', async () => {
    await start('openai', gpt, { attempts: 2, retryMaxMs: 3_600_000, totalMs: 7_200_000 })
    rig.first.script({ kind: 'refuse', status: 503, headers: { 'retry-after': '600' } })
    const record = await leaveUnanswered('chat', false, 1, () => {
      const spans = rig.gateway.telemetry.spans.filter(
        (it) => it.attributes['changeover.target'] !== undefined,
      )
      expect(spans.map((it) => it.ends)).toEqual([1])
    })
    expect(record).toMatchObject({ error: 'call.cancelled', costMicroUsd: null })
  })
})

describe('the bill of a stream that is not counted at all', () => {
  it('is estimated', async () => {
    await start('openai', gpt)
    rig.first.script(uncounted('Eleven bytes'))
    const { record } = await askFor(rig.gateway, 'chat', true)
    expect(record).toMatchObject({
      error: '',
      estimated: true,
      inputTokens: 5,
      outputTokens: 3,
      costMicroUsd: 34,
    })
  })
})

describe('the bill of a call that is made again', () => {
  it.each(['messages', 'chat'] as const)('has what each attempt was counted, asked as %s', async (front) => {
    await start('anthropic', claude, { attempts: 3 })
    rig.first.script(
      // Refused: nothing.
      { kind: 'refuse', status: 529 },
      // Broken off after it had counted the request, before its first word: 300 + 600 + 1 × 15
      { kind: 'reply', cutAfter: 1, usage: claudeCounts },
      { kind: 'reply', usage: claudeCounts },
    )
    const { record } = await askFor(rig.gateway, front, true)
    expect(record).toMatchObject({ status: 200, error: '', inputTokens: 2100, outputTokens: 20 })
    expect(record.costMicroUsd).toBe(915 + 1200)
    expect(record).not.toHaveProperty('estimated')
    expect(record.attempts.map((it) => it.bill?.costMicroUsd)).toEqual([undefined, 915, undefined])
    expect(record.attempts[1]?.bill).toEqual({
      price: record.price,
      costMicroUsd: 915,
      tokens: { inputTokens: 2100, cachedInputTokens: 2000, outputTokens: 1 },
      estimated: true,
    })
  })

  it('costs nothing more where the provider had counted nothing', async () => {
    await start('openai', gpt, { attempts: 3 })
    rig.first.script(
      { kind: 'cut', after: 'request' },
      { kind: 'cut', after: 'middle' },
      { kind: 'reply', usage: gptCounts },
    )
    const { record } = await askFor(rig.gateway, 'chat', false)
    expect(record).toMatchObject({ status: 200, costMicroUsd: 180 })
    expect(record.attempts).toHaveLength(3)
  })

  it('is of nobody when all failed uncounted, and of those that were counted else', async () => {
    await start('anthropic', claude, { attempts: 2 })
    rig.first.script({ kind: 'refuse', status: 500 }, { kind: 'refuse', status: 500 })
    expect((await askFor(rig.gateway, 'chat', true)).record).toMatchObject({
      costMicroUsd: null,
      inputTokens: null,
    })
    const broken = { kind: 'reply', cutAfter: 1, usage: claudeCounts } as const
    rig.first.script(broken, broken)
    const { record } = await askFor(rig.gateway, 'chat', true)
    expect(record).toMatchObject({ costMicroUsd: 2 * 915, inputTokens: null, pricedBy: 'settings' })
  })
})

describe('the bill of a call that falls back', () => {
  it.each([true, false])('is of each target at its own price, streamed: %s', async (stream) => {
    await start('anthropic', claude, { attempts: 2, fallback: [rig.b()] })
    rig.first.script(
      stream ? { kind: 'reply', cutAfter: 1, usage: claudeCounts } : { kind: 'refuse', status: 529 },
    )
    rig.second.script({ kind: 'reply', usage: gptCounts })
    const { record } = await askFor(rig.gateway, 'chat', stream)
    expect(record).toMatchObject({ target: 'fake/openai', inputTokens: 50, outputTokens: 10 })
    expect(record.price).toContain('golden/second@')
    expect(record.costMicroUsd).toBe(stream ? 915 + 180 : 180)
    expect(record.attempts[0]?.bill?.price ?? 'none').toContain(stream ? 'golden/first@' : 'none')
  })

  it('does not take over what the target before had counted', async () => {
    await start('anthropic', claude, { attempts: 2, fallback: [rig.b()] })
    rig.first.script({ kind: 'reply', cutAfter: 1, usage: claudeCounts })
    rig.second.script(uncounted('hi'))
    const { record } = await askFor(rig.gateway, 'chat', true)
    expect(record.target).toBe('fake/openai')
    expect(record).toMatchObject({
      estimated: true,
      inputTokens: 5,
      cachedInputTokens: null,
      outputTokens: 1,
    })
    expect(record.attempts[0]?.bill?.tokens.inputTokens).toBe(2100)
  })
})
