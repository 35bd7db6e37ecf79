/**
 * Server-sent events (WHATWG HTML, section 9.2): bytes in, events out, wherever the bytes are cut.
 *
 * Lines are cut as bytes and decoded whole, so that a character split between two chunks survives. Of the
 * fields only `event` and `data` matter here; comments keep connections alive and carry nothing.
 *
 * An event larger than the cap stops the reader: a provider that never ends a line would fill the memory.
 */

const LF = 10
const CR = 13
const COLON = 58
const SPACE = 32
const BOM = Buffer.from([0xef, 0xbb, 0xbf])

export type TakeEvent = (event: string, data: string) => void

/** Thrown by a reader when an event exceeds its cap. */
export class EventTooLarge extends Error {
  override readonly name = 'EventTooLarge'
}

export class SseReader {
  readonly #take: TakeEvent
  readonly #maxBytes: number
  /** The line so far, when its end has not come yet. */
  #carry: Buffer[] = []
  #carried = 0
  #event = ''
  #data: string[] = []
  #dataBytes = 0
  #skipLf = false
  #atStart = true

  constructor(take: TakeEvent, maxBytes = 1024 * 1024) {
    this.#take = take
    this.#maxBytes = maxBytes
  }

  read(chunk: Buffer): void {
    let start = 0
    if (this.#skipLf && chunk.length > 0) {
      this.#skipLf = false
      if (chunk[0] === LF) start = 1
    }
    let cr = chunk.indexOf(CR, start)
    let lf = chunk.indexOf(LF, start)
    while (lf !== -1 || cr !== -1) {
      const end = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr
      this.#line(chunk.subarray(start, end))
      start = end + 1
      if (end === cr) {
        if (start === chunk.length) this.#skipLf = true
        else if (chunk[start] === LF) start += 1
        cr = chunk.indexOf(CR, start)
      }
      if (lf !== -1 && lf < start) lf = chunk.indexOf(LF, start)
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start))
  }

  /** The stream is over. Some servers leave out the last blank line; what stands there still counts. */
  end(): void {
    if (this.#carried > 0) this.#line(Buffer.alloc(0))
    this.#dispatch()
  }

  #keep(rest: Buffer): void {
    this.#carry.push(rest)
    this.#carried += rest.length
    this.#checkSize()
  }

  #line(bytes: Buffer): void {
    let line = bytes
    if (this.#carried > 0) {
      this.#carry.push(bytes)
      line = Buffer.concat(this.#carry)
      this.#carry = []
      this.#carried = 0
    }
    if (this.#atStart) {
      this.#atStart = false
      if (line.length >= 3 && line.subarray(0, 3).equals(BOM)) line = line.subarray(3)
    }
    if (line.length === 0) this.#dispatch()
    else this.#field(line)
  }

  #field(line: Buffer): void {
    const colon = line.indexOf(COLON)
    if (colon === 0) return
    const name = line.toString('latin1', 0, colon === -1 ? line.length : colon)
    if (name !== 'data' && name !== 'event') return
    const from = colon === -1 ? line.length : line[colon + 1] === SPACE ? colon + 2 : colon + 1
    const value = line.toString('utf8', from)
    if (name === 'event') {
      this.#event = value
      return
    }
    this.#data.push(value)
    this.#dataBytes += line.length
    this.#checkSize()
  }

  #dispatch(): void {
    const data = this.#data
    const event = this.#event
    this.#event = ''
    if (data.length === 0) return
    this.#data = []
    this.#dataBytes = 0
    this.#take(event, data.length === 1 ? (data[0] ?? '') : data.join('\n'))
  }

  #checkSize(): void {
    if (this.#carried + this.#dataBytes > this.#maxBytes) {
      throw new EventTooLarge(`an event is larger than ${this.#maxBytes} bytes`)
    }
  }
}

/** One event with JSON data, framed. */
export function writeEvent(value: unknown, event = ''): string {
  const name = event === '' ? '' : `event: ${event}\n`
  return `${name}data: ${JSON.stringify(value)}\n\n`
}
