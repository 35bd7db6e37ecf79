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
import type { Leaving } from '../contract/leaving.ts'

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
    const flight = new Flight(name, this.#open)
    this.#open.set(name, flight)
    return flight
  }
}

export class Flight {
  readonly #name: string
  readonly #open: Map<string, Flight>
  /** Most fly alone. */
  #waiting: Set<Waiter> | null = null

  /** `open`: those among which it is found. */
  constructor(name: string, open: Map<string, Flight>) {
    this.#name = name
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

  /** Another of its name may fly by now. */
  #close(): void {
    if (this.#open.get(this.#name) === this) this.#open.delete(this.#name)
  }
}

const NOBODY: readonly Waiter[] = Object.freeze([])
