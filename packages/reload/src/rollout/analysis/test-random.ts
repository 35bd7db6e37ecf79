/** Random numbers that a seed decides wholly, on every machine: counts in the docs come from them. */

export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1
  #spare: number | null = null

  constructor(seed: number, stream = 0) {
    this.#a = seed | 0
    this.#b = stream | 0
    this.#c = 0x9e3779b9 | 0
    for (let i = 0; i < 15; i += 1) this.bits()
  }

  /** 32 random bits, signed (the generator sfc32). */
  bits(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum
  }

  /** From 0 to below 1. */
  share(): number {
    return (this.bits() >>> 0) / 4_294_967_296
  }

  below(limit: number): number {
    return Math.floor(this.share() * limit)
  }

  normal(): number {
    const spare = this.#spare
    if (spare !== null) {
      this.#spare = null
      return spare
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.share()))
    const angle = 2 * Math.PI * this.share()
    this.#spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  /** Log-normal with a mean of 1. */
  around(sigma: number): number {
    return Math.exp(sigma * this.normal() - 0.5 * sigma * sigma)
  }
}
