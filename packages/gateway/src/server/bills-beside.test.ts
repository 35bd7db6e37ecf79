/** Golden bills of what goes out beside a call: a second attempt that lost, and copies to a mirror. */
import type { FakeStep } from '@changeover/testkit'
import { describe, expect, it, vi } from 'vitest'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import { PLAIN_PLAN, type RoutePlan } from '../contract/routing.ts'
import { createHedgePlan, HedgeBudget } from '../routing/hedge-plan.ts'
import { createMirrorPlan, MirrorCount } from '../routing/mirror-plan.ts'
import { strategies } from '../routing/strategies/list.ts'
import { billRig, claudeCounts, gpt, gptCounts } from './test-bill-rig.ts'
import { askFor } from './test-bills.ts'

const rig = billRig()

async function hedged(targets: readonly [CompiledTarget, CompiledTarget]): Promise<void> {
  const members = targets.map((target, priority) => ({ target, weight: 1, priority }))
  const plan: RoutePlan = {
    ...PLAIN_PLAN,
    chooses: true,
    strategy: strategies.priority(members, null as never),
    hedge: createHedgePlan(new HedgeBudget(), { afterMs: 30, maxShare: 1 }),
  }
  await rig.start(targets, { attempts: 3, plan })
}

async function mirrored(of: CompiledTarget, to: CompiledTarget): Promise<void> {
  const mirror = createMirrorPlan(new MirrorCount(), { target: to, share: 1, maxPending: 4 })
  const more: Partial<CompiledRoute> = { plan: { ...PLAIN_PLAN, mirror } }
  await rig.start([of], more)
}

describe('the bill of a hedged call', () => {
  it('has the first attempt too, which was outrun: as the winner was counted, where the answer is whole', async () => {
    await hedged([rig.a(), rig.b()])
    rig.first.script({ kind: 'hang' })
    rig.second.script({ kind: 'reply', usage: gptCounts })
    const { record } = await askFor(rig.gateway, 'chat', false)
    // What it was asked, and an answer as long: 50 × 3 + 10 × 15.
    expect(record.attempts).toMatchObject([
      { error: 'upstream.outrun', bill: { costMicroUsd: 300, estimated: true } },
      { kind: 'hedge', error: '' },
    ])
    expect(record.attempts[0]?.bill).toEqual({
      price: expect.stringContaining('golden/first@'),
      costMicroUsd: 300,
      tokens: { inputTokens: 50, outputTokens: 10 },
      estimated: true,
    })
    expect(record).toMatchObject({ target: 'fake/openai', costMicroUsd: 180 + 300, inputTokens: 50 })
    expect(record).not.toHaveProperty('estimated')
  })

  it('has the second attempt too, where the first one was faster after all', async () => {
    await hedged([rig.a(), rig.b()])
    rig.first.script({ kind: 'reply', delayMs: 200, usage: claudeCounts })
    rig.second.script({ kind: 'hang' })
    const { record } = await askFor(rig.gateway, 'messages', false)
    // 2100 × 2 + 20 × 8: nobody knows what of it the other provider had in its cache.
    expect(record.attempts[0]).toMatchObject({ kind: 'hedge', bill: { costMicroUsd: 4360, estimated: true } })
    expect(record).toMatchObject({ target: 'fake/anthropic', costMicroUsd: 1200 + 4360 })
  })

  it('has of a stream that was outrun what had been counted, or its request as routing estimates it', async () => {
    await hedged([rig.a('openai'), rig.b()])
    rig.first.script({ kind: 'hang' })
    rig.second.script({ kind: 'reply', usage: gptCounts })
    const { record } = await askFor(rig.gateway, 'chat', true)
    // Nineteen characters are five tokens.
    expect(record.attempts[0]?.bill).toMatchObject({
      costMicroUsd: 10,
      tokens: { inputTokens: 5, outputTokens: 0 },
    })
    expect(record.costMicroUsd).toBe(180 + 10)
  })

  it('has the searches that a stream told of before it was outrun', async () => {
    await hedged([rig.a('gemini', { ...gpt, tools: { web_search: 0.014 } }), rig.b()])
    const candidates = [{ groundingMetadata: { webSearchQueries: ['who won', 'by how much'] } }]
    rig.first.script({
      kind: 'raw',
      headers: { 'content-type': 'text/event-stream' },
      chunks: [`data: ${JSON.stringify({ candidates })}\n\n`, ': nothing more\n\n'],
      chunkMs: 600_000,
    })
    rig.second.script({ kind: 'reply', delayMs: 200, usage: gptCounts })
    const { record } = await askFor(rig.gateway, 'gemini', true)
    expect(record.attempts[0]).toMatchObject({
      error: 'upstream.outrun',
      bill: { costMicroUsd: 10 + 28_000, estimated: true, tokens: { toolCalls: { web_search: 2 } } },
    })
    expect(record.costMicroUsd).toBe(180 + 10 + 28_000)
  })

  it('has of an attempt that answers a stream whole what had come of that', async () => {
    await hedged([rig.a('openai'), rig.b()])
    const whole = { choices: [{ message: { role: 'assistant', content: 'Nineteen bytes long' } }] }
    const headers = { 'content-type': 'application/json' }
    rig.first.script({
      kind: 'raw',
      headers,
      chunks: [JSON.stringify(whole).slice(0, -1), '}'],
      chunkMs: 600_000,
    })
    rig.second.script({ kind: 'reply', delayMs: 200, usage: gptCounts })
    const { record } = await askFor(rig.gateway, 'chat', true)
    // 5 × 2 + 5 × 8
    expect(record.attempts[0]?.bill).toMatchObject({ costMicroUsd: 50, estimated: true })
    expect(record.costMicroUsd).toBe(180 + 50)
  })

  it('has both of them where their caller leaves before either has begun', async () => {
    await hedged([rig.a(), rig.b()])
    rig.first.script({ kind: 'hang' })
    rig.second.script({ kind: 'hang' })
    const leaving = new AbortController()
    const answer = askFor(rig.gateway, 'chat', false, leaving.signal).catch(() => null)
    await vi.waitFor(() => expect(rig.second.requests).toHaveLength(1))
    leaving.abort()
    await answer
    await vi.waitFor(() => expect(rig.gateway.records).toHaveLength(1))
    const [record] = rig.gateway.records
    // Five tokens each, at 3 and at 2.
    expect(record?.attempts.map((it) => [it.kind, it.error, it.bill?.costMicroUsd])).toEqual([
      ['hedge', 'call.cancelled', 10],
      [undefined, 'call.cancelled', 15],
    ])
    expect(record?.costMicroUsd).toBe(25)
  })

  it('has no bill for a second attempt that was refused, or never reached anybody', async () => {
    await hedged([rig.a(), rig.b()])
    rig.first.script({ kind: 'reply', delayMs: 200, usage: claudeCounts })
    rig.second.script({ kind: 'refuse', status: 500 })
    const { record } = await askFor(rig.gateway, 'messages', false)
    expect(record.costMicroUsd).toBe(1200)
    expect(record.attempts[0]).not.toHaveProperty('bill')
  })
})

