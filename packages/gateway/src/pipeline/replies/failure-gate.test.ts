import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { scanErrors } from '../../wire/failure-scan.ts'
import { FailureGate } from './failure-gate.ts'

const KEY = 'sk-live-canary-0123456789'
const redact = (text: string): string => text.replaceAll(KEY, '[redacted]')

/** As in a stream: whole lines are searched before they are let through. */
function through(
  chunks: readonly Buffer[],
  clean = redact,
): { readonly text: string; readonly sent: string[] } {
  const sent: Buffer[] = []
  const gate = new FailureGate({ redact: clean, send: (it) => void sent.push(it) })
  let come = Buffer.alloc(0)
  for (const it of chunks) {
    come = Buffer.concat([come, it])
    const whole = come.subarray(0, come.lastIndexOf(10) + 1)
    gate.pass(it, scanErrors(whole).suspect)
  }
  gate.end()
  return { text: Buffer.concat(sent).toString(), sent: sent.map(String) }
}

function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...[...cuts].sort((a, b) => a - b), bytes.length]
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end))
}

const delta = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`
const error = JSON.stringify({ error: { message: `Ünknown key ${KEY}`, code: 401 } })
const said = `: hi\n\n${delta('Grüße {"error"')}${delta(`said ${KEY}`)}`
const clean = (text: string): string => text.replaceAll(`Ünknown key ${KEY}`, 'Ünknown key [redacted]')

describe.each([
  ['as one line', `data: ${error}\n\n`],
  ['with carriage returns', `data: ${error}\r\n\r\n`],
  ['as an event with a name', `event: error\ndata: ${error}\n\n`],
  ['over several lines', `event: error\ndata: {\ndata: "x": ${error}\ndata: }\n\n`],
  ['behind other fields', `data: {"id":"c-1","object":"chat.completion.chunk",${error.slice(1)}\n\n`],
  ['as the end of a response', `data: {"type":"response.failed","response":${error}}\n\n`],
])('a failure in the middle of a stream, %s,', (_, failure) => {
  const bytes = Buffer.from(`${said}${failure}${delta(`and says ${KEY}`)}data: [DONE]\n\n`)

  it('is passed on without the key that it quotes, wherever the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length), { maxLength: 12 }), (cuts) => {
        expect(through(cut(bytes, cuts)).text).toBe(clean(bytes.toString()))
      }),
    )
  })

  it('is passed on without it when every byte comes alone', () => {
    const cuts = Array.from({ length: bytes.length }, (_, i) => i)
    expect(through(cut(bytes, cuts)).text).toBe(clean(bytes.toString()))
  })

  it('is passed on without it when the stream ends in it', () => {
    const ended = Buffer.from(`${said}${failure.trimEnd()}`)
    expect(through(cut(ended, [said.length + 5])).text).toBe(clean(ended.toString()))
  })
})

describe('all else', () => {
  const parts = fc.array(
    fc.oneof(
      fc.string().map(delta),
      fc.constantFrom(
        'data: ',
        'data',
        'd\n',
        'data: {"err',
        '{"error"}\n',
        'x data: {"error"}\n',
        'data: {"error":null}\n\n',
        '"',
        '\n',
        'event: error\n',
      ),
    ),
  )

  it('passes byte for byte', () => {
    fc.assert(
      fc.property(parts, fc.array(fc.nat(2_000), { maxLength: 8 }), (texts, cuts) => {
        const bytes = Buffer.from(texts.join(''))
        const wanted = cuts.map((it) => Math.min(it, bytes.length))
        expect(through(cut(bytes, wanted), (text) => text).text).toBe(bytes.toString())
      }),
    )
  })

  it('does not wait for the end of its line', () => {
    const chunks = ['data: {"id":1,', '"x":2}\n\ndata: {"id', '":2}\n\n']
    expect(through(chunks.map((it) => Buffer.from(it))).sent).toEqual(chunks)
  })

  it('does not wait where a line is cut before what could be the word', () => {
    const chunks = ['data: {"id":"', '1","x":"', '2"}\n\n']
    expect(through(chunks.map((it) => Buffer.from(it))).sent).toEqual([
      'data: {"id":',
      '"1","x":',
      '"2"}\n\n',
    ])
  })

  it('of an event that came whole is redacted before the word as behind it', () => {
    const event = { message: `no such key ${KEY}`, object: 'error' }
    const chunks = [`data: ${JSON.stringify(event)}\n\n`, `data: ${JSON.stringify(event)}`]
    for (const it of chunks) expect(through([Buffer.from(it)]).text).toContain('no such key [redacted]')
  })

  it('is not held for ever when a failure has no end', () => {
    const sent: Buffer[] = []
    const gate = new FailureGate({ redact, send: (it) => void sent.push(it) })
    gate.pass(Buffer.from(`data: {"error":"${KEY}`), false)
    expect(sent).toEqual([])
    gate.pass(Buffer.alloc(256 * 1024, 'x'), false)
    expect(Buffer.concat(sent).length).toBeGreaterThan(256 * 1024)
    gate.pass(Buffer.from(`${KEY}"}\n\n`), false)
    expect(String(Buffer.concat(sent))).not.toContain(KEY)
  })
})
