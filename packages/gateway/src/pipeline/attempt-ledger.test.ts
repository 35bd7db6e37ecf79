import { describe, expect, it } from 'vitest'
import type { CompiledTarget } from '../contract/compiled.ts'
import { AttemptLedger } from './attempt-ledger.ts'

const target = { name: 'mock/one' } as CompiledTarget

function ended(durationMs: number) {
  return {
    target,
    status: 200,
    error: '',
    cause: undefined,
    kind: null,
    span: null,
    seenModel: '',
    usage: null,
    durationMs,
  }
}

describe('the lines of attempts', () => {
  it('tell their time to a microsecond', () => {
    const ledger = new AttemptLedger()
    ledger.end(ended(3.4856590000053984), null)
    ledger.addEmbedding({ target: 'mock/two', status: 200, error: '', durationMs: 0.1 + 0.2, bill: null })
    expect(ledger.lines.map((it) => it.durationMs)).toEqual([3.486, 0.3])
  })

  it('tell why an attempt was made where it was not the first', () => {
    const ledger = new AttemptLedger()
    ledger.end(ended(1), null)
    ledger.end({ ...ended(2), reason: 'key' }, null)
    expect(ledger.lines.map((it) => it.by)).toEqual([undefined, 'key'])
  })
})
