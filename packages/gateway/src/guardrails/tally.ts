/** Counts what guards have found in one call, for its record: never what it was. */
import type { Finding } from '../contract/guards.ts'

export class Tally {
  readonly #counts = new Map<string, { guard: string; did: Finding['did']; count: number }>()

  add(guard: string, did: Finding['did'], count = 1): void {
    const key = `${did} ${guard}`
    const known = this.#counts.get(key)
    if (known === undefined) this.#counts.set(key, { guard, did, count })
    else known.count += count
  }

  get findings(): readonly Finding[] {
    if (this.#counts.size === 0) return NOTHING
    // In an order of their own: which of two was seen first may hang on the pieces of an answer.
    return [...this.#counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, it]) => ({ ...it }))
  }
}

const NOTHING: readonly Finding[] = Object.freeze([])
