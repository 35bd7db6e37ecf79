import { describe, expect, it } from 'vitest'
import type { FinishReason } from '../contract/neutral.ts'
import type { WireName } from '../contract/wire.ts'
import { scanFinish } from './finish-scan.ts'
import { wireOf } from './list.ts'
import { scanRules } from './scan-rules.ts'
import { UsageScan } from './usage-scan.ts'

function found(wire: WireName, body: object | string, before: FinishReason | null = null) {
  const rules = scanRules[wire]?.finish
  if (rules === undefined) throw new Error(`${wire} has no rules`)
  return scanFinish(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), rules, before)
}

const chat = (message: object, finish_reason: string | null = 'stop') => ({
  choices: [{ index: 0, message, finish_reason }],
})

describe('why a reply ended', () => {
  it.each<[string, WireName, object | string, FinishReason | null]>([
    ['in chat', 'openai-chat', chat({ content: 'so' }, 'length'), 'length'],
    ['in chat that calls', 'openai-chat', chat({ content: null }, 'tool_calls'), 'tool_calls'],
    ['with a refusal in words', 'openai-chat', chat({ refusal: 'no' }), 'refusal'],
    ['with no refusal', 'openai-chat', chat({ content: 'so', refusal: null }), 'stop'],
    ['with an empty refusal', 'openai-chat', chat({ content: 'so', refusal: '' }), 'stop'],
    ['where the text looks like it', 'openai-chat', chat({ content: '"refusal":"no"' }), 'stop'],
    ['in white space', 'openai-chat', '{ "finish_reason" : "stop" }', 'stop'],
    ['not while it goes on', 'openai-chat', chat({ content: 'so' }, null), null],
    [
      'in older completions',
      'openai-completions',
      { choices: [{ text: 'so', finish_reason: 'stop' }] },
      'stop',
    ],
    ['in Messages', 'anthropic-messages', { stop_reason: 'max_tokens', stop_sequence: null }, 'length'],
    ['in Messages that refuse', 'anthropic-messages', { stop_reason: 'refusal' }, 'refusal'],
    ['at Google', 'gemini', { candidates: [{ finishReason: 'SAFETY' }] }, 'content_filter'],
    ['at Google for the prompt', 'gemini', { promptFeedback: { blockReason: 'OTHER' } }, 'content_filter'],
    [
      'in Responses that are incomplete',
      'openai-responses',
      { incomplete_details: { reason: 'content_filter' } },
      'content_filter',
    ],
    [
      'in Responses that refuse',
      'openai-responses',
      { content: [{ type: 'refusal', refusal: 'no' }] },
      'refusal',
    ],
  ])('is found %s', (_, wire, body, expected) => {
    expect(found(wire, body)).toBe(expected)
  })

  it('stays a refusal whatever comes later', () => {
    expect(found('openai-chat', chat({}), 'refusal')).toBe('refusal')
  })

  it('is found in a stream at every cut, as whoever reads the stream finds it', () => {
    const pieces = ['I can', 'not say'].map((refusal) => ({ choices: [{ index: 0, delta: { refusal } }] }))
    const all = [...pieces, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }]
    const bytes = Buffer.from(all.map((it) => `data: ${JSON.stringify(it)}\n\n`).join(''))
    const rules = scanRules['openai-chat']
    if (rules === undefined) throw new Error('chat has no rules')
    for (let cut = 0; cut <= bytes.length; cut += 1) {
      const scan = new UsageScan(rules)
      scan.read(bytes.subarray(0, cut))
      scan.read(bytes.subarray(cut))
      scan.end()
      expect(scan.finish).toBe('refusal')
    }
  })

  it('is the same as parsing the reply says', () => {
    const reply = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [], usage: {} }
    for (const stop_reason of ['end_turn', 'max_tokens', 'tool_use', 'refusal', 'pause_turn']) {
      const body = { ...reply, stop_reason }
      const parsed = wireOf('anthropic-messages')
        .parseReply(body)
        .find((it) => it.type === 'finish')
      expect(found('anthropic-messages', body)).toBe(parsed?.type === 'finish' ? parsed.reason : null)
    }
  })
})
