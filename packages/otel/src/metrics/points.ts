/**
 * One instrument and its points: a point for each set of attributes, cumulative since the process began.
 *
 * Recording is a lookup and an addition. The attributes of a point are turned into a key once; a caller
 * that records often binds them and holds the point itself.
 *
 * Points are capped: a value that never repeats (an id in an attribute) must not eat the memory. What is
 * beyond the cap is added up in one point that says so. Points of old versions go before that: every reload
 * makes a `config.version`, and a gateway that reloads for a year must still count its newest one.
 */
import type { Attributes, AttributeValue, SpanContext } from '@changeover/reload'
import { DEFAULT_BUCKETS, type Instrument } from '../instruments.ts'

export const POINT_LIMIT = 2000
/** Versions whose points an instrument keeps: many more than can be in service at once. */
export const VERSION_LIMIT = 32
const OVERFLOW: Attributes = Object.freeze({ 'otel.metric.overflow': true })
const OVERFLOW_KEY = '\u0000overflow'

export interface Exemplar {
  readonly span: SpanContext
  readonly value: number
  readonly atMs: number
}

export class Point {
  readonly attributes: Attributes
  readonly #bounds: readonly number[] | null
  /** Sum of a counter or histogram, last value of a gauge. */
  value = 0
  count = 0
  min = Number.POSITIVE_INFINITY
  max = Number.NEGATIVE_INFINITY
  readonly buckets: number[]
  exemplar: Exemplar | null = null

  constructor(attributes: Attributes, bounds: readonly number[] | null) {
    this.attributes = attributes
    this.#bounds = bounds
    this.buckets = bounds === null ? [] : Array.from({ length: bounds.length + 1 }, () => 0)
  }

  add(value: number): void {
    this.value += value
  }

  set(value: number): void {
    this.value = value
  }

  observe(value: number): void {
    const bounds = this.#bounds ?? []
    let bucket = 0
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++
    this.buckets[bucket] = (this.buckets[bucket] ?? 0) + 1
    this.count++
    this.value += value
    if (value < this.min) this.min = value
    if (value > this.max) this.max = value
  }
}

export class Points {
  readonly instrument: Instrument
  readonly bounds: readonly number[] | null
  readonly #points = new Map<string, Point>()
  /** Keys as callers happened to order them, so that sorting is done once for each order. */
  readonly #aliases = new Map<string, Point>()
  /** Versions that have points here, oldest first. */
  readonly #versions = new Set<AttributeValue>()
  readonly #overflowed: () => void

  constructor(instrument: Instrument, overflowed: () => void) {
    this.instrument = instrument
    this.bounds = instrument.kind === 'histogram' ? (instrument.buckets ?? DEFAULT_BUCKETS) : null
    this.#overflowed = overflowed
  }

  at(attributes: Attributes | undefined): Point {
    let key = ''
    for (const name in attributes) key += `${name}\u0001${String(attributes[name])}\u0002`
    return this.#aliases.get(key) ?? this.#find(key, attributes ?? {})
  }

  all(): Iterable<Point> {
    return this.#points.values()
  }

  #find(alias: string, attributes: Attributes): Point {
    const names = Object.keys(attributes)
      .filter((it) => attributes[it] !== undefined)
      .sort()
    const key = names.map((name) => `${name}\u0001${String(attributes[name])}\u0002`).join('')
    let point = this.#points.get(key)
    if (point === undefined) {
      this.#seeVersion(attributes['config.version'])
      if (this.#points.size >= POINT_LIMIT) return this.#overflow()
      point = new Point(Object.fromEntries(names.map((it) => [it, attributes[it]])), this.bounds)
      this.#points.set(key, point)
    }
    if (this.#aliases.size < POINT_LIMIT * 2) this.#aliases.set(alias, point)
    return point
  }

  #seeVersion(version: AttributeValue | undefined): void {
    if (version === undefined || this.#versions.has(version)) return
    this.#versions.add(version)
    if (this.#versions.size <= VERSION_LIMIT) return
    const [oldest] = this.#versions
    if (oldest === undefined) return
    this.#versions.delete(oldest)
    for (const points of [this.#points, this.#aliases]) {
      for (const [key, point] of points) {
        if (point.attributes['config.version'] === oldest) points.delete(key)
      }
    }
  }

  #overflow(): Point {
    this.#overflowed()
    let point = this.#points.get(OVERFLOW_KEY)
    if (point === undefined) {
      point = new Point(OVERFLOW, this.bounds)
      this.#points.set(OVERFLOW_KEY, point)
    }
    return point
  }
}
