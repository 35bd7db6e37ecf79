/**
 * The safe transport: `Upstream` over undici's `Pool.dispatch`, HTTP/1.1, one request a connection at a
 * time.
 *
 * It speaks undici's older handler form (`onConnect … onComplete`). The newer one decodes every header
 * into an object and adds two objects a request; nearly all of that would be thrown away here. undici is
 * pinned, and this file is the only one that knows it.
 *
 * A pooled connection may have been closed by the other side while it was idle. If a *reused* connection
 * breaks before the first byte of an answer, and shortly after the request was written, the request goes
 * out once more; in every other case it might have been worked on already, and that is for `routing/`
 * to decide.
 *
 * Not here: time limits (`routing/deadlines.ts`).
 */
import { performance } from 'node:perf_hooks'
import { Client, type Dispatcher, Pool } from 'undici'
import type {
  Upstream,
  UpstreamExchange,
  UpstreamFailure,
  UpstreamHandler,
  UpstreamRequest,
} from '../contract/upstream.ts'
import { RawHeaders } from './raw-headers.ts'

export interface UpstreamOptions {
  /** Connections at most; further requests wait for one. Default: as many as are needed. */
  readonly connections?: number
  /** Opening a connection, with name lookup and TLS. Default 10 s. */
  readonly connectMs?: number
  /** How long an idle connection is kept when the other side does not say. Default 30 s. */
  readonly keepAliveMs?: number
}

/** A stale connection shows itself within a round trip; a reset after that is the server's failure. */
const STALE_WITHIN_MS = 1000

export function openUpstream(origin: string, options: UpstreamOptions = {}): Upstream {
  return new UpstreamPool(origin, options)
}

class UpstreamPool implements Upstream {
  readonly origin: string
  pending = 0
  readonly #pool: Pool

  constructor(origin: string, options: UpstreamOptions) {
    this.origin = origin
    this.#pool = new Pool(origin, {
      connections: options.connections ?? null,
      pipelining: 1,
      connect: { timeout: options.connectMs ?? 10_000 },
      keepAliveTimeout: options.keepAliveMs ?? 30_000,
      keepAliveTimeoutThreshold: 1000,
      headersTimeout: 0,
      bodyTimeout: 0,
      factory: (url, clientOptions) => new CountingClient(url, clientOptions),
    })
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamExchange {
    const exchange = new Exchange(this, request, handler)
    this.pending += 1
    exchange.dispatch()
    return exchange
  }

  dispatch(options: Dispatcher.DispatchOptions, exchange: Exchange): void {
    this.#pool.dispatch(options, exchange)
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}

/** Knows how many requests its present connection has carried: the difference between new and reused. */
class CountingClient extends Client {
  carried = 0

  constructor(url: URL, options: Client.Options) {
    super(url, options)
    this.on('disconnect', () => {
      this.carried = 0
    })
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    if (handler instanceof Exchange) handler.client = this
    return super.dispatch(options, handler)
  }
}

class Exchange implements UpstreamExchange, Dispatcher.DispatchHandler {
  client: CountingClient | null = null
  readonly #upstream: UpstreamPool
  readonly #handler: UpstreamHandler
  readonly #options: Dispatcher.DispatchOptions
  #abort: ((reason?: Error) => void) | null = null
  #resume: (() => void) | null = null
  #dispatching = false
  #paused = false
  #reused = false
  #retried = false
  #answered = false
  #over = false
  #sentAt = 0

  constructor(upstream: UpstreamPool, request: UpstreamRequest, handler: UpstreamHandler) {
    this.#upstream = upstream
    this.#handler = handler
    this.#options = {
      method: request.method,
      path: request.path,
      headers: request.headers as string[],
      body: request.body,
    }
  }

  dispatch(): void {
    this.#dispatching = true
    try {
      this.#upstream.dispatch(this.#options, this)
    } catch (error) {
      this.onError(error as Error)
    }
    this.#dispatching = false
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#resume?.()
  }

  abort(): void {
    if (this.#over) return
    this.#finish()
    this.#abort?.()
    this.#handler.onError({ code: 'upstream.aborted', cause: undefined })
  }

  onConnect(abort: (reason?: Error) => void): void {
    // Thrown, not aborted: nothing was written, and an abort would cost a healthy connection.
    if (this.#over) throw new Error('cancelled while it waited for a connection')
    this.#abort = abort
    const client = this.client
    if (client !== null) {
      this.#reused = client.carried > 0
      client.carried += 1
    }
    this.#sentAt = performance.now()
    this.#handler.onSent()
  }

  onHeaders(status: number, headers: Buffer[], resume: () => void): boolean {
    if (this.#over) return true
    if (status < 200) return true
    this.#answered = true
    this.#resume = resume
    this.#handler.onHead(status, new RawHeaders(headers))
    return !this.#paused
  }

  onData(chunk: Buffer): boolean {
    if (this.#over) return true
    this.#handler.onData(chunk)
    return !this.#paused
  }

  onComplete(): void {
    if (this.#over) return
    this.#finish()
    this.#handler.onEnd()
  }

  onError(error: Error): void {
    if (this.#over) return
    const sent = this.#abort !== null
    if (sent && this.#isStale(error)) {
      this.#retried = true
      this.#abort = null
      setImmediate(() => {
        if (!this.#over) this.dispatch()
      })
      return
    }
    this.#finish()
    const failure: UpstreamFailure = { code: sent ? codeOf(error) : 'upstream.connect', cause: error }
    if (this.#dispatching) queueMicrotask(() => this.#handler.onError(failure))
    else this.#handler.onError(failure)
  }

  #isStale(error: Error): boolean {
    if (!this.#reused || this.#answered || this.#retried) return false
    return codeOf(error) === 'upstream.reset' && performance.now() - this.#sentAt < STALE_WITHIN_MS
  }

  #finish(): void {
    this.#over = true
    this.#upstream.pending -= 1
  }
}

/** undici gives its parser's errors a name and, as of 7.30, no code. */
function codeOf(error: Error): 'upstream.reset' | 'upstream.protocol' {
  // An end of the stream in the middle of a message is a connection that broke, not a bad message.
  if (error.name === 'HTTPParserError') {
    return error.message.includes('EOF') ? 'upstream.reset' : 'upstream.protocol'
  }
  const { code } = error as NodeJS.ErrnoException
  return code === 'UND_ERR_HEADERS_OVERFLOW' ? 'upstream.protocol' : 'upstream.reset'
}
