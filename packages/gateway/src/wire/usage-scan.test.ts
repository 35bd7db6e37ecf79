import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ScanRules } from './scan-rules.ts'
import { scanRules } from './scan-rules.ts'
import { scanModel, scanUsage, UsageScan } from './usage-scan.ts'

const rules = scanRules['openai-chat'] as ScanRules

const usage = { prompt_tokens: 5, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 1 } }
const counted = { inputTokens: 5, outputTokens: 2, cachedInputTokens: 1 }

describe('usage', () => {
  it.each([
    ['at the end of a reply', JSON.stringify({ id: 'x', usage }), counted],
    ['with white space', JSON.stringify({ usage, id: 'x' }, null, 2), counted],
    [
      'not in a string that looks like it',
      JSON.stringify({ usage, text: '"usage":{"prompt_tokens":9}' }),
      counted,
    ],
    ['not where it does not count tokens', JSON.stringify({ usage, meta: { usage: { bytes: 3 } } }), counted],
    ['not where it is null', JSON.stringify({ usage: null }), null],
    ['not where it is cut', JSON.stringify({ usage }).slice(0, -4), null],
    ['nowhere', '{}', null],
  ])('is found %s', (_, text, expected) => {
    expect(scanUsage(Buffer.from(text), rules)).toEqual(expected)
  })

  it('of a stream is found wherever its bytes are cut', () => {
    const events = [
      { usage: null, choices: [{ delta: { content: '"usage":' } }] },
      { choices: [], usage },
    ]
    const bytes = Buffer.from(
      `${events.map((it) => `data: ${JSON.stringify(it)}\n\n`).join('')}data: [DONE]\n\n`,
    )
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        const at = cuts.sort((a, b) => a - b)
        const scan = new UsageScan(rules)
        for (const [i, from] of [0, ...at].entries()) scan.read(bytes.subarray(from, at[i] ?? bytes.length))
        scan.end()

        expect(scan.usage).toEqual(counted)
        expect(scan.failed).toBe(false)
      }),
    )
  })

  it('is not looked for in vain: a failure in the stream is noticed on the way', () => {
    const scan = new UsageScan(rules)
    scan.read(Buffer.from('data: {"err'))
    scan.read(Buffer.from('or":{"message":"overloaded"}}\n\n'))
    expect(scan.failed).toBe(true)
  })
})

describe('a model', () => {
  it('is the first one that a reply names', () => {
    expect(scanModel(Buffer.from('{"id":"\\"model\\":", "model" : "m-1","x":{"model":"m-2"}}'), rules)).toBe(
      'm-1',
    )
    expect(scanModel(Buffer.from('{"model":7}'), rules)).toBe('')
  })
})
