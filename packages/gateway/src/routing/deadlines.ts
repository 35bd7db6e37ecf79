/**
 * One timer for all calls in flight.
 *
 * A call's next deadline is a number that it moves as it goes on, with each chunk if need be; a tick looks at
 * all of them. So waiting costs a store instead of a timer, and a deadline is kept to within one tick.
 * Nothing ticks while nothing is in flight.
 */
import type { Clock } from '@changeover/reload'
import { Bag, type InBag } from '../contract/bag.ts'

const TICK_MS = 20

export interface Watched extends InBag {
  /** Monotonic milliseconds. `Infinity`: nothing is due. */
  dueAt: number
  /** The deadline has passed. Moves `dueAt` or stops being watched, else it is called again at the next tick. */
  onDue(nowMs: number): void
}

export class Deadlines {
  /** Monotonic milliseconds at the last tick: near enough for what is measured in seconds. */
  coarseNow = 0
  readonly #clock: Clock
  readonly #watched = new Bag<Watched>()
  #ticking = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  watch(it: Watched): void {
    this.#watched.add(it)
    if (this.#ticking) return
    this.#ticking = true
    this.coarseNow = this.#clock.monotonic()
    this.#clock.after(TICK_MS, this.#tick)
  }

  unwatch(it: Watched): void {
    this.#watched.delete(it)
  }

  readonly #tick = (): void => {
    const now = this.#clock.monotonic()
    this.coarseNow = now
    for (const it of this.#watched) if (it.dueAt <= now) it.onDue(now)
    if (this.#watched.size === 0) this.#ticking = false
    else this.#clock.after(TICK_MS, this.#tick)
  }
}
