/**
 * An upstream whose requests carry an access token. With a token at hand a request goes out at once; only without
 * one it waits, and can be paused and aborted like any other while it does.
 */
import type { Upstream, UpstreamExchange, UpstreamHandler, UpstreamRequest } from '../contract/upstream.ts'
import type { TokenSource } from './token-source.ts'

export interface TokenUpstreamOptions {
  readonly inner: Upstream
  /** The source and the credential of now; `null` when the credential is sent as it is. */
  readonly sourceNow: () => { readonly source: TokenSource; readonly credential: string } | null
}

/** Closing it leaves `inner` open: whoever opened that closes it. */
export function openTokenUpstream({ inner, sourceNow }: TokenUpstreamOptions): Upstream {
  let waiting = 0
  return {
    origin: inner.origin,
    get pending() {
      return inner.pending + waiting
    },
    send(request, handler) {
      const now = sourceNow()
      if (now === null) return inner.send(request, handler)
      const token = now.source.current(now.credential)
      if (token !== null) return inner.send(withToken(request, token), handler)
      waiting += 1
      const exchange = new WaitingExchange(handler)
      now.source.wait(now.credential, (given, cause) => {
        waiting -= 1
        exchange.go(given === null ? null : () => inner.send(withToken(request, given), handler), cause)
      })
      return exchange
    },
    close: () => Promise.resolve(),
  }
}

function withToken(request: UpstreamRequest, token: string): UpstreamRequest {
  return { ...request, headers: [...request.headers, 'authorization', `Bearer ${token}`] }
}

class WaitingExchange implements UpstreamExchange {
  readonly #handler: UpstreamHandler
  #real: UpstreamExchange | null = null
  #paused = false
  #over = false

  constructor(handler: UpstreamHandler) {
    this.#handler = handler
  }

  go(send: (() => UpstreamExchange) | null, cause: unknown): void {
    if (this.#over) return
    if (send === null) {
      this.#over = true
      this.#handler.onError({ code: 'upstream.connect', cause })
      return
    }
    this.#real = send()
    if (this.#paused) this.#real.pause()
  }

  pause(): void {
    this.#paused = true
    this.#real?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#real?.resume()
  }

  abort(): void {
    if (this.#real !== null) {
      this.#real.abort()
      return
    }
    if (this.#over) return
    this.#over = true
    this.#handler.onError({ code: 'upstream.aborted', cause: undefined })
  }
}
