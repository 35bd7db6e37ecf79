import { describe, expect, it } from 'vitest'
import type { CompiledTarget } from '../contract/compiled.ts'
import { wireOf } from '../wire/list.ts'
import { type AsideInput, AsideRun } from './aside-run.ts'
import { CallBill } from './call-bill.ts'

const price = {
  digest: '0123456789ab',
  costMicroUsd: ({ inputTokens, toolCalls }: { inputTokens: number; toolCalls?: { web_search?: number } }) =>
    inputTokens + 14_000 * (toolCalls?.web_search ?? 0),
}
const target = { facts: { name: 'own/a', price } } as unknown as CompiledTarget
const headers = { find: () => 'text/event-stream' } as never
const told = { onContent: () => undefined, onFault: () => undefined }

function hedge(): AsideRun {
  const input = {
    target,
    kind: 'hedge',
    written: { wire: 'gemini', mended: false, hidesUsage: false },
    span: null,
    startedMono: 0,
    stream: true,
    port: { callerWire: wireOf('gemini'), about: {}, openGuards: () => null },
    atMs: 0,
    inputTokens: () => 5,
    onOver: () => undefined,
  } as unknown as AsideInput
  return new AsideRun(input, () => 1)
}

const chunk = (more: object) =>
  Buffer.from(
    `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [] }, ...more }] })}\n\n`,
  )

describe('a second attempt of a stream that lost', () => {
  it('is billed for the searches that it told of before its first word, and for none otherwise', () => {
    const billed = [['who won', 'by how much'], undefined].map((webSearchQueries) => {
      const run = hedge()
      run.onSent()
      const probe = run.openProbe(200, headers, told)
      probe?.onData(chunk(webSearchQueries === undefined ? {} : { groundingMetadata: { webSearchQueries } }))
      expect(run.hasContent).toBe(false)
      run.over(200, 'upstream.outrun', undefined)
      const bill = run.lost('upstream.outrun', new CallBill())
      return [bill?.tokens.toolCalls?.['web_search'], bill?.costMicroUsd, bill?.estimated]
    })
    expect(billed).toEqual([
      [2, 5 + 28_000, true],
      [undefined, 5, true],
    ])
  })
})
