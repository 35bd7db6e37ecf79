/**
 * Blocks of memory in a line, outside of V8's heap: records are written at its end and passed at its beginning, and a block
 * of which all have been passed is used again or let go.
 *
 * A record says its size in its first four bytes. A place names its block and where it begins there in one small number, so
 * that a map of places holds no objects. A record that is larger than a block has one of its own.
 */
export interface Block {
  readonly bytes: Buffer
  readonly view: DataView
}

interface Room extends Block {
  /** Where the next record goes. */
  end: number
}

/** Records begin at multiples of it. */
export const UNIT_BYTES = 32
export const BLOCK_BYTES = 256 * 1024
const UNITS = BLOCK_BYTES / UNIT_BYTES
const NONE = -1

export class BlockLine {
  /** By number; those of the line and no others. */
  readonly #rooms: (Room | null)[] = []
  /** Numbers of blocks in the order in which they were begun. */
  readonly #line: number[] = []
  readonly #unused: number[] = []
  #spare: Room | null = null
  /** Up to where the records of the first block have been passed. */
  #passed = 0
  #bytes = 0

  /** Of all blocks in the line. */
  get bytes(): number {
    return this.#bytes
  }

  /** The place of the first record that was not passed; -1 where there is none. */
  get first(): number {
    const number = this.#line[0]
    if (number === undefined || this.#passed === this.#room(number).end) return NONE
    return number * UNITS + this.#passed / UNIT_BYTES
  }

  blockOf(place: number): Block {
    return this.#room(Math.trunc(place / UNITS))
  }

  /** Where in its block. */
  startOf(place: number): number {
    return (place % UNITS) * UNIT_BYTES
  }

  /** Room for a record of so many bytes, a multiple of `UNIT_BYTES`, behind all others. Its size is to be written at once. */
  append(sizeBytes: number): number {
    let number = this.#line.at(-1)
    if (number === undefined || this.#room(number).end + sizeBytes > this.#room(number).bytes.length)
      number = this.#begin(sizeBytes)
    const room = this.#room(number)
    const place = number * UNITS + room.end / UNIT_BYTES
    room.end += sizeBytes
    return place
  }

  /** Goes on behind the first record. What was read of it has to be a copy. */
  pass(): void {
    const [number] = this.#line
    if (number === undefined) return
    const room = this.#room(number)
    this.#passed += room.view.getUint32(this.#passed)
    if (this.#passed < room.end) return
    this.#passed = 0
    this.#line.shift()
    this.#rooms[number] = null
    this.#unused.push(number)
    this.#bytes -= room.bytes.length
    room.end = 0
    if (room.bytes.length === BLOCK_BYTES) this.#spare = room
  }

  #begin(sizeBytes: number): number {
    const room = sizeBytes <= BLOCK_BYTES ? (this.#spare ?? newRoom(BLOCK_BYTES)) : newRoom(sizeBytes)
    if (room === this.#spare) this.#spare = null
    const number = this.#unused.pop() ?? this.#rooms.length
    this.#rooms[number] = room
    this.#line.push(number)
    this.#bytes += room.bytes.length
    return number
  }

  #room(number: number): Room {
    const room = this.#rooms[number]
    if (room === undefined || room === null) throw new RangeError(`no block has the number ${number}`)
    return room
  }
}

function newRoom(sizeBytes: number): Room {
  const bytes = Buffer.allocUnsafeSlow(sizeBytes)
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), end: 0 }
}
