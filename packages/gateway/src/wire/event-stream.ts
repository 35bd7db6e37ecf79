/**
 * Amazon's event stream framing (`application/vnd.amazon.eventstream`): bytes in, events out, wherever the bytes
 * are cut. Both checksums of each message are compared: a message that is broken is a broken stream, since
 * nothing says where the next one would begin.
 *
 * A message larger than the cap stops the reader before it is gathered.
 */
import { crc32 } from 'node:zlib'
import { EventTooLarge, type TakeEvent } from './sse.ts'

/** Length of the message, length of its headers, checksum of both. */
const PRELUDE_BYTES = 12
const CHECKSUM_BYTES = 4
const SMALLEST_BYTES = PRELUDE_BYTES + CHECKSUM_BYTES
const STRING = 7
/** Bytes of the value after each header type; -1 for those that say their length. */
const VALUE_BYTES = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16] as const

export class EventStreamReader {
  readonly #take: TakeEvent
  readonly #maxBytes: number
  #chunks: Buffer[] = []
  #bytes = 0
  /** Of the message that has begun; 0 before its prelude is whole. */
  #messageBytes = 0

  constructor(take: TakeEvent, maxBytes = 16 * 1024 * 1024) {
    this.#take = take
    this.#maxBytes = maxBytes
  }

  /** Throws a `SyntaxError` for what is not of the framing. */
  read(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    while (this.#bytes >= Math.max(PRELUDE_BYTES, this.#messageBytes)) {
      const bytes = this.#gathered()
      if (this.#messageBytes === 0) this.#messageBytes = readPrelude(bytes, this.#maxBytes)
      if (this.#bytes < this.#messageBytes) return
      const message = bytes.subarray(0, this.#messageBytes)
      this.#keep(bytes.subarray(this.#messageBytes))
      this.#messageBytes = 0
      this.#message(message)
    }
  }

  /** Throws when a message had begun. */
  end(): void {
    if (this.#bytes > 0) throw new SyntaxError('the stream ends in the middle of a message')
  }

  #gathered(): Buffer {
    const [first] = this.#chunks
    if (this.#chunks.length === 1 && first !== undefined) return first
    const all = Buffer.concat(this.#chunks)
    this.#chunks = [all]
    return all
  }

  #keep(rest: Buffer): void {
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#bytes = rest.length
  }

  #message(bytes: Buffer): void {
    const end = bytes.length - CHECKSUM_BYTES
    if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) {
      throw new SyntaxError('the checksum of a message is wrong')
    }
    const payloadAt = PRELUDE_BYTES + bytes.readUInt32BE(4)
    const headers = readHeaders(bytes.subarray(PRELUDE_BYTES, payloadAt))
    const payload = bytes.toString('utf8', payloadAt, end)
    const type = headers.get(':message-type')
    if (type === 'error') {
      const message = headers.get(':error-message') ?? ''
      this.#take(headers.get(':error-code') ?? 'error', JSON.stringify({ message }))
    } else {
      const name = headers.get(type === 'exception' ? ':exception-type' : ':event-type')
      this.#take(name ?? '', payload)
    }
  }
}

function readPrelude(bytes: Buffer, maxBytes: number): number {
  const total = bytes.readUInt32BE(0)
  const headers = bytes.readUInt32BE(4)
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) {
    throw new SyntaxError('the checksum of a prelude is wrong')
  }
  if (total > maxBytes) throw new EventTooLarge(`an event is larger than ${maxBytes} bytes`)
  if (total < SMALLEST_BYTES || headers > total - SMALLEST_BYTES) {
    throw new SyntaxError('the lengths of a message do not fit')
  }
  return total
}

/** Only texts are kept: nothing else is looked at. */
function readHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  let at = 0
  while (at < bytes.length) {
    const nameEnd = at + 1 + bytes.readUInt8(at)
    const name = bytes.toString('utf8', at + 1, nameEnd)
    const type = nameEnd < bytes.length ? bytes.readUInt8(nameEnd) : -1
    const fixed = VALUE_BYTES[type]
    if (fixed === undefined || (fixed === -1 && nameEnd + 3 > bytes.length)) {
      throw new SyntaxError('the headers of a message do not fit')
    }
    const from = fixed === -1 ? nameEnd + 3 : nameEnd + 1
    const to = from + (fixed === -1 ? bytes.readUInt16BE(nameEnd + 1) : fixed)
    if (to > bytes.length) throw new SyntaxError('the headers of a message do not fit')
    if (type === STRING) headers.set(name, bytes.toString('utf8', from, to))
    at = to
  }
  return headers
}
