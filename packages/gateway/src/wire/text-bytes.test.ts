import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanRules } from './scan-rules.ts'
import { textBytesIn } from './text-bytes.ts'
import { UsageScan } from './usage-scan.ts'

const keys = [Buffer.from('content"')]

describe('the text that a stream has brought', () => {
  it('is measured as UTF-8, whatever is escaped in it', () => {
    const escaped = (text: string) =>
      JSON.stringify(text).replace(/[^ -~]/g, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`)
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (text, isEscaped) => {
        const json = isEscaped ? escaped(text) : JSON.stringify(text)
        const event = Buffer.from(`{"choices":[{"delta":{"content": ${json}}}]}`)
        expect(textBytesIn(event, keys)).toBe(Buffer.byteLength(text))
      }),
    )
  })

  it('is none where the key is part of a text, or holds no text', () => {
    const event = JSON.stringify({ x: '"content":"no"', content: null, y: { content: 3 } })
    expect(textBytesIn(Buffer.from(event), keys)).toBe(0)
    expect(textBytesIn(Buffer.from('{"content":"cut of'), keys)).toBe(6)
  })

  it.each([
    [
      'openai-chat',
      '{"choices":[{"delta":{"content":"four","tool_calls":[{"function":{"arguments":"{}"}}]}}]}',
      6,
    ],
    ['openai-chat', '{"choices":[{"delta":{"reasoning_content":"thought"}}]}', 7],
    ['openai-completions', '{"choices":[{"text":"four"}]}', 4],
    ['openai-responses', '{"type":"response.output_text.delta","delta":"four"}', 4],
    ['anthropic-messages', '{"type":"content_block_delta","delta":{"type":"text_delta","text":"four"}}', 4],
    ['anthropic-messages', '{"delta":{"type":"thinking_delta","thinking":"hm"}}', 2],
    ['anthropic-messages', '{"delta":{"type":"input_json_delta","partial_json":"{}"}}', 2],
    ['gemini', '{"candidates":[{"content":{"parts":[{"text":"four"}],"role":"model"}}]}', 4],
  ] as const)('is found in %s, however it is cut: %s', (name, data, length) => {
    const rules = scanRules[name]
    if (rules === undefined) throw new Error(`no rules for ${name}`)
    const bytes = Buffer.from(`data: ${data}\n\n`.repeat(3))
    for (const size of [1, 7, bytes.length]) {
      const scan = new UsageScan(rules)
      for (let at = 0; at < bytes.length; at += size) scan.read(bytes.subarray(at, at + size))
      expect(scan.textBytes).toBe(3 * length)
    }
  })
})
