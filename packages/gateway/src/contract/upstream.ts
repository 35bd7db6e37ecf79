/**
 * A keep-alive pool to one origin. Callback style on purpose: a promise, a stream object or an async
 * iterator per request costs more than the rest of the request. The safe transport (undici
 * `dispatch`) implements it; a faster one will.
 */
export interface Upstream {
  /** `https://api.openai.com` */
  readonly origin: string
  /** Sends at once. Exactly one of `onEnd` and `onError` is called, last, and never before `send` returns. */
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamExchange
  /** Requests in flight. */
  readonly pending: number
  close(): Promise<void>
}

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** name, value, name, value … */
  readonly headers: readonly string[]
  readonly body: Buffer | string | null
  readonly connectMs: number
  readonly headersMs: number
  /** Between two chunks of the body. */
  readonly idleMs: number
}

export interface UpstreamHandler {
  /** Headers as name, value … in latin1, names in lower case. */
  onHead(status: number, headers: readonly string[]): void
  /** The chunk may be kept. */
  onData(chunk: Buffer): void
  onEnd(): void
  onError(error: UpstreamFailure): void
}

export interface UpstreamFailure {
  readonly code:
    | 'upstream.connect'
    | 'upstream.timeout'
    | 'upstream.reset'
    | 'upstream.aborted'
    | 'upstream.protocol'
  readonly cause: unknown
}

export interface UpstreamExchange {
  /** Stops reading until `resume`: back-pressure. */
  pause(): void
  resume(): void
  /** Cancels; `onError` follows with `upstream.aborted`. */
  abort(): void
}
