/**
 * One simulated request and its reply, paced by the clock: at most one timer at a time.
 *
 * Keeps what `Upstream` promises: nothing is called before `send` returned, nothing after the end, and
 * nothing while it is paused.
 */
import type { Clock, Timer } from '@changeover/reload'
import type { SimulateSettings } from '../contract/settings.ts'
import type { UpstreamExchange, UpstreamHandler, UpstreamHeaders } from '../contract/upstream.ts'
import {
  badRequest,
  errorReply,
  readAsk,
  type SimulatedAsk,
  sayTokens,
  streamEnd,
  streamEvent,
  wholeReply,
} from './simulated-reply.ts'

export interface SimulatedCase {
  readonly body: string
  readonly settings: Required<SimulateSettings>
  readonly fails: boolean
  readonly clock: Clock
  readonly handler: UpstreamHandler
  over(): void
}

export class SimulatedExchange implements UpstreamExchange {
  readonly #case: SimulatedCase
  readonly #ask: SimulatedAsk | null
  readonly #tokens: readonly string[]
  #timer: Timer | null = null
  /** Held back by `pause`. */
  #next: (() => void) | null = null
  #paused = false
  #over = false
  #sent = 0

  constructor(it: SimulatedCase) {
    this.#case = it
    this.#ask = readAsk(it.body)
    this.#tokens = this.#ask === null ? [] : sayTokens(this.#ask, it.settings.tokens)
    this.#after(0, () => {
      it.handler.onSent()
      this.#answer()
    })
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    const next = this.#next
    this.#next = null
    next?.()
  }

  abort(): void {
    if (this.#over) return
    this.#timer?.cancel()
    this.#finish()
    this.#case.handler.onError({ code: 'upstream.aborted', cause: undefined })
  }

  #answer(): void {
    const { settings, fails } = this.#case
    const ask = this.#ask
    if (ask === null) return this.#sendWhole(400, badRequest())
    if (fails)
      return this.#after(settings.firstTokenMs, () =>
        this.#sendWhole(settings.failureStatus, errorReply(settings.failureStatus)),
      )
    if (ask.stream) return this.#after(settings.firstTokenMs, () => this.#sendStream(ask))
    const speakingMs = this.#tokenMs() * Math.max(0, this.#tokens.length - 1)
    return this.#after(settings.firstTokenMs + speakingMs, () => {
      this.#sendWhole(200, wholeReply(ask, this.#tokens))
    })
  }

  #sendWhole(status: number, body: string): void {
    const bytes = Buffer.from(body)
    this.#case.handler.onHead(status, headersOf('application/json', bytes.length))
    if (!this.#over) this.#case.handler.onData(bytes)
    this.#end()
  }

  #sendStream(ask: SimulatedAsk): void {
    this.#case.handler.onHead(200, headersOf('text/event-stream; charset=utf-8', null))
    this.#sendTokens(ask)
  }

  /** Without a rate all at once, else one and the rest later. */
  #sendTokens(ask: SimulatedAsk): void {
    const tokenMs = this.#tokenMs()
    while (!this.#over) {
      if (this.#paused) {
        this.#next = () => this.#sendTokens(ask)
        return
      }
      const token = this.#tokens[this.#sent]
      if (token === undefined) break
      this.#case.handler.onData(Buffer.from(streamEvent(ask, token, this.#sent === 0)))
      this.#sent += 1
      if (tokenMs > 0 && this.#sent < this.#tokens.length) {
        this.#after(tokenMs, () => this.#sendTokens(ask))
        return
      }
    }
    if (!this.#over)
      this.#case.handler.onData(Buffer.from(streamEvent(ask, null, false) + streamEnd(ask, this.#sent)))
    this.#end()
  }

  #tokenMs(): number {
    const rate = this.#case.settings.tokensPerSecond
    return rate > 0 && Number.isFinite(rate) ? 1000 / rate : 0
  }

  #after(ms: number, run: () => void): void {
    if (ms <= 0) setImmediate(() => this.#run(run))
    else this.#timer = this.#case.clock.after(ms, () => this.#run(run))
  }

  #run(step: () => void): void {
    if (this.#over) return
    if (this.#paused) this.#next = step
    else step()
  }

  #end(): void {
    if (this.#over) return
    this.#finish()
    this.#case.handler.onEnd()
  }

  #finish(): void {
    this.#over = true
    this.#case.over()
  }
}

function headersOf(contentType: string, length: number | null): UpstreamHeaders {
  return {
    find(name) {
      if (name === 'content-type') return contentType
      return name === 'content-length' && length !== null ? String(length) : undefined
    },
  }
}
