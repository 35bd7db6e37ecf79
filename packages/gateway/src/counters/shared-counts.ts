/**
 * Counts that several gateways share through one server: exact, and never a reason to wait longer than was allowed.
 *
 * Not here: what happens to callers while the server is away (`local-share.ts`), portions taken in advance
 * (`portions.ts`).
 */
import type { Clock, Telemetry } from '@changeover/reload'
import type { Claim, Correction, Left, Short } from '../contract/counters.ts'
import { CorrectionQueue } from './correction-queue.ts'
import type { OpenCountServer } from './count-server.ts'
import type { CounterInstruments } from './instruments.ts'
import { type LinkState, ServerLink } from './server-link.ts'
import { TakeQueue } from './take-queue.ts'

export interface SharedCountsOptions {
  /** For people: `Redis`, `PostgreSQL`. */
  readonly called: string
  readonly open: OpenCountServer
  /** Of this process and no other, ever: corrections are told apart by it. */
  readonly sender: string
  readonly clock: Clock
  readonly logger: Telemetry['logger']
  readonly instruments: CounterInstruments
}

export interface SharedHealth {
  readonly state: LinkState
  /** Wall milliseconds since which the state is this. */
  readonly since: number
  /** Counts with corrections that the server has not been told. */
  readonly untold: number
}

export class SharedCounts {
  readonly #clock: Clock
  readonly #link: ServerLink
  readonly #takes: TakeQueue
  readonly #corrections: CorrectionQueue
  #telling: Promise<void> | null = null
  #willTell = false

  constructor(options: SharedCountsOptions) {
    const { clock, instruments } = options
    this.#clock = clock
    this.#corrections = new CorrectionQueue(options.sender)
    this.#link = new ServerLink(options)
    this.#takes = new TakeQueue({ link: this.#link, clock, instruments, giveBack: (it) => this.giveBack(it) })
    this.#link.onUp(() => void this.#tell())
  }

  get health(): SharedHealth {
    return { state: this.#link.state, since: this.#link.since, untold: this.#corrections.size }
  }

  get isUp(): boolean {
    return this.#link.server !== null
  }

  /** Resolves when the server can be asked; rejects with `counters.unreachable` when `signal` aborts before. */
  whenUp(signal: AbortSignal): Promise<void> {
    if (this.isUp) return Promise.resolve()
    if (signal.aborted) return Promise.reject(this.#link.unreachable())
    return new Promise((resolve, reject) => {
      const stop = this.#link.onUp(() => {
        stop()
        signal.removeEventListener('abort', onAbort)
        resolve()
      })
      const onAbort = (): void => {
        stop()
        reject(this.#link.unreachable())
      }
      signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** Calls `listener` whenever the server can be asked again. The answer stops that. */
  onUp(listener: () => void): () => void {
    return this.#link.onUp(listener)
  }

  take(claims: readonly Claim[], timeoutMs: number): Promise<Left | Short> {
    return claims.length === 0 ? Promise.resolve({ left: [] }) : this.#takes.take(claims, timeoutMs)
  }

  /** Kept until the server has been told. */
  correct(corrections: readonly Correction[]): void {
    for (const it of corrections) this.#corrections.add(it)
    if (this.#willTell || corrections.length === 0) return
    this.#willTell = true
    setImmediate(() => {
      this.#willTell = false
      void this.#tell()
    })
  }

  giveBack(claims: readonly Claim[]): void {
    this.correct(claims.map((claim) => ({ claim, by: -claim.amount })))
  }

  /** What this process has still to tell is not in it. */
  async read(claims: readonly Claim[], timeoutMs: number): Promise<readonly number[]> {
    const { server } = this.#link
    if (server === null) throw this.#link.unreachable()
    return await new Promise((resolve, reject) => {
      const timer = this.#clock.after(timeoutMs, () => reject(this.#link.unreachable()))
      const fail = (cause: unknown): void => reject(this.#link.unreachable(cause))
      void server
        .read(claims)
        .then(resolve, fail)
        .finally(() => timer.cancel())
    })
  }

  /** Resolves when everything has been told that was to be when this was asked, or when the server is away. */
  async settled(): Promise<void> {
    while (this.isUp && this.#corrections.size > 0) await this.#tell()
  }

  /** Tells what there is to tell, for `patienceMs` at most. */
  async close(patienceMs = 1000): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = this.#clock.after(patienceMs, resolve)
      void this.settled()
        .finally(() => timer.cancel())
        .then(resolve, resolve)
    })
    this.#takes.close()
    await this.#link.close()
  }

  /** One batch after the other: the server knows by its number which it has had. */
  #tell(): Promise<void> {
    this.#telling ??= this.#tellAll().finally(() => {
      this.#telling = null
    })
    return this.#telling
  }

  async #tellAll(): Promise<void> {
    for (;;) {
      const { server } = this.#link
      const batch = server === null ? null : this.#corrections.next()
      if (server === null || batch === null) return
      try {
        await server.correct(batch)
        this.#corrections.done()
      } catch (cause) {
        this.#link.failed(server, cause)
        return
      }
    }
  }
}
