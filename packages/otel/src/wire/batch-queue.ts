/**
 * The way from a finished record to an exporter: bounded, in batches, never waited for.
 *
 * The exporter can be exchanged at any time. What was queued before goes to the old one, and to the new
 * one when the old one fails; the old one is closed a little later, when it has nothing more to do. When
 * the queue is full, the newest is dropped and counted: a slow collector costs telemetry, never requests.
 *
 * Not here: trying a batch again (the exporter), telling anybody of a loss (`lost`).
 */
import type { Clock, Timer } from '@changeover/reload'
import type { Exporter, Signal } from './exporter.ts'

export interface BatchQueueOptions {
  readonly signal: Signal
  readonly clock: Clock
  readonly capacity: number
  readonly batchSize: number
  readonly delayMs: number
  /** Told of every loss. Must not push to this queue. */
  readonly lost: (loss: Loss) => void
}

export type DropReason = 'queue_full' | 'export_failed' | 'refused' | 'output_failed' | 'closed'

export interface Loss {
  readonly signal: Signal
  readonly count: number
  readonly reason: DropReason
  readonly target?: string
  readonly error?: unknown
}

/** An exporter and what is still to go through it. */
interface Lane<Item> {
  readonly exporter: Exporter<readonly Item[]>
  readonly batches: (readonly Item[])[]
  readonly inFlight: Set<Promise<void>>
  closing: Promise<void> | null
}

/** A receiver far away must not slow the queue to one batch a round trip. */
const IN_FLIGHT_LIMIT = 4
/** How long an exporter that was replaced can still be written to, for records that belong to both. */
const LINGER_MS = 1000

export class BatchQueue<Item> {
  readonly #options: BatchQueueOptions
  #items: Item[] = []
  #lane: Lane<Item> | null = null
  #previous: Lane<Item> | null = null
  /** Items are kept although there is no exporter: one is being loaded. Resolves when it has come, or will not. */
  #waiting: PromiseWithResolvers<void> | null = null
  #timer: Timer | null = null
  #closed = false
  readonly #retiring = new Set<Lane<Item>>()

  constructor(options: BatchQueueOptions) {
    this.#options = options
  }

  push(item: Item): void {
    if (this.#lane === null && this.#waiting === null) return
    if (this.#closed) return this.#lose(1, 'closed')
    if (this.#items.length >= this.#options.capacity) return this.#lose(1, 'queue_full')
    this.#items.push(item)
    if (this.#items.length === this.#options.batchSize) this.#schedule(0)
    else if (this.#timer === null) this.#schedule(this.#options.delayMs)
  }

  /** Writes to the exporter that was replaced last, as long as it is open. */
  pushToPrevious(item: Item): void {
    const lane = this.#previous
    if (lane === null || lane.closing !== null) return
    lane.batches.push([item])
    this.#pump(lane)
  }

  /** With `waiting`, items are kept until the exporter comes by a later call. */
  exchange(next: Exporter<readonly Item[]> | null, waiting = false): void {
    this.#timer?.cancel()
    this.#timer = null
    const old = this.#lane
    if (old !== null) this.#retire(old)
    this.#waiting?.resolve()
    this.#waiting = waiting && next === null ? Promise.withResolvers() : null
    this.#lane = next === null ? null : { exporter: next, batches: [], inFlight: new Set(), closing: null }
    if (next === null && this.#waiting === null) this.#items = []
    if (this.#items.length > 0) this.#schedule(0)
  }

  /** Resolves when everything that was pushed before has been sent or given up. */
  async flush(): Promise<void> {
    while (this.#waiting !== null) await this.#waiting.promise
    const lanes = [...this.#retiring]
    if (this.#lane !== null) {
      this.#cut(this.#lane, true)
      lanes.push(this.#lane)
    }
    for (const lane of lanes) this.#pump(lane)
    await Promise.all(lanes.map(idle))
  }

  async close(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = null
    await this.flush()
    this.#closed = true
    const lanes = [...this.#retiring, ...(this.#lane === null ? [] : [this.#lane])]
    await Promise.all(lanes.map((it) => this.#closeLane(it)))
  }

  #schedule(delayMs: number): void {
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(delayMs, () => {
      this.#timer = null
      if (this.#lane === null) return
      this.#cut(this.#lane, false)
      this.#pump(this.#lane)
    })
  }

  /** Moves queued items into batches; without `all`, only while the lane keeps up. */
  #cut(lane: Lane<Item>, all: boolean): void {
    const { batchSize } = this.#options
    const limit = all ? Number.POSITIVE_INFINITY : IN_FLIGHT_LIMIT
    while (this.#items.length > 0 && lane.batches.length + lane.inFlight.size < limit) {
      if (this.#items.length > batchSize) lane.batches.push(this.#items.splice(0, batchSize))
      else {
        lane.batches.push(this.#items)
        this.#items = []
      }
    }
  }

  #pump(lane: Lane<Item>): void {
    while (lane.inFlight.size < IN_FLIGHT_LIMIT) {
      const batch = lane.batches.shift()
      if (batch === undefined) return
      const sending = this.#send(lane, batch).finally(() => {
        lane.inFlight.delete(sending)
        if (this.#lane === lane && this.#items.length >= this.#options.batchSize) this.#cut(lane, false)
        this.#pump(lane)
        if (this.#lane === lane && this.#items.length > 0 && this.#timer === null) {
          this.#schedule(this.#options.delayMs)
        }
      })
      lane.inFlight.add(sending)
    }
  }

  async #send(lane: Lane<Item>, batch: readonly Item[]): Promise<void> {
    const { target } = lane.exporter
    try {
      const refused = await lane.exporter.send(batch)
      if (refused > 0) this.#lose(refused, 'refused', { target })
    } catch (error) {
      const now = this.#lane
      if (now === null || now === lane || this.#closed) {
        this.#lose(batch.length, 'export_failed', { target, error })
        return
      }
      now.batches.push(batch)
      this.#pump(now)
    }
  }

  #retire(lane: Lane<Item>): void {
    this.#cut(lane, true)
    this.#pump(lane)
    this.#previous = lane
    this.#retiring.add(lane)
    this.#options.clock.after(LINGER_MS, () => void this.#closeLane(lane))
  }

  #closeLane(lane: Lane<Item>): Promise<void> {
    lane.closing ??= idle(lane)
      .then(() => lane.exporter.close())
      .catch((error: unknown) => this.#lose(0, 'export_failed', { target: lane.exporter.target, error }))
      .finally(() => {
        this.#retiring.delete(lane)
        if (this.#previous === lane) this.#previous = null
      })
    return lane.closing
  }

  #lose(count: number, reason: DropReason, more: { target?: string; error?: unknown } = {}): void {
    this.#options.lost({ signal: this.#options.signal, count, reason, ...more })
  }
}

async function idle<Item>(lane: Lane<Item>): Promise<void> {
  while (lane.inFlight.size > 0) await Promise.race(lane.inFlight)
}
