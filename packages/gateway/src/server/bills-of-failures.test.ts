/** Golden bills of calls that do not go as they should: cut short, left, retried, fallen back, hedged. */
import { request } from 'node:http'
import { type FakeProvider, type FakeStep, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { CompiledRoute } from '../contract/compiled.ts'
import { askFor, FRONTS, goldenGateway, pricedTarget } from './test-bills.ts'
import type { TestGateway } from './test-gateway.ts'

const claude = { input: 3, output: 15, cachedInput: 0.3, cacheWrite: 3.75 }
const gpt = { input: 2, output: 8, cachedInput: 0.5 }
/** 100 plain, 2000 cached: 300 + 600; and 20 out: 300. */
const claudeCounts = { input_tokens: 100, cache_read_input_tokens: 2000, output_tokens: 20 }
/** 50 in and 10 out: 100 + 80. */
const gptCounts = { prompt_tokens: 50, completion_tokens: 10 }

let first: FakeProvider
let second: FakeProvider
let gateway: TestGateway

beforeEach(async () => {
  first = await startFakeProvider()
  second = await startFakeProvider()
})
afterEach(async () => {
  await gateway.close()
  await first.close()
  await second.close()
})

async function start(kind: string, price: object, more: Partial<CompiledRoute> = {}): Promise<void> {
  const target = pricedTarget(first, { kind, prices: [{ ...price }] }, 'golden/first')
  gateway = await goldenGateway([target], more)
}

const other = () => pricedTarget(second, { kind: 'openai', prices: [gpt] }, 'golden/second')

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
    const sent = request(gateway.origin + path(), { method: 'POST' }, (answer) => {
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
  await vi.waitFor(() => expect(gateway.records).toHaveLength(1))
  return gateway.records[0]
}

describe('the bill of a stream that breaks off', () => {
  it.each(['chat', 'messages'] as const)('is estimated by what came, asked as %s', async (front) => {
    await start('openai', gpt)
    // The role, 'Eleven ' and 'bytes ': thirteen bytes are four tokens.
    first.script({ kind: 'reply', text: 'Eleven bytes and more', cutAfter: 3 })
    const { record } = await askFor(gateway, front, true)
    expect(record).toMatchObject({ error: 'upstream.reset', estimated: true, outputTokens: 4 })
    // 'Say it, friend.' and 'user': 19 characters are five tokens. 5 × 2 + 4 × 8
    expect(record).toMatchObject({ inputTokens: 5, costMicroUsd: 10 + 32 })
  })

  it.each(['messages', 'chat'] as const)(
    'keeps what the provider had counted, asked as %s',
    async (front) => {
      await start('anthropic', claude)
      first.script({ kind: 'reply', text: 'Eleven bytes and more', cutAfter: 3, usage: claudeCounts })
      const { record } = await askFor(gateway, front, true)
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

  it('is the last count of a provider that counts as it goes, where that is more than what came', async () => {
    await start('gemini', gpt)
    const usage = { promptTokenCount: 50, candidatesTokenCount: 10 }
    first.script({ kind: 'reply', text: 'Eleven bytes and more', cutAfter: 2, usage })
    const { record } = await askFor(gateway, 'gemini', true)
    expect(record).toMatchObject({ estimated: true, outputTokens: 10, costMicroUsd: 100 + 80 })
  })
})

describe('the bill of a stream that its caller leaves', () => {
  it.each(['chat', 'messages'] as const)('is estimated by what he got, asked as %s', async (front) => {
    await start('openai', gpt)
    first.script({ kind: 'endless', eventMs: 60_000 })
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

describe('the bill of a stream that is not counted at all', () => {
  it('is estimated', async () => {
    await start('openai', gpt)
    first.script(uncounted('Eleven bytes'))
    const { record } = await askFor(gateway, 'chat', true)
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
    first.script(
      // Refused: nothing.
      { kind: 'refuse', status: 529 },
      // Broken off after it had counted the request, before its first word: 300 + 600 + 1 × 15
      { kind: 'reply', cutAfter: 1, usage: claudeCounts },
      { kind: 'reply', usage: claudeCounts },
    )
    const { record } = await askFor(gateway, front, true)
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
    first.script(
      { kind: 'cut', after: 'request' },
      { kind: 'cut', after: 'middle' },
      { kind: 'reply', usage: gptCounts },
    )
    const { record } = await askFor(gateway, 'chat', false)
    expect(record).toMatchObject({ status: 200, costMicroUsd: 180 })
    expect(record.attempts).toHaveLength(3)
  })

  it('is of nobody when all failed uncounted, and of those that were counted else', async () => {
    await start('anthropic', claude, { attempts: 2 })
    first.script({ kind: 'refuse', status: 500 }, { kind: 'refuse', status: 500 })
    expect((await askFor(gateway, 'chat', true)).record).toMatchObject({
      costMicroUsd: null,
      inputTokens: null,
    })
    const broken = { kind: 'reply', cutAfter: 1, usage: claudeCounts } as const
    first.script(broken, broken)
    const { record } = await askFor(gateway, 'chat', true)
    expect(record).toMatchObject({ costMicroUsd: 2 * 915, inputTokens: null, pricedBy: 'settings' })
  })
})

describe('the bill of a call that falls back', () => {
  it.each([true, false])('is of each target at its own price, streamed: %s', async (stream) => {
    await start('anthropic', claude, { attempts: 2, fallback: [other()] })
    first.script(
      stream ? { kind: 'reply', cutAfter: 1, usage: claudeCounts } : { kind: 'refuse', status: 529 },
    )
    second.script({ kind: 'reply', usage: gptCounts })
    const { record } = await askFor(gateway, 'chat', stream)
    expect(record).toMatchObject({ target: 'fake/openai', inputTokens: 50, outputTokens: 10 })
    expect(record.price).toContain('golden/second@')
    expect(record.costMicroUsd).toBe(stream ? 915 + 180 : 180)
    expect(record.attempts[0]?.bill?.price ?? 'none').toContain(stream ? 'golden/first@' : 'none')
  })

  it('does not take over what the target before had counted', async () => {
    await start('anthropic', claude, { attempts: 2, fallback: [other()] })
    first.script({ kind: 'reply', cutAfter: 1, usage: claudeCounts })
    second.script(uncounted('hi'))
    const { record } = await askFor(gateway, 'chat', true)
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
