import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Answer, AnswerReader, headerOf } from './answer-reader.ts'

const sized = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Changeover-Version: 1.7\r\n\r\nhello'
const chunked =
  'HTTP/1.1 503 Busy\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n'

/** The answers that come out when the bytes arrive cut at these places. */
function readCut(text: string, cuts: readonly number[]): Answer[] {
  const reader = new AnswerReader()
  const places = [...new Set([0, ...cuts.map((it) => it % text.length), text.length])].sort((a, b) => a - b)
  return places.slice(1).flatMap((end, i) => {
    const answer = reader.push(Buffer.from(text.slice(places[i], end), 'latin1'))
    return answer === null ? [] : [answer]
  })
}

describe('an answer', () => {
  it('is complete when its length has arrived', () => {
    expect(readCut(sized, [])).toEqual([
      {
        status: 200,
        head: 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Changeover-Version: 1.7',
        body: 'hello',
      },
    ])
  })

  it('is complete when its last chunk has arrived', () => {
    expect(readCut(chunked, []).map((it) => it.status)).toEqual([503])
  })

  it('is the same wherever the bytes were cut', () => {
    fc.assert(
      fc.property(fc.constantFrom(sized, chunked), fc.array(fc.nat(200)), (text, cuts) => {
        expect(readCut(text, cuts)).toEqual(readCut(text, []))
      }),
    )
  })

  it('may follow another on the same connection', () => {
    const reader = new AnswerReader()
    expect(reader.push(Buffer.from(sized))?.body).toBe('hello')
    expect(reader.push(Buffer.from(chunked))?.status).toBe(503)
  })

  it('is refused when it is not HTTP or has no end', () => {
    expect(() => new AnswerReader().push(Buffer.from('SSH-2.0-x\r\n\r\n'))).toThrow('without length')
    expect(() => new AnswerReader().push(Buffer.from('SSH-2.0-x\r\ncontent-length: 0\r\n\r\n'))).toThrow(
      'not an HTTP',
    )
  })
})

describe('a header', () => {
  it('is found in any case and is undefined when absent', () => {
    const head = 'HTTP/1.1 200 OK\r\nX-Changeover-Version: 1.7'
    expect(headerOf(head, 'x-changeover-version')).toBe('1.7')
    expect(headerOf(head, 'x-changeover')).toBeUndefined()
  })
})
