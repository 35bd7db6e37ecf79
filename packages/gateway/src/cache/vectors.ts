/**
 * Which of the texts that were seen before is most like a new one: their vectors compared one by one, within a partition.
 *
 * Exact and not approximate: a graph of neighbours would be a dependency for what is, at some thousand vectors, a
 * millisecond, and it forgets badly, while here entries come and go with each answer. Most comparisons end early: after
 * a quarter of the numbers, what is missing is at most the product of what is left of both, so one that cannot reach the
 * threshold any more is given up without another look.
 *
 * Invariant: nothing of one partition is ever compared with anything of another.
 */
import { type InLine, Line } from './line.ts'

interface Entry<T> extends InLine<Entry<T>> {
  readonly within: string
  /** Of length one. */
  readonly vector: Float32Array
  /** Length of what comes after the first quarter. */
  readonly rest: number
  readonly value: T
}

export interface Found<T> {
  readonly value: T
  readonly likeness: number
}

export class Vectors<T> {
  /** In the order in which they came. */
  readonly #all = new Line<Entry<T>>()
  readonly #partitions = new Map<string, Set<Entry<T>>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Beyond `most` the oldest go. */
  add(
    within: string,
    { vector, value }: { readonly vector: Float32Array; readonly value: T },
    most: number,
  ): void {
    const unit = unitOf(vector)
    if (unit === null) return
    const rest = lengthFrom(unit, quarterOf(unit))
    const entry: Entry<T> = { within, vector: unit, rest, value, before: null, after: null }
    const partition = this.#partitions.get(within) ?? new Set()
    this.#partitions.set(within, partition.add(entry))
    this.#all.push(entry)
    this.#size += 1
    while (this.#size > most && this.#all.first !== null) this.#drop(this.#all.first)
  }

  /** The most alike of those that reach the threshold. */
  find(within: string, vector: Float32Array, threshold: number): Found<T> | null {
    const partition = this.#partitions.get(within)
    const unit = partition === undefined ? null : unitOf(vector)
    if (partition === undefined || unit === null) return null
    const rest = lengthFrom(unit, quarterOf(unit))
    let best: Found<T> | null = null
    let least = threshold
    for (const it of partition) {
      if (it.vector.length !== unit.length) continue
      const likeness = likenessOf(it, { vector: unit, rest }, least)
      if (likeness < least) continue
      best = { value: it.value, likeness }
      least = likeness
    }
    return best
  }

  /** Those whose value is not wanted any more. */
  forget(isGone: (value: T) => boolean): void {
    let next = this.#all.first
    while (next !== null) {
      const it = next
      // What is dropped has no neighbours any more.
      next = it.after
      if (isGone(it.value)) this.#drop(it)
    }
  }

  #drop(entry: Entry<T>): void {
    this.#all.take(entry)
    this.#size -= 1
    const partition = this.#partitions.get(entry.within)
    partition?.delete(entry)
    if (partition?.size === 0) this.#partitions.delete(entry.within)
  }
}

interface Side {
  readonly vector: Float32Array
  readonly rest: number
}

/** Rounding of 32-bit floats, so that a text is like itself. */
const ROUNDING = 1e-6

/** Below `least`, some number that is below it too. */
function likenessOf(a: Side, b: Side, least: number): number {
  const quarter = quarterOf(a.vector)
  const begun = product(a.vector, b.vector, { from: 0, to: quarter })
  if (begun + a.rest * b.rest + ROUNDING < least) return -1
  return begun + product(a.vector, b.vector, { from: quarter, to: a.vector.length }) + ROUNDING
}

function product(
  a: Float32Array,
  b: Float32Array,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  let sum = 0
  for (let i = from; i < to; i += 1) sum += (a[i] ?? 0) * (b[i] ?? 0)
  return sum
}

function quarterOf(vector: Float32Array): number {
  return vector.length >> 2
}

function lengthFrom(vector: Float32Array, from: number): number {
  return Math.sqrt(product(vector, vector, { from, to: vector.length }))
}

/** `null` for one of no length, or of numbers that are none. */
function unitOf(vector: Float32Array): Float32Array | null {
  const length = lengthFrom(vector, 0)
  if (!(length > 0) || !Number.isFinite(length)) return null
  return vector.map((it) => it / length)
}
