import { crc32 } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventStreamReader } from './event-stream.ts'
import { framingOf } from './framing.ts'
import { JsonArrayReader } from './json-array.ts'
import { EventTooLarge } from './sse.ts'

type Headers = Readonly<Record<string, string | Buffer>>

/** A buffer stands for a value with its type before it. */
function frame(headers: Headers, payload: string | Buffer): Buffer {
  const head = Buffer.concat(
    Object.entries(headers).flatMap(([name, value]) => {
      const length = Buffer.from([0, 0])
      length.writeUInt16BE(value.length)
      const typed = typeof value === 'string' ? [Buffer.from([7]), length, Buffer.from(value)] : [value]
      return [Buffer.from([name.length]), Buffer.from(name), ...typed]
    }),
  )
  const body = Buffer.from(payload)
  const prelude = Buffer.alloc(8)
  prelude.writeUInt32BE(16 + head.length + body.length, 0)
  prelude.writeUInt32BE(head.length, 4)
  const sum = (bytes: Buffer) => {
    const written = Buffer.alloc(4)
    written.writeUInt32BE(crc32(bytes))
    return written
  }
  const message = Buffer.concat([prelude, sum(prelude), head, body])
  return Buffer.concat([message, sum(message)])
}

const event = (name: string, payload: object) =>
  frame(
    { ':message-type': 'event', ':event-type': name, ':content-type': 'application/json' },
    JSON.stringify(payload),
  )

function readAll(chunks: readonly Buffer[], maxBytes?: number): string[] {
  const seen: string[] = []
  const reader = new EventStreamReader((name, data) => seen.push(`${name} ${data}`), maxBytes)
  for (const chunk of chunks) reader.read(chunk)
  reader.end()
  return seen
}

const stream = Buffer.concat([
  event('messageStart', { role: 'assistant' }),
  frame(
    { ':event-type': 'x', a: Buffer.from([0]), n: Buffer.from([4, 0, 0, 0, 1]), ':message-type': 'event' },
    '"ü"',
  ),
  frame({ ':message-type': 'exception', ':exception-type': 'throttlingException' }, '{"message":"slow"}'),
  frame({ ':message-type': 'error', ':error-code': 'internalError', ':error-message': 'oh' }, ''),
])
const said = [
  'messageStart {"role":"assistant"}',
  'x "ü"',
  'throttlingException {"message":"slow"}',
  'internalError {"message":"oh"}',
]

describe('an event stream of Amazon', () => {
  it('gives the same events wherever it is cut', () => {
    for (let cut = 0; cut <= stream.length; cut += 1) {
      expect(readAll([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(said)
    }
    expect(readAll(Array.from(stream, (byte) => Buffer.from([byte])))).toEqual(said)
  })

  it('is refused when any of its bytes is another', () => {
    const one = event('x', { a: 1 })
    for (let i = 0; i < one.length; i += 1) {
      const broken = Buffer.from(one)
      broken[i] = (broken[i] ?? 0) ^ 0x10
      expect(() => readAll([broken])).toThrow()
    }
  })

  it('is refused when it ends in the middle of a message', () => {
    expect(() => readAll([stream.subarray(0, stream.length - 1)])).toThrow(SyntaxError)
  })

  it('is refused before a message beyond the cap is gathered', () => {
    const large = event('x', { text: 'y'.repeat(2000) })
    expect(() => readAll([large.subarray(0, 12)], 1000)).toThrow(EventTooLarge)
  })

  it('never does worse than refuse, whatever it is fed', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), (chunks) => {
        try {
          readAll(chunks.map((it) => Buffer.from(it)))
        } catch (error) {
          expect(error).toBeInstanceOf(Error)
          expect(error).not.toBeInstanceOf(TypeError)
        }
      }),
    )
  })
})

function readArray(chunks: readonly Buffer[], maxBytes?: number): string[] {
  const seen: string[] = []
  const reader = new JsonArrayReader((_, data) => seen.push(data), maxBytes)
  for (const chunk of chunks) reader.read(chunk)
  reader.end()
  return seen
}

describe('an array that grows', () => {
  const elements = [{ a: 'x"]}' }, { b: ['\\', '世🎞️'], c: { d: '[{' } }, {}]
  const text = Buffer.from(`[${elements.map((it) => JSON.stringify(it)).join(',\r\n')}\r\n]\n`)

  it('gives the same elements wherever it is cut', () => {
    for (let cut = 0; cut <= text.length; cut += 1) {
      const read = readArray([text.subarray(0, cut), text.subarray(cut)])
      expect(read.map((it) => JSON.parse(it) as unknown)).toEqual(elements)
    }
    expect(readArray([Buffer.from('[]')])).toEqual([])
  })

  it.each(['{"a":1}', '["a"]', '[{"a":1}', '[{}]{}'])('%s is none', (it) => {
    expect(() => readArray([Buffer.from(it)])).toThrow(SyntaxError)
  })

  it('is refused when an element grows beyond the cap', () => {
    const endless = Array.from({ length: 40 }, () => Buffer.from('[{"a":"xxxxxxxxxxxxxxxxxxxxxxx'))
    expect(() => readArray(endless, 500)).toThrow(EventTooLarge)
  })
})

describe('a framing', () => {
  it.each([
    ['text/event-stream; charset=utf-8', true],
    ['application/vnd.amazon.eventstream', true],
    ['application/json', false],
    ['', false],
  ])('%j is one: %j', (type, is) => {
    expect(framingOf(type) !== null).toBe(is)
  })
})
