/**
 * Reads a few scalars out of JSON of any length, in whatever pieces it comes, and makes nothing of all the rest: where an
 * answer is too long to be kept, this is what is known of it.
 *
 * Bounded: what is kept is no longer than `MOST_CHARS` each and no more than `MOST_KEPT` in all; strings that nobody asked
 * for are jumped over, so that a picture of megabytes is one search for its end. What it gives has the shape of what came,
 * with holes. It is lenient: what is no JSON gives something or nothing, and never throws.
 */
import type { Fields } from './fields.ts'

/** What to keep, by name: `true` for a scalar. `*` stands for all entries of a list. */
export interface Shape {
  readonly [name: string]: Shape | true
}

const MOST_CHARS = 1024
const MOST_KEPT = 8192
const SHORT_STRING = 48

const QUOTE = 34
const COMMA = 44
const COLON = 58
const OPEN_LIST = 91
const BACKSLASH = 92
const CLOSE_LIST = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

/** An object or a list of which something is wanted. */
interface Frame {
  readonly shape: Shape
  readonly into: Record<string, unknown> | unknown[]
  /** Of an object, the name that was read last; of a list, how many entries are behind. */
  name: string
  index: number
  isAtName: boolean
}

export class PrunedJson {
  readonly #shape: Shape
  readonly #frames: Frame[] = []
  #value: Record<string, unknown> | null = null
  /** How deep it is inside something that nobody wants. */
  #skipped = 0
  #kept = 0
  /** Of the string or the scalar under way; `null` for one that is not wanted. */
  #token: string | null = null
  #isInString = false
  #isInScalar = false
  /** A backslash was the last that came, and takes the next byte with it. */
  #isEscaped = false

  constructor(shape: Shape) {
    this.#shape = shape
  }

  /** What has come of it so far. */
  get value(): Fields | null {
    return this.#value
  }

  read(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#isInString) at = this.#readString(bytes, at)
      else at = this.#skipped > 0 ? this.#skip(bytes, at) : this.#readByte(bytes, at)
    }
  }

  /** Most of an answer is what nobody wants. Up to a long string, the end of it all, or that of these bytes. */
  #skip(bytes: Buffer, from: number): number {
    let depth = this.#skipped
    let at = from
    while (at < bytes.length && depth > 0) {
      const byte = bytes[at]
      at += 1
      if (byte === OPEN_OBJECT || byte === OPEN_LIST) depth += 1
      else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) depth -= 1
      else if (byte === QUOTE) {
        const end = endOfShort(bytes, at)
        if (end === -1) {
          this.#isInString = true
          this.#token = null
          break
        }
        at = end
      }
    }
    this.#skipped = depth
    return at
  }

  #readByte(bytes: Buffer, at: number): number {
    const byte = bytes[at] ?? 0
    if (byte === QUOTE) this.#openString()
    else if (byte === OPEN_OBJECT || byte === OPEN_LIST) this.#open(byte === OPEN_LIST)
    else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) this.#close()
    else if (byte === COMMA) this.#next()
    else if (byte === COLON || byte <= 32) this.#endScalar()
    else this.#takeScalar(byte)
    return at + 1
  }

  /** Up to its end, or that of these bytes. */
  #readString(bytes: Buffer, from: number): number {
    let start = from
    if (this.#isEscaped) {
      this.#isEscaped = false
      start += 1
    }
    for (;;) {
      const quote = bytes.indexOf(QUOTE, start)
      const end = quote === -1 ? bytes.length : quote
      const isEscaped = slashesBefore(bytes, start, end) % 2 === 1
      if (quote === -1 || !isEscaped) {
        this.#take(bytes, from, end)
        this.#isEscaped = quote === -1 && isEscaped
        if (quote === -1) return end
        this.#endString()
        return end + 1
      }
      start = quote + 1
    }
  }

  #take(bytes: Buffer, from: number, to: number): void {
    if (this.#token === null) return
    // In Latin-1, a byte a character: a letter may be cut in two.
    this.#token =
      this.#token.length + to - from > MOST_CHARS ? null : this.#token + bytes.toString('latin1', from, to)
  }

  #openString(): void {
    this.#isInString = true
    this.#token = this.#isName() || this.#wanted() === true ? '' : null
  }

  #endString(): void {
    this.#isInString = false
    const text = this.#token
    this.#token = null
    if (this.#skipped > 0) return
    const frame = this.#frames.at(-1)
    if (frame !== undefined && this.#isName()) {
      const name = text === null ? '' : parsed(`"${text}"`)
      frame.name = typeof name === 'string' ? name : ''
      frame.isAtName = false
    } else if (text !== null) this.#keep(`"${text}"`)
  }

  #takeScalar(byte: number): void {
    if (!this.#isInScalar) {
      this.#isInScalar = true
      this.#token = this.#wanted() === true ? '' : null
    }
    if (this.#token !== null) this.#token += String.fromCharCode(byte)
    if (this.#token !== null && this.#token.length > MOST_CHARS) this.#token = null
  }

  #endScalar(): void {
    if (!this.#isInScalar) return
    this.#isInScalar = false
    if (this.#token !== null) this.#keep(this.#token)
    this.#token = null
  }

  #open(isList: boolean): void {
    const wanted = this.#frames.length === 0 && this.#value === null ? this.#shape : this.#wanted()
    const isWanted = wanted !== undefined && wanted !== true && isList === '*' in wanted
    if (!isWanted || this.#kept >= MOST_KEPT) {
      this.#skipped = 1
      return
    }
    this.#kept += 1
    const into = isList ? [] : {}
    if (this.#value === null) this.#value = into
    else this.#put(into)
    this.#frames.push({ shape: wanted, into, name: '', index: 0, isAtName: !isList })
  }

  #close(): void {
    this.#endScalar()
    this.#frames.pop()
  }

  #next(): void {
    this.#endScalar()
    const frame = this.#frames.at(-1)
    if (frame === undefined) return
    if (Array.isArray(frame.into)) frame.index += 1
    else frame.isAtName = true
  }

  #isName(): boolean {
    return this.#frames.at(-1)?.isAtName === true
  }

  /** What is to be kept of the value that comes here. */
  #wanted(): Shape | true | undefined {
    const frame = this.#frames.at(-1)
    if (frame === undefined) return undefined
    if (Array.isArray(frame.into)) return frame.shape['*']
    return Object.hasOwn(frame.shape, frame.name) ? frame.shape[frame.name] : undefined
  }

  #keep(json: string): void {
    if (this.#kept >= MOST_KEPT) return
    const value = parsed(json)
    if (value === undefined) return
    this.#kept += 1
    this.#put(value)
  }

  #put(value: unknown): void {
    const frame = this.#frames.at(-1)
    if (frame === undefined) return
    if (Array.isArray(frame.into)) frame.into[frame.index] = value
    else frame.into[frame.name] = value
  }
}

/** Behind the end of a string; -1 for one that is long, or goes on behind these bytes. Below some fifty bytes a loop is faster than memchr. */
function endOfShort(bytes: Buffer, from: number): number {
  const near = Math.min(bytes.length, from + SHORT_STRING)
  for (let at = from; at < near; at += 1) {
    const byte = bytes[at]
    if (byte === QUOTE) return at + 1
    if (byte === BACKSLASH) at += 1
  }
  return -1
}

function slashesBefore(bytes: Buffer, from: number, end: number): number {
  let count = 0
  while (end - count > from && bytes[end - count - 1] === BACKSLASH) count += 1
  return count
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(Buffer.from(json, 'latin1').toString())
  } catch {
    return undefined
  }
}
