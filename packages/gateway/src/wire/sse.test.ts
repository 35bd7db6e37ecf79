import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventTooLarge, SseReader, writeEvent } from './sse.ts'

type Event = readonly [event: string, data: string]

function readAll(chunks: readonly (Buffer | string)[], maxBytes?: number): readonly Event[] {
  const events: Event[] = []
  const reader = new SseReader((event, data) => events.push([event, data]), maxBytes)
  for (const chunk of chunks) reader.read(Buffer.from(chunk))
  reader.end()
  return events
}

describe('an event stream', () => {
  it.each([
    ['an event with data', 'data: a\n\n', [['', 'a']]],
    ['its name', 'event: ping\ndata: a\n\n', [['ping', 'a']]],
    ['one space after the colon and no more', 'data:a\ndata:  b\n\n', [['', 'a\n b']]],
    ['data on several lines', 'data: a\ndata\ndata: b\n\n', [['', 'a\n\nb']]],
    ['comments as nothing', ': keep-alive\n\ndata: a\n: more\n\n', [['', 'a']]],
    ['other fields as nothing', 'id: 7\nretry: 10\ndata: a\n\n', [['', 'a']]],
    ['an event without data as nothing', 'event: ping\n\ndata: a\n\n', [['', 'a']]],
    [
      'lines that end in CR LF',
      'data: a\r\n\r\ndata: b\r\n\r\n',
      [
        ['', 'a'],
        ['', 'b'],
      ],
    ],
    [
      'lines that end in CR',
      'data: a\r\rdata: b\r\r',
      [
        ['', 'a'],
        ['', 'b'],
      ],
    ],
    ['a byte order mark', '\uFEFFdata: a\n\n', [['', 'a']]],
    [
      'a last event without its blank line',
      'data: a\n\ndata: [DONE]',
      [
        ['', 'a'],
        ['', '[DONE]'],
      ],
    ],
  ])('reads %s', (_, text, events) => {
    expect(readAll([text])).toEqual(events)
  })

  it('gives the same events wherever its bytes are cut', () => {
    const line = fc.oneof(
      fc.constantFrom('data: ', 'data:é', 'event: x', ': comment', '', 'id: 3', 'data: 🎞️ a', 'retry'),
      fc.string().map((text) => `data: ${text.replace(/[\r\n]/g, '')}`),
    )
    const end = fc.constantFrom('\n', '\r\n', '\r')
    const stream = fc.array(fc.tuple(line, end)).map((it) => Buffer.from(it.flat().join('')))
    fc.assert(
      fc.property(stream, fc.array(fc.nat()), (bytes, cuts) => {
        const at = [...new Set(cuts.map((it) => it % (bytes.length + 1)))].sort((a, b) => a - b)
        const chunks = [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length))

        expect(readAll(chunks)).toEqual(readAll([bytes]))
      }),
      { numRuns: 500 },
    )
  })

  it('reads back what is written', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom('', 'delta'), fc.json())), (events) => {
        const written = events.map(([event, json]) => writeEvent(JSON.parse(json), event)).join('')
        const read = readAll([written]).map(([event, data]) => [event, JSON.parse(data)])

        expect(read).toEqual(events.map(([event, json]) => [event, JSON.parse(json)]))
      }),
    )
  })

  it('stops at an event above its cap, in one line or in many', () => {
    expect(() => readAll([`data: ${'x'.repeat(200)}`], 100)).toThrow(EventTooLarge)
    expect(() =>
      readAll(
        Array.from({ length: 50 }, () => 'data: xxxx\n'),
        100,
      ),
    ).toThrow(EventTooLarge)
    expect(
      readAll(
        Array.from({ length: 50 }, () => 'data: xxxx\n\n'),
        100,
      ),
    ).toHaveLength(50)
  })
})
