/**
 * The connection to a server of counts: opened, lost and mended by itself, and known to be there or not.
 *
 * A server that did not answer in time again and again is not asked by callers until it has answered us; its connection
 * is kept meanwhile, because late answers on it say what was counted after all.
 */
import type { Clock, LogLevel, Telemetry, Timer } from '@changeover/reload'
import { GatewayError } from '../errors.ts'
import type { CountServer, OpenCountServer } from './count-server.ts'

export interface ServerLinkOptions {
  /** For people: `Redis`, `PostgreSQL`. */
  readonly called: string
  readonly open: OpenCountServer
  readonly clock: Clock
  readonly logger: Telemetry['logger']
}

export type LinkState = 'connecting' | 'up' | 'down'

const SLOW_IN_A_ROW = 3
const FIRST_RETRY_MS = 50
const LONGEST_RETRY_MS = 2000
/** For what no caller waits for. */
const PATIENCE_MS = 5000
const TIDY_EVERY_MS = 600_000

export class ServerLink {
  readonly #options: ServerLinkOptions
  readonly #upListeners = new Set<() => void>()
  #server: CountServer | null = null
  #state: LinkState = 'connecting'
  #since: number
  #cause: unknown = null
  #slow = 0
  #retryMs = FIRST_RETRY_MS
  #isMending = false
  #isClosed = false
  #timer: Timer | null = null
  #tidyTimer: Timer | null = null

  constructor(options: ServerLinkOptions) {
    this.#options = options
    this.#since = options.clock.now()
    void this.#mend()
  }

  get state(): LinkState {
    return this.#state
  }

  /** Wall milliseconds since which the state is this. */
  get since(): number {
    return this.#since
  }

  /** The server, while it may be asked. */
  get server(): CountServer | null {
    return this.#state === 'up' ? this.#server : null
  }

  /** Called whenever it can be asked again, until the answer is called. */
  onUp(listener: () => void): () => void {
    this.#upListeners.add(listener)
    return () => void this.#upListeners.delete(listener)
  }

  unreachable(cause: unknown = this.#cause): GatewayError {
    return new GatewayError('counters.unreachable', { store: this.#options.called }, { cause })
  }

  answered(): void {
    this.#slow = 0
  }

  wasSlow(): void {
    this.#slow += 1
    if (this.#slow < SLOW_IN_A_ROW || this.#state !== 'up') return
    this.#turn('down', null)
    void this.#mend()
  }

  /** What a request to `server` was rejected with: it is not known any more how it stands. */
  failed(server: CountServer, cause: unknown): void {
    if (server !== this.#server || this.#isClosed) return
    this.#drop()
    this.#turn('down', cause)
    void this.#mend()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#tidyTimer?.cancel()
    const server = this.#server
    this.#server = null
    this.#turn('down', null)
    await server?.close()
  }

  async #mend(): Promise<void> {
    if (this.#isMending || this.#isClosed) return
    this.#isMending = true
    try {
      const server = this.#server ?? (await this.#open())
      await this.#within(server.ping())
      this.#isMending = false
      if (this.#isClosed || server !== this.#server) return
      this.#slow = 0
      this.#retryMs = FIRST_RETRY_MS
      this.#turn('up', null)
      this.#tidyLater(0)
      for (const it of this.#upListeners) it()
    } catch (cause) {
      this.#isMending = false
      this.#drop()
      if (this.#isClosed) return
      this.#turn('down', cause)
      this.#timer = this.#options.clock.after(this.#retryMs, () => void this.#mend())
      this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2)
    }
  }

  /** One that comes when nobody waits for it any more is closed. */
  async #open(): Promise<CountServer> {
    let opened: CountServer | null = null
    let isLate = false
    const opening = this.#options.open((cause) => {
      if (opened !== null) this.failed(opened, cause)
    })
    const taken = opening.then(async (it) => {
      opened = it
      if (!isLate && !this.#isClosed) {
        this.#server = it
        return it
      }
      await it.close()
      throw this.unreachable()
    })
    try {
      return await this.#within(taken)
    } catch (cause) {
      isLate = true
      taken.catch(() => undefined)
      throw cause
    }
  }

  #within<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.#options.clock.after(PATIENCE_MS, () => reject(this.unreachable()))
      answer.then(resolve, reject).finally(() => timer.cancel())
    })
  }

  #drop(): void {
    const server = this.#server
    this.#server = null
    this.#tidyTimer?.cancel()
    server?.close().catch(() => undefined)
  }

  #tidyLater(ms: number): void {
    this.#tidyTimer?.cancel()
    this.#tidyTimer = this.#options.clock.after(ms, () => {
      const server = this.#server
      if (server === null || this.#isClosed) return
      // What is left over costs room and nothing else; the next time is soon enough.
      server.tidy().catch(() => undefined)
      this.#tidyLater(TIDY_EVERY_MS)
    })
  }

  #turn(state: LinkState, cause: unknown): void {
    this.#cause = cause
    if (state === this.#state) return
    this.#state = state
    const { clock, logger, called } = this.#options
    this.#since = clock.now()
    if (this.#isClosed) return
    const level: LogLevel = state === 'up' ? 'info' : 'warn'
    const message =
      state === 'up'
        ? `${called} answers: limits and budgets are counted in it`
        : `${called} does not answer: what limits and budgets have counted there is not known`
    logger.log({ level, room: 'counters', message, ...(cause === null ? {} : { error: cause }) })
  }
}
