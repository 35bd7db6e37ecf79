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

/** An answer; the flight, for whoever asks now in its place; `alone` after too long; `left`. */
export type Landing = KeptAnswer | Flight | 'alone' | 'left'

interface Waiter {
  tell(landing: Landing): void
}

export class Flights {
  readonly #open = new Map<string, Flight>()

  get size(): number {
    return this.#open.size
  }

  /** Who waits, in all of them. */
  get waiting(): number {
    let count = 0
    for (const it of this.#open.values()) count += it.waiting
    return count
  }

  find(name: string): Flight | null {
    return this.#open.get(name) ?? null
  }

  /** There is none of this name. */
  open(name: string): Flight {
    const flight = new Flight(() => {
      if (this.#open.get(name) === flight) this.#open.delete(name)
    })
    this.#open.set(name, flight)
    return flight
  }
}

export class Flight {
  readonly #close: () => void
  readonly #waiting = new Set<Waiter>()

  constructor(close: () => void) {
    this.#close = close
  }

  get waiting(): number {
    return this.#waiting.size
  }

  join(
    waitMs: number,
    { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  ): Promise<Landing> {
    return new Promise((resolve) => {
      let timer: Timer | null = null
      const waiter: Waiter = {
        tell: (landing) => {
          this.#waiting.delete(waiter)
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
      this.#waiting.add(waiter)
      timer = clock.after(waitMs, () => waiter.tell('alone'))
      signal.addEventListener('abort', leave)
    })
  }

  land(answer: KeptAnswer): void {
    this.#close()
    for (const it of this.#waiting) it.tell(answer)
  }

  /** Who asked has no answer. */
  fail(): void {
    const [next] = this.#waiting
    if (next === undefined) this.#close()
    else next.tell(this)
  }
}
