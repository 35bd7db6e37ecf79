/**
 * A bound on what runs at once, with a queue of those who wait for a place: higher priority first, then who came
 * first.
 *
 * Who runs and who waits belongs to no version; the numbers do. Each compiled gate is a view with its version's
 * numbers over one state that is carried over reloads. A waiter is judged by the numbers of his own version: when
 * a reload raises the bound, those who come under it pass, and those who waited before still wait for the bound
 * they came under, as everything else of their version stays as it was.
 *
 * Not here: how long a waiter may wait, and what he is told when he gives up (`attempts.ts`).
 */
import type { Gate, GateWaiter } from '../contract/routing.ts'

export interface GateNumbers {
  readonly max: number
  readonly queue: { readonly max: number; readonly waitMs: number }
}

interface Place {
  readonly waiter: GateWaiter
  /** The bound of the waiter's version. */
  readonly max: number
}

/** What is carried. */
export class GateState {
  running = 0
  /** Who goes first stands first. */
  readonly queue: Place[] = []
  /** Moving average of how long a place is held. */
  heldMs = 0
}

const views = new WeakMap<GateState, { readonly numbers: GateNumbers; readonly it: Gate }>()

/** The gate that a state is under certain numbers: the same as long as both are. */
export function gateOf(state: GateState, numbers: GateNumbers): Gate {
  const known = views.get(state)
  if (known?.numbers === numbers) return known.it
  const it = new GateView(state, numbers)
  views.set(state, { numbers, it })
  return it
}

class GateView implements Gate {
  readonly waitMs: number
  readonly #state: GateState
  readonly #max: number
  readonly #queueMax: number

  constructor(state: GateState, numbers: GateNumbers) {
    this.#state = state
    this.#max = numbers.max
    this.#queueMax = numbers.queue.max
    this.waitMs = numbers.queue.waitMs
  }

  /** Nobody is passed by: whoever waits and could go has gone when the last place became free. */
  get hasRoom(): boolean {
    return this.#state.running < this.#max
  }

  enter(): boolean {
    if (!this.hasRoom) return false
    this.#state.running += 1
    return true
  }

  wait(waiter: GateWaiter): boolean {
    const { queue } = this.#state
    if (queue.length >= this.#queueMax) return false
    let at = queue.length
    while (at > 0 && (queue[at - 1]?.waiter.priority ?? 0) < waiter.priority) at -= 1
    queue.splice(at, 0, { waiter, max: this.#max })
    return true
  }

  forget(waiter: GateWaiter): void {
    const { queue } = this.#state
    const at = queue.findIndex((it) => it.waiter === waiter)
    if (at !== -1) queue.splice(at, 1)
  }

  leave(enteredAtMs: number, nowMs: number): void {
    const state = this.#state
    state.running -= 1
    const heldMs = nowMs - enteredAtMs
    state.heldMs = state.heldMs === 0 ? heldMs : state.heldMs * 0.8 + heldMs * 0.2
    this.#admitNext()
  }

  retryAfterMs(): number {
    const { queue, heldMs } = this.#state
    const expected = ((queue.length + 1) * heldMs) / this.#max
    return Math.min(60_000, Math.max(1000, expected))
  }

  /** One place became free; who takes it may be of any version, so it may free none or let several in. */
  #admitNext(): void {
    const state = this.#state
    for (;;) {
      const at = state.queue.findIndex((it) => state.running < it.max)
      if (at === -1) return
      const [next] = state.queue.splice(at, 1)
      state.running += 1
      next?.waiter.admitted()
    }
  }
}
