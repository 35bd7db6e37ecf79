/**
 * Takes on their way to a server: those of one turn of the event loop together, and none waited for longer than its
 * caller allows.
 *
 * Invariant: what is not known counts as taken. A take that was given up and turns out to have been counted is given
 * back; one whose connection broke before the answer stays counted, and is never sent a second time.
 */
import type { Clock, Timer } from '@changeover/reload'
import type { Claim, Left, Short } from '../contract/counters.ts'
import type { CountServer } from './count-server.ts'
import type { CounterInstruments } from './instruments.ts'
import type { ServerLink } from './server-link.ts'

export interface TakeQueueOptions {
  readonly link: ServerLink
  readonly clock: Clock
  readonly instruments: CounterInstruments
  /** Told of claims that were counted for a caller who had gone. */
  readonly giveBack: (claims: readonly Claim[]) => void
}

interface Asked {
  readonly claims: readonly Claim[]
  readonly startedMs: number
  readonly dueMs: number
  readonly resolve: (answer: Left | Short) => void
  readonly reject: (error: Error) => void
}

const MOST_IN_BATCH = 200

export class TakeQueue {
  readonly #options: TakeQueueOptions
  /** Whoever still waits for an answer, oldest first. */
  readonly #open = new Set<Asked>()
  #unsent: Asked[] = []
  /** Batches under way, at the server that they were sent to. */
  #at: { readonly server: CountServer; underWay: number } | null = null
  #willFlush = false
  #timer: Timer | null = null

  constructor(options: TakeQueueOptions) {
    this.#options = options
  }

  /** Rejects with `counters.unreachable`: at once when that is known, after `timeoutMs` at the latest. */
  take(claims: readonly Claim[], timeoutMs: number): Promise<Left | Short> {
    const { link, clock, instruments } = this.#options
    if (link.server === null) {
      instruments.took('unreachable', 0)
      return Promise.reject(link.unreachable())
    }
    return new Promise((resolve, reject) => {
      const startedMs = clock.monotonic()
      const asked = { claims, startedMs, dueMs: startedMs + timeoutMs, resolve, reject }
      this.#open.add(asked)
      this.#unsent.push(asked)
      this.#timer ??= clock.after(timeoutMs, this.#giveUp)
      this.#flushSoon()
    })
  }

  /** Refuses whoever waits. */
  close(): void {
    this.#timer?.cancel()
    this.#unsent = []
    for (const it of this.#open) this.#refuse(it)
  }

  #flushSoon(): void {
    if (this.#willFlush) return
    this.#willFlush = true
    // After everything that came in this turn has been read.
    setImmediate(() => {
      this.#willFlush = false
      this.#flush()
    })
  }

  #flush(): void {
    const { server } = this.#options.link
    if (server === null) return this.#refuseUnsent()
    if (this.#at?.server !== server) this.#at = { server, underWay: 0 }
    const at = this.#at
    this.#unsent = this.#unsent.filter((it) => this.#open.has(it))
    while (this.#unsent.length > 0 && at.underWay < server.mostAtOnce) {
      at.underWay += 1
      void this.#send(at, this.#unsent.splice(0, MOST_IN_BATCH))
    }
  }

  async #send(
    at: { readonly server: CountServer; underWay: number },
    batch: readonly Asked[],
  ): Promise<void> {
    const { link } = this.#options
    try {
      const answers = await at.server.take(batch.map((it) => it.claims))
      link.answered()
      for (const [i, answer] of answers.entries()) this.#answer(batch[i], answer)
    } catch (cause) {
      link.failed(at.server, cause)
      for (const it of batch) this.#refuse(it, cause)
    }
    at.underWay -= 1
    this.#flush()
  }

  #answer(asked: Asked | undefined, answer: Left | Short): void {
    if (asked === undefined) return
    if (!this.#open.delete(asked)) {
      if (!('short' in answer)) this.#options.giveBack(asked.claims)
      return
    }
    const { clock, instruments } = this.#options
    instruments.took('short' in answer ? 'short' : 'taken', clock.monotonic() - asked.startedMs)
    asked.resolve(answer)
  }

  #refuse(asked: Asked, cause?: unknown): void {
    if (!this.#open.delete(asked)) return
    const { clock, instruments, link } = this.#options
    instruments.took('unreachable', clock.monotonic() - asked.startedMs)
    asked.reject(link.unreachable(cause))
  }

  #refuseUnsent(): void {
    for (const it of this.#unsent.splice(0)) this.#refuse(it)
  }

  readonly #giveUp = (): void => {
    const { clock, link } = this.#options
    this.#timer = null
    const nowMs = clock.monotonic()
    const late = [...this.#open].filter((it) => it.dueMs <= nowMs)
    for (const it of late) this.#refuse(it)
    if (late.length > 0) link.wasSlow()
    const dueMs = Math.min(...Array.from(this.#open, (it) => it.dueMs))
    if (this.#open.size > 0) this.#timer = clock.after(dueMs - nowMs, this.#giveUp)
  }
}
