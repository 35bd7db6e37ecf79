/**
 * Reads HTTP/1.1 answers off a socket, one at a time, with as little work as finding their end needs.
 *
 * Why not `node:http`: its client costs more than some of the gateways that are measured, and the load side
 * must not be what is measured. Only what the candidates send is understood: a length or chunks.
 */

export interface Answer {
  readonly status: number
  /** Status line and headers as they came. */
  readonly head: string
  /** As it came; chunk framing is still in it. */
  readonly body: string
}

const headEndMark = '\r\n\r\n'

export class AnswerReader {
  #pending: Buffer | null = null

  /** The answer, once it is complete; `null` until then. Throws on what is not HTTP. */
  push(bytes: Buffer): Answer | null {
    const buffer = this.#pending === null ? bytes : Buffer.concat([this.#pending, bytes])
    this.#pending = buffer
    const headEnd = buffer.indexOf(headEndMark)
    if (headEnd < 0) return null
    const head = buffer.toString('latin1', 0, headEnd)
    const bodyEnd = findBodyEnd(buffer, head, headEnd + 4)
    if (bodyEnd < 0) return null
    this.#pending = bodyEnd === buffer.length ? null : buffer.subarray(bodyEnd)
    return { status: statusOf(head), head, body: buffer.toString('latin1', headEnd + 4, bodyEnd) }
  }
}

export function statusOf(head: string): number {
  const status = Number(head.slice(9, 12))
  if (!head.startsWith('HTTP/1.') || !Number.isInteger(status)) throw new Error('not an HTTP answer')
  return status
}

/** The value of a header, or `undefined`; `name` in lower case. */
export function headerOf(head: string, name: string): string | undefined {
  const line = head.split('\r\n').find((it) => it.slice(0, name.length + 1).toLowerCase() === `${name}:`)
  return line?.slice(name.length + 1).trim()
}

function findBodyEnd(buffer: Buffer, head: string, start: number): number {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
  if (length !== undefined) {
    const end = start + Number(length)
    return end <= buffer.length ? end : -1
  }
  if (/\r\ntransfer-encoding: *chunked/i.test(head)) return findChunksEnd(buffer, start)
  throw new Error('an answer without length')
}

function findChunksEnd(buffer: Buffer, start: number): number {
  for (let at = start; ; ) {
    const lineEnd = buffer.indexOf('\r\n', at)
    if (lineEnd < 0) return -1
    const size = Number.parseInt(buffer.toString('latin1', at, lineEnd), 16)
    if (Number.isNaN(size)) throw new Error('a chunk without size')
    at = lineEnd + 2 + size + 2
    if (at > buffer.length) return -1
    if (size === 0) return at
  }
}
