import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UsageCut } from './usage-cut.ts'

const word = (text: string): string => `data: {"choices":[{"index":0,"delta":{"content":"${text}"}}]}\n\n`
const COUNT = 'data: {"id":"a","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'
const FILTER = 'data: {"id":"","choices":[],"prompt_filter_results":[{"index":0}]}\n\n'
const DONE = 'data: [DONE]\n\n'

function through(stream: string, cuts: readonly number[] = []): string {
  const cut = new UsageCut()
  const bytes = Buffer.from(stream)
  const ends = [...cuts.map((it) => it % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  const passed: Buffer[] = []
  let from = 0
  for (const end of ends) {
    passed.push(cut.pass(bytes.subarray(from, end)))
    from = end
  }
  return Buffer.concat([...passed, cut.end()]).toString()
}

describe('a stream that was counted without the caller asking', () => {
  it('loses the count, and nothing else', () => {
    expect(through(word('Hi') + COUNT + DONE)).toBe(word('Hi') + DONE)
    expect(through(COUNT.replaceAll('\n', '\r\n') + DONE)).toBe(DONE)
    expect(through(COUNT.replace('"choices":[]', '"choices": []'))).toBe('')
  })

  it('keeps an event without choices that counts nothing', () => {
    const nothing = 'data: {"choices":[],"usage":null}\n\n'
    expect(through(FILTER + nothing + DONE)).toBe(FILTER + nothing + DONE)
  })

  it('keeps words that look like a count', () => {
    const spoken = word('\\"choices\\":[] \\"usage\\":{')
    expect(through(spoken + DONE)).toBe(spoken + DONE)
  })

  it('is the same wherever it is cut', () => {
    const event = fc.constantFrom(word('Hi'), word('ä€😀'), COUNT, FILTER, ': ping\n\n', DONE)
    fc.assert(
      fc.property(fc.array(event, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 8 }), (events, cuts) => {
        const kept = events.filter((it) => it !== COUNT).join('')
        expect(through(events.join(''), cuts)).toBe(kept)
      }),
    )
  })

  it('goes on at once, event by event', () => {
    const cut = new UsageCut()
    expect(cut.pass(Buffer.from(`${word('a')}data: {"ch`)).toString()).toBe(word('a'))
    expect(cut.pass(Buffer.from('oices":[1]}\n')).toString()).toBe('')
    expect(cut.pass(Buffer.from('\n')).toString()).toBe('data: {"choices":[1]}\n\n')
  })

  it('that was broken off gives all that came', () => {
    expect(through(`${word('a')}data: {"choi`)).toBe(`${word('a')}data: {"choi`)
  })

  it('does not gather an event without end', () => {
    const cut = new UsageCut()
    const passed = cut.pass(Buffer.alloc(300 * 1024, 'x'))
    expect(passed.length).toBe(300 * 1024)
  })
})
