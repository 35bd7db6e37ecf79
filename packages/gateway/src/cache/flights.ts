/**
 * Requests that ask the same at once: the first asks, the others wait for its answer.
 *
 * Where the first fails or is cut, the next of those who wait asks in its place, and the others go on waiting. Who leaves
 * is taken out of the line and ends nothing. Nobody waits longer than it is told: then it asks for itself, so that one
 * call that hangs does not hold all others up.
 *
 * Invariant: each who joined is answered exactly once; a flight with nobody who asks is gone.
 */
import type { Clock, Timer } from '@changeover/reload'
import type { KeptAnswer } from '../contract/answer-cache.ts'
import { Bag, type InBag } from '../contract/bag.ts'
import type { Leaving } from '../contract/leaving.ts'

/** An answer; the flight, for whoever asks now in its place; `alone` after too long; `left`. */
export type Landing = KeptAnswer | Flight | 'alone' | 'left'

interface Waiter {
  tell(landing: Landing): void
}

export class Flights {
  /** By how their names begin, which are digests. No map: each call enters and leaves. */
  readonly #open = Array.from({ length: 256 }, () => new Bag<Flight>())

  get size(): number {
    return this.#open.reduce((sum, it) => sum + it.size, 0)
  }

  /** Who waits, in all of them. */
  get waiting(): number {
    let count = 0
    for (const some of this.#open) for (const it of some) count += it.waiting
    return count
  }

  find(name: string): Flight | null {
    return this.#among(name).find((it) => it.name === name)
  }

  /** There is none of this name. */
  open(name: string): Flight {
    const some = this.#among(name)
    const flight = new Flight(name, some)
    some.add(flight)
    return flight
  }

  #among(name: string): Bag<Flight> {
    const place = (name.charCodeAt(0) * 31 + name.charCodeAt(1)) % this.#open.length
    const some = this.#open[Number.isNaN(place) ? 0 : place]
    if (some === undefined) throw new TypeError('a name without a place')
    return some
  }
}

export class Flight implements InBag {
  place = -1
  readonly name: string
  readonly #open: Bag<Flight>
  /** Most fly alone. */
  #waiting: Set<Waiter> | null = null

  /** `open`: those among which it is found. */
  constructor(name: string, open: Bag<Flight>) {
    this.name = name
    this.#open = open
  }

  get waiting(): number {
    return this.#waiting?.size ?? 0
  }

  join(
    waitMs: number,
    { clock, leaving }: { readonly clock: Clock; readonly leaving: Leaving },
  ): Promise<Landing> {
    const { signal } = leaving
    const waiting = (this.#waiting ??= new Set())
    return new Promise((resolve) => {
      let timer: Timer | null = null
      const waiter: Waiter = {
        tell: (landing) => {
          waiting.delete(waiter)
          timer?.cancel()
          signal.removeEventListener('abort', leave)
          resolve(landing)
        },
      }
      const leave = (): void => waiter.tell('left')
      if (signal.aborted) {
        resolve('left')
        return
      }
      waiting.add(waiter)
      timer = clock.after(waitMs, () => waiter.tell('alone'))
      signal.addEventListener('abort', leave)
    })
  }

  land(answer: KeptAnswer): void {
    this.#close()
    for (const it of this.#waiting ?? NOBODY) it.tell(answer)
  }

  /** Who asked has no answer. */
  fail(): void {
    const [next] = this.#waiting ?? NOBODY
    if (next === undefined) this.#close()
    else next.tell(this)
  }

  #close(): void {
    this.#open.delete(this)
  }
}

const NOBODY: readonly Waiter[] = Object.freeze([])
