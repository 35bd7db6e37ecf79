/**
 * Bytes with some of them replaced: ranges are named from left to right, the rest is kept, and all is copied once.
 */
export class Splice {
  readonly #bytes: Buffer
  /** from, to, from, to … of what is kept, and what stands behind each. */
  readonly #kept: number[] = []
  readonly #put: (Buffer | null)[] = []
  #from = 0
  #length = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  /** `from` is not before the end of the range named last. `null` takes the range out. */
  replace(from: number, to: number, by: Buffer | null): void {
    this.#kept.push(this.#from, from)
    this.#put.push(by)
    this.#length += from - this.#from + (by?.length ?? 0)
    this.#from = to
  }

  join(): Buffer {
    const out = Buffer.allocUnsafe(this.#length + this.#bytes.length - this.#from)
    let at = 0
    for (let i = 0; i < this.#put.length; i += 1) {
      at += this.#bytes.copy(out, at, this.#kept[i * 2], this.#kept[i * 2 + 1])
      const put = this.#put[i]
      if (put !== null && put !== undefined) at += put.copy(out, at)
    }
    this.#bytes.copy(out, at, this.#from)
    return out
  }
}
