/**
 * Finds a record by its name: a hash table of places in two arrays of numbers, with open addressing.
 *
 * Why not a `Map`: each name in it is a text that grows old and dies old, and tens of thousands of them come and go.
 * Names are not here at all; who asks says whether a record has the name (`isNamed`).
 *
 * Names are digests, so that some of their characters are as good a hash as any, and nobody can choose names that fall
 * on one slot.
 */
export type IsNamed = (place: number, name: string) => boolean

const SMALLEST = 1024
/** Of all slots: beyond it, looking for a free one takes long. */
const FULLEST = 0.6
/** No place: a cache would have to hold 128 GB. */
const FREE = 0xffff_ffff
/** Characters of 6 bits that make up a hash: 30 bits, a small number. */
const HASHED_CHARS = 5

export class PlaceIndex {
  readonly #isNamed: IsNamed
  #places = new Uint32Array(SMALLEST).fill(FREE)
  #hashes = new Int32Array(SMALLEST)
  #size = 0

  constructor(isNamed: IsNamed) {
    this.#isNamed = isNamed
  }

  get size(): number {
    return this.#size
  }

  /** -1 for none. */
  find(name: string): number {
    const place = this.#places[this.#slotOf(name)] ?? FREE
    return place === FREE ? -1 : place
  }

  /** Instead of the place that the name had, if it had one. */
  set(name: string, place: number): void {
    const slot = this.#slotOf(name)
    if (this.#places[slot] === FREE) this.#size += 1
    this.#places[slot] = place
    this.#hashes[slot] = hashOf(name)
    if (this.#size > FULLEST * this.#places.length) this.#grow()
  }

  delete(name: string): void {
    let free = this.#slotOf(name)
    if (this.#places[free] === FREE) return
    this.#size -= 1
    // What lies behind it would no longer be found across a free slot: it moves up where that is on its way.
    const mask = this.#places.length - 1
    for (let slot = (free + 1) & mask; this.#places[slot] !== FREE; slot = (slot + 1) & mask) {
      const home = (this.#hashes[slot] ?? 0) & mask
      if (((slot - home) & mask) < ((slot - free) & mask)) continue
      this.#places[free] = this.#places[slot] ?? FREE
      this.#hashes[free] = this.#hashes[slot] ?? 0
      free = slot
    }
    this.#places[free] = FREE
  }

  /** A copy: whoever goes through it may delete. */
  places(): Uint32Array {
    return this.#places.filter((it) => it !== FREE)
  }

  /** Where the name is, or else would be. */
  #slotOf(name: string): number {
    const hash = hashOf(name)
    const mask = this.#places.length - 1
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const place = this.#places[slot] ?? FREE
      if (place === FREE || (this.#hashes[slot] === hash && this.#isNamed(place, name))) return slot
    }
  }

  #grow(): void {
    const [places, hashes] = [this.#places, this.#hashes]
    const length = 2 * places.length
    this.#places = new Uint32Array(length).fill(FREE)
    this.#hashes = new Int32Array(length)
    for (let i = 0; i < places.length; i += 1) {
      const place = places[i] ?? FREE
      if (place === FREE) continue
      const hash = hashes[i] ?? 0
      let slot = hash & (length - 1)
      while (this.#places[slot] !== FREE) slot = (slot + 1) & (length - 1)
      this.#places[slot] = place
      this.#hashes[slot] = hash
    }
  }
}

function hashOf(name: string): number {
  let hash = 0
  for (let i = 0; i < HASHED_CHARS; i += 1) hash = (hash << 6) | sixBits(name.charCodeAt(i))
  return hash
}

/** Of base64url: letters, digits, `-` and `_` in an order of their own, no two the same. */
function sixBits(code: number): number {
  if (code >= 97) return code - 97
  if (code >= 65) return code === 95 ? 63 : code - 39
  return code === 45 ? 62 : code + 4
}
