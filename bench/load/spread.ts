/** Percentiles of everything that was measured: samples are kept and sorted, not binned, so there is no bin to be wrong about. */
import type { Spread } from './job.ts'

/** Collects numbers; memory is 8 bytes a sample. */
export class Samples {
  #values = new Float64Array(1 << 16)
  #count = 0

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const grown = new Float64Array(this.#values.length * 2)
      grown.set(this.#values)
      this.#values = grown
    }
    this.#values[this.#count++] = value
  }

  /** Nearest-rank percentiles; all zero when nothing was added. */
  spread(): Spread {
    const sorted = this.#values.slice(0, this.#count).sort()
    const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1), count: sorted.length }
  }
}
