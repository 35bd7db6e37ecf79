/**
 * A keep-alive pool to one origin. Callback style on purpose: a promise, a stream object or an async
 * iterator per request costs more than the rest of the request. The safe transport (undici
 * `dispatch`) implements it; a faster one will.
 *
 * No time limits here: whoever sends watches the time and aborts (`routing/deadlines.ts`), so that
 * there is one clock for an attempt and every transport stays simple.
 */
export interface Upstream {
  /** `https://api.openai.com` */
  readonly origin: string
  /**
   * Sends at once. Exactly one of `onEnd` and `onError` is called, last, and never before `send`
   * returns.
   */
  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamExchange
  /** Requests in flight or waiting for a connection. */
  readonly pending: number
  /** Resolves when what is in flight has ended. */
  close(): Promise<void>
}

export interface UpstreamRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** name, value, name, value … */
  readonly headers: readonly string[]
  readonly body: Buffer | string | null
}

export interface UpstreamHandler {
  /** A connection was found and the request is on its way. Again, if a stale one had to be replaced. */
  onSent(): void
  onHead(status: number, headers: UpstreamHeaders): void
  /** The chunk may be kept. */
  onData(chunk: Buffer): void
  onEnd(): void
  onError(error: UpstreamFailure): void
}

/** Headers as they came. Most of them are never looked at, so none is decoded before it is asked for. */
export interface UpstreamHeaders {
  /** `name` in lower case. The first of that name, in latin1. */
  find(name: string): string | undefined
}

export interface UpstreamFailure {
  readonly code: 'upstream.connect' | 'upstream.reset' | 'upstream.aborted' | 'upstream.protocol'
  readonly cause: unknown
}

export interface UpstreamExchange {
  /** Stops reading until `resume`: back-pressure. */
  pause(): void
  resume(): void
  /** Cancels. `onError` is called with `upstream.aborted` before this returns, unless all was over. */
  abort(): void
}
