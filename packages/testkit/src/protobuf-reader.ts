/**
 * A protobuf message as its fields, read without a schema: the caller says what a field is.
 *
 * Strict about the wire form (a length that runs past the end throws), silent about unknown fields.
 */
export interface Message {
  has(field: number): boolean
  varint(field: number): bigint
  int(field: number): number
  fixed32(field: number): number
  fixed64(field: number): bigint
  double(field: number): number
  text(field: number): string
  /** Bytes as hex; empty when absent. */
  hex(field: number): string
  message(field: number): Message
  messages(field: number): Message[]
  packedFixed64(field: number): bigint[]
  packedDouble(field: number): number[]
}

const EMPTY = Buffer.alloc(0)
const VARINT = 0
const FIXED64 = 1
const LENGTH = 2
const FIXED32 = 5

export function readMessage(bytes: Uint8Array): Message {
  return new Fields(fieldsOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)))
}

/** Values as they stand: bytes of what has a length or a fixed size, the number of a varint. */
type Raw = Buffer | bigint

class Fields implements Message {
  readonly #fields: ReadonlyMap<number, Raw[]>

  constructor(fields: ReadonlyMap<number, Raw[]>) {
    this.#fields = fields
  }

  has(field: number): boolean {
    return this.#fields.has(field)
  }

  varint(field: number): bigint {
    const value = this.#last(field)
    return typeof value === 'bigint' ? value : 0n
  }

  int(field: number): number {
    return Number(this.varint(field))
  }

  fixed32(field: number): number {
    const bytes = this.#bytes(field)
    return bytes.length === 4 ? bytes.readUInt32LE() : 0
  }

  fixed64(field: number): bigint {
    const bytes = this.#bytes(field)
    return bytes.length === 8 ? bytes.readBigUInt64LE() : 0n
  }

  double(field: number): number {
    const bytes = this.#bytes(field)
    return bytes.length === 8 ? bytes.readDoubleLE() : 0
  }

  text(field: number): string {
    return this.#bytes(field).toString('utf8')
  }

  hex(field: number): string {
    return this.#bytes(field).toString('hex')
  }

  message(field: number): Message {
    return readMessage(this.#bytes(field))
  }

  messages(field: number): Message[] {
    return (this.#fields.get(field) ?? []).map((it) => readMessage(typeof it === 'bigint' ? EMPTY : it))
  }

  packedFixed64(field: number): bigint[] {
    return eights(this.#bytes(field)).map((it) => it.readBigUInt64LE())
  }

  packedDouble(field: number): number[] {
    return eights(this.#bytes(field)).map((it) => it.readDoubleLE())
  }

  #last(field: number): Raw | undefined {
    return this.#fields.get(field)?.at(-1)
  }

  #bytes(field: number): Buffer {
    const value = this.#last(field)
    return value === undefined || typeof value === 'bigint' ? EMPTY : value
  }
}

function eights(bytes: Buffer): Buffer[] {
  return Array.from({ length: bytes.length / 8 }, (_, i) => bytes.subarray(i * 8, i * 8 + 8))
}

function fieldsOf(bytes: Buffer): Map<number, Raw[]> {
  const fields = new Map<number, Raw[]>()
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('protobuf ends inside a number')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  const take = (size: number) => {
    if (at + size > bytes.length) throw new Error(`protobuf ends inside a field of ${size} bytes`)
    at += size
    return bytes.subarray(at - size, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const wire = tag & 7
    const sizes: Readonly<Record<number, () => Raw>> = {
      [VARINT]: varint,
      [FIXED64]: () => take(8),
      [LENGTH]: () => take(Number(varint())),
      [FIXED32]: () => take(4),
    }
    const read = sizes[wire]
    if (read === undefined) throw new Error(`protobuf has a field of wire type ${wire}`)
    const field = tag >>> 3
    const values = fields.get(field)
    if (values === undefined) fields.set(field, [read()])
    else values.push(read())
  }
  return fields
}
