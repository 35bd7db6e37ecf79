/**
 * A JSON array that arrives in pieces: bytes in, one event for each element, wherever the bytes are cut.
 *
 * Only strings and brackets are followed; whether an element is JSON is for its reader to find out. The bytes of
 * UTF-8 beyond ASCII never look like a quote or a bracket.
 */
import { EventTooLarge, type TakeEvent } from './sse.ts'

const QUOTE = 34
const BACKSLASH = 92
const OPEN_LIST = 91
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

export class JsonArrayReader {
  readonly #take: TakeEvent
  readonly #maxBytes: number
  #carry: Buffer[] = []
  #carried = 0
  /** 0 before the array, 1 between its elements. */
  #depth = 0
  #inText = false
  #escaped = false
  #closed = false

  constructor(take: TakeEvent, maxBytes = 16 * 1024 * 1024) {
    this.#take = take
    this.#maxBytes = maxBytes
  }

  /** Throws a `SyntaxError` for what is no array of objects. */
  read(chunk: Buffer): void {
    let from = this.#depth > 1 ? 0 : -1
    for (let i = 0; i < chunk.length; i += 1) {
      const byte = chunk[i] ?? 0
      if (this.#inText) this.#followText(byte)
      else if (this.#depth > 1) {
        if (this.#follow(byte) === 1) {
          this.#element(chunk.subarray(from, i + 1))
          from = -1
        }
      } else if (this.#outside(byte)) from = i
    }
    if (from !== -1) this.#keep(chunk.subarray(from))
  }

  /** Throws when the array is not closed. */
  end(): void {
    if (!this.#closed) throw new SyntaxError('the stream ends in the middle of an array')
  }

  #followText(byte: number): void {
    if (this.#escaped) this.#escaped = false
    else if (byte === BACKSLASH) this.#escaped = true
    else if (byte === QUOTE) this.#inText = false
  }

  #follow(byte: number): number {
    if (byte === QUOTE) this.#inText = true
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#depth += 1
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) this.#depth -= 1
    return this.#depth
  }

  /** True where an element begins. */
  #outside(byte: number): boolean {
    if (byte === 32 || byte === 10 || byte === 13 || byte === 9) return false
    if (this.#closed) throw new SyntaxError('there is more behind the array')
    if (this.#depth === 0) {
      if (byte !== OPEN_LIST) throw new SyntaxError('the stream is no array')
      this.#depth = 1
      return false
    }
    if (byte === OPEN_OBJECT) {
      this.#depth = 2
      return true
    }
    if (byte === CLOSE_LIST) this.#closed = true
    else if (byte !== 44) throw new SyntaxError('an element is no object')
    return false
  }

  #keep(rest: Buffer): void {
    this.#carry.push(rest)
    this.#carried += rest.length
    if (this.#carried > this.#maxBytes) {
      throw new EventTooLarge(`an event is larger than ${this.#maxBytes} bytes`)
    }
  }

  #element(last: Buffer): void {
    const text = this.#carried === 0 ? last.toString() : Buffer.concat([...this.#carry, last]).toString()
    this.#carry = []
    this.#carried = 0
    this.#take('', text)
  }
}
