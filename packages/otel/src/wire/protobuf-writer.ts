/**
 * Writes protobuf in one pass into a buffer that is kept and grows.
 *
 * A nested message reserves the one byte of its length and fills it in when it ends; the contents of a
 * longer one are moved. Names of attributes repeat for ever, so their bytes are remembered.
 *
 * Why our own: OpenTelemetry's serializer walks every record twice (once to learn its size) and takes
 * several times as long; see docs/decisions/2026-11-21-spans-are-our-own-records.md.
 *
 * Not here: which field has which number (`encode-*.ts`).
 */
import type { AttributeValue } from '@changeover/reload'

const FIRST_BYTES = 64 * 1024
const KEEP_BYTES = 1024 * 1024
const SHORT_TEXT_CHARS = 48
const KEY_MEMORY = 1024
const WORD = 0x1_0000_0000
const VARINT = 0
const FIXED64 = 1
const LENGTH = 2
const FIXED32 = 5

export class ProtobufWriter {
  #bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  #at = 0
  readonly #keys = new Map<string, Uint8Array>()

  /** Forgets what a failed encoding left behind. */
  clear(): void {
    this.#at = 0
  }

  /** A copy of what was written; the writer is empty afterwards. */
  take(): Uint8Array {
    const out = Uint8Array.prototype.slice.call(this.#bytes, 0, this.#at)
    this.#at = 0
    if (this.#bytes.length > KEEP_BYTES) this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
    return out
  }

  /** Begins a nested message; give the answer to `end`. */
  begin(field: number): number {
    this.#tag(field, LENGTH, 1)
    return this.#at++
  }

  end(begun: number): void {
    const size = this.#at - begun - 1
    if (size < 0x80) {
      this.#bytes[begun] = size
      return
    }
    const extra = size < 0x4000 ? 1 : size < 0x20_0000 ? 2 : 3
    this.#reserve(extra)
    this.#bytes.copyWithin(begun + 1 + extra, begun + 1, this.#at)
    const last = this.#at + extra
    this.#at = begun
    this.#varint(size)
    this.#at = last
  }

  text(field: number, value: string): void {
    this.#tag(field, LENGTH, value.length * 3 + 8)
    if (value.length <= SHORT_TEXT_CHARS && this.#shortAscii(value)) return
    const size = Buffer.byteLength(value)
    this.#varint(size)
    this.#at += this.#bytes.write(value, this.#at, size, 'utf8')
  }

  /** Any whole number that a double holds exactly; negative ones take ten bytes. */
  int(field: number, value: number): void {
    this.#tag(field, VARINT, 10)
    if (value >= 0) this.#varint(value)
    else this.#negative(value)
  }

  fixed32(field: number, value: number): void {
    this.#tag(field, FIXED32, 4)
    this.#at = this.#bytes.writeUInt32LE(value, this.#at)
  }

  fixed64(field: number, value: number): void {
    this.#tag(field, FIXED64, 8)
    this.#fixed64(value)
  }

  double(field: number, value: number): void {
    this.#tag(field, FIXED64, 8)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  packedFixed64(field: number, values: readonly number[]): void {
    this.#tag(field, LENGTH, values.length * 8 + 8)
    this.#varint(values.length * 8)
    for (const value of values) this.#fixed64(value)
  }

  packedDouble(field: number, values: readonly number[]): void {
    this.#tag(field, LENGTH, values.length * 8 + 8)
    this.#varint(values.length * 8)
    for (const value of values) this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  /** Bytes given as hex: trace and span ids. */
  hex(field: number, value: string): void {
    this.#tag(field, LENGTH, value.length)
    this.#varint(value.length >> 1)
    for (let i = 0; i < value.length; i += 2) {
      this.#bytes[this.#at++] = (nibble(value.charCodeAt(i)) << 4) | nibble(value.charCodeAt(i + 1))
    }
  }

  /** Milliseconds since the epoch, as nanoseconds. */
  time(field: number, ms: number): void {
    this.#tag(field, FIXED64, 8)
    const whole = Math.floor(ms)
    const low = whole % WORD
    const part = (low % 0x1_0000) * 1e6 + Math.round((ms - whole) * 1e6)
    const middle = Math.floor(low / 0x1_0000) * 1e6 + Math.floor(part / 0x1_0000)
    const lowWord = (middle % 0x1_0000) * 0x1_0000 + (part % 0x1_0000)
    const highWord = Math.floor(middle / 0x1_0000) + ((whole - low) / WORD) * 1e6
    this.#at = this.#bytes.writeUInt32LE(lowWord, this.#at)
    this.#at = this.#bytes.writeUInt32LE(highWord, this.#at)
  }

  attributes(field: number, attributes: Readonly<Record<string, AttributeValue>>): void {
    for (const name in attributes) {
      const value = attributes[name]
      if (value !== undefined) this.attribute(field, name, value)
    }
  }

  attribute(field: number, name: string, value: AttributeValue): void {
    const pair = this.begin(field)
    this.#key(name)
    const any = this.begin(2)
    this.anyValue(value)
    this.end(any)
    this.end(pair)
  }

  /** The inside of an `AnyValue`. */
  anyValue(value: AttributeValue): void {
    if (typeof value === 'string') return this.text(1, value)
    if (typeof value === 'boolean') return this.int(2, value ? 1 : 0)
    if (typeof value === 'number') {
      return Number.isSafeInteger(value) ? this.int(3, value) : this.double(4, value)
    }
    const list = this.begin(5)
    for (const item of value) {
      const any = this.begin(1)
      this.text(1, item)
      this.end(any)
    }
    this.end(list)
  }

  #key(name: string): void {
    const known = this.#keys.get(name)
    if (known !== undefined) {
      this.#reserve(known.length)
      for (let i = 0; i < known.length; i++) this.#bytes[this.#at + i] = known[i] as number
      this.#at += known.length
      return
    }
    const start = this.#at
    this.text(1, name)
    const bytes = Uint8Array.prototype.slice.call(this.#bytes, start, this.#at)
    if (this.#keys.size < KEY_MEMORY) this.#keys.set(name, bytes)
  }

  /** Short names and values cost less in a loop than in a call to native code. */
  #shortAscii(value: string): boolean {
    const start = this.#at
    const bytes = this.#bytes
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) return false
      bytes[start + 1 + i] = code
    }
    bytes[start] = value.length
    this.#at = start + 1 + value.length
    return true
  }

  #tag(field: number, wire: number, room: number): void {
    this.#reserve(room + 4)
    const tag = (field << 3) | wire
    if (tag < 0x80) this.#bytes[this.#at++] = tag
    else this.#varint(tag)
  }

  #varint(value: number): void {
    let left = value
    while (left >= 0x80) {
      this.#bytes[this.#at++] = (left % 0x80) | 0x80
      left = Math.floor(left / 0x80)
    }
    this.#bytes[this.#at++] = left
  }

  #negative(value: number): void {
    let left = BigInt.asUintN(64, BigInt(value))
    while (left >= 0x80n) {
      this.#bytes[this.#at++] = Number(left & 0x7fn) | 0x80
      left >>= 7n
    }
    this.#bytes[this.#at++] = Number(left)
  }

  #fixed64(value: number): void {
    this.#at = this.#bytes.writeUInt32LE(value >>> 0, this.#at)
    this.#at = this.#bytes.writeUInt32LE(Math.floor(value / WORD) >>> 0, this.#at)
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + size))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

function nibble(code: number): number {
  return code < 58 ? code - 48 : code - 87
}