describe('the bill of a copy to a mirror', () => {
  const copied = () =>
    vi.waitFor(() => expect(rig.gateway.copies).toHaveLength(1)).then(() => rig.gateway.copies[0])

  it.each([
    ['chat', false],
    ['chat', true],
    ['messages', false],
    ['messages', true],
  ] as const)(
    'is its provider’s count, at its own price, and in no call’s: %s, streamed %s',
    async (front, stream) => {
      await mirrored(rig.b(), rig.a())
      rig.first.script({ kind: 'reply', usage: claudeCounts })
      rig.second.script({ kind: 'reply', usage: gptCounts })
      const { record } = await askFor(rig.gateway, front, stream)
      expect(record.costMicroUsd).toBe(180)
      expect(await copied()).toEqual({
        id: `${record.id}+mirror`,
        of: 'mirror',
        startedAt: record.startedAt,
        version: record.version,
        target: 'fake/anthropic',
        bill: {
          price: expect.stringContaining('golden/first@'),
          costMicroUsd: 1200,
          tokens: { inputTokens: 2100, outputTokens: 20, cachedInputTokens: 2000 },
        },
      })
      expect(record.attempts.find((it) => it.kind === 'mirror')).not.toHaveProperty('bill')
      const marks = rig.gateway.telemetry.spans.map((it) => [
        it.attributes['changeover.target'],
        it.attributes['changeover.copy'],
      ])
      expect(marks).toContainEqual(['fake/anthropic', 'mirror'])
      expect(marks).toContainEqual(['fake/openai', undefined])
    },
  )

  it('comes also when the call is long over', async () => {
    await mirrored(rig.b(), rig.a())
    rig.first.script({ kind: 'reply', delayMs: 150, usage: claudeCounts })
    rig.second.script({ kind: 'reply', usage: gptCounts })
    await askFor(rig.gateway, 'messages', false)
    expect(rig.gateway.copies).toEqual([])
    expect((await copied())?.bill.costMicroUsd).toBe(1200)
  })

  it('is estimated where the copy broke off, and is none where nobody was asked to pay', async () => {
    await mirrored(rig.b(), rig.a())
    rig.first.script({ kind: 'reply', text: 'Eleven bytes and more', cutAfter: 3, usage: claudeCounts })
    await askFor(rig.gateway, 'messages', true)
    // 300 + 600, and what came of its text: four tokens.
    expect((await copied())?.bill).toMatchObject({ costMicroUsd: 960, estimated: true })
    const refused: FakeStep = { kind: 'refuse', status: 500 }
    rig.first.script(refused)
    await askFor(rig.gateway, 'messages', true)
    await vi.waitFor(() => expect(rig.first.requests).toHaveLength(2))
    expect(rig.gateway.copies).toHaveLength(1)
  })
})
