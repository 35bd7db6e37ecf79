import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StreamReader } from './stream-reader.ts'

const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'
const stamps = [1_000_001, 2_000_002, 3_000_003]
const frame = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`
const events = stamps.map((it) => frame(`data: {"choices":[{"delta":{"content":"@${it}@ word"}}]}\n\n`))
const whole = `${head}${events.join('')}${frame('data: [DONE]\n\n')}0\r\n\r\n`

function readCut(cuts: readonly number[]): { found: number[]; isComplete: boolean } {
  const reader = new StreamReader()
  const found: number[] = []
  const places = [...new Set([0, ...cuts.map((it) => it % whole.length), whole.length])].sort((a, b) => a - b)
  for (const [i, end] of places.slice(1).entries()) {
    reader.push(Buffer.from(whole.slice(places[i], end)), (it) => found.push(it))
  }
  return { found, isComplete: reader.isComplete }
}

describe('a stream', () => {
  it('gives each stamp once and is complete at its end, wherever the bytes were cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length)), (cuts) => {
        expect(readCut(cuts)).toEqual({ found: stamps, isComplete: true })
      }),
    )
  })

  it('is not complete before the empty chunk', () => {
    const reader = new StreamReader()
    reader.push(Buffer.from(whole.slice(0, -5)), () => undefined)
    expect(reader.isComplete).toBe(false)
    expect(reader.status).toBe(200)
  })
})
