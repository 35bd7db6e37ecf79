/** What an attempt is billed for that was given up before it answered; all else is told by golden bills (`server/`). */
import { describe, expect, it } from 'vitest'
import type { CompiledTarget } from '../contract/compiled.ts'
import { CallBill, type EndOfAttempt } from './call-bill.ts'

const price = {
  digest: '0123456789ab',
  costMicroUsd: ({ inputTokens, outputTokens }: { inputTokens: number; outputTokens: number }) =>
    inputTokens + 10 * outputTokens,
}
const target = { facts: { name: 'own/a', price } } as unknown as CompiledTarget
const given: EndOfAttempt = {
  target,
  error: 'call.cancelled',
  answered: false,
  asked: true,
  textBytes: 0,
  toolCalls: undefined,
  atMs: 0,
  inputTokens: () => 5,
}
const billOf = (more: Partial<EndOfAttempt>, bill = new CallBill()) => [
  bill.end({ ...given, ...more })?.tokens ?? null,
  bill.costMicroUsd,
]

describe('an attempt that is given up before it answers', () => {
  it('is billed for what it was asked, by whichever word of this side', () => {
    for (const error of ['call.cancelled', 'call.cut', 'upstream.outrun'])
      expect(billOf({ error })).toEqual([{ inputTokens: 5, outputTokens: 0 }, 5])
    expect(billOf({ textBytes: 9, toolCalls: { web_search: 1 } })).toEqual([
      { inputTokens: 5, outputTokens: 3, toolCalls: { web_search: 1 } },
      35,
    ])
  })

  it('is not billed where it failed by itself, had not been asked, or nobody knows what it was asked', () => {
    for (const error of ['upstream.timeout', 'upstream.reset', 'upstream.failed', 'gateway.bug'])
      expect(billOf({ error })).toEqual([null, null])
    expect(billOf({ asked: false })).toEqual([null, null])
    expect(billOf({ inputTokens: () => 0 })).toEqual([null, null])
  })

  it('is billed for what was counted, whatever it was ended by', () => {
    const bill = new CallBill()
    bill.seen({ inputTokens: 7, outputTokens: 1 })
    expect(billOf({ error: 'upstream.timeout' }, bill)).toEqual([{ inputTokens: 7, outputTokens: 1 }, 17])
  })
})
