import { describe, expect, it } from 'vitest'
import { foldCandidates, foldReply } from './fold-reply.ts'

describe('a folded reply', () => {
  it('keeps the order of thoughts, texts and calls, and ends a thought where its proof stands', () => {
    const { candidates } = foldCandidates([
      { type: 'reasoning', text: 'a' },
      { type: 'reasoning', text: 'b' },
      { type: 'reasoning_end', signature: 's' },
      { type: 'reasoning', text: 'c' },
      { type: 'text', text: 'd' },
      { type: 'citation', citation: { url: 'https://a.test' } },
      { type: 'tool_call', index: 0, id: 'x', name: 'f', arguments: '{' },
      { type: 'tool_call', index: 0, arguments: '}' },
      { type: 'text', text: 'e' },
    ])

    expect(candidates[0]?.parts).toEqual([
      { type: 'reasoning', text: 'ab', signature: 's', ended: true },
      { type: 'reasoning', text: 'c', ended: false },
      { type: 'text', text: 'd', citations: [{ url: 'https://a.test' }] },
      { type: 'tool_call', id: 'x', name: 'f', arguments: '{}' },
      { type: 'text', text: 'e', citations: [] },
    ])
  })

  it('keeps several replies apart', () => {
    const { candidates } = foldCandidates([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b', candidate: 1 },
      { type: 'finish', reason: 'length', candidate: 1 },
    ])

    expect(candidates.map((it) => it.finish?.reason)).toEqual([undefined, 'length'])
    expect(candidates).toHaveLength(2)
  })

  it.each([1e308, -1, 0.5, 128])('has no candidate %d, however a provider counts', (candidate) => {
    const deltas = [{ type: 'text' as const, text: 'x', candidate }]

    expect(foldCandidates(deltas).candidates).toHaveLength(1)
    expect(foldReply(deltas).text).toBe('')
  })
})
