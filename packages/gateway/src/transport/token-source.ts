/**
 * The access token that a credential is exchanged for: asked for when it is first needed, and renewed while it
 * still lives, so that after the first request none waits for it.
 *
 * One exchange at a time. Another credential drops the token at once: it was given for the old one. A renewal
 * that fails is tried again until the token is over; a token that nobody used is let go.
 */
import type { Clock, Timer } from '@changeover/reload'
import type { AccessToken, TokenExchange } from '../contract/provider.ts'
import type { Upstream, UpstreamHandler, UpstreamHeaders } from '../contract/upstream.ts'

export interface TokenSourceOptions {
  readonly exchange: TokenExchange
  readonly clock: Clock
  /** A connection to the address where tokens are given. Closed with the source. */
  readonly open: (origin: string) => Upstream
  /** Told of each token, before it is used: it is a secret. */
  readonly hide: (token: string) => void
}

/** Before its end, a token is renewed: a tenth of its life, and five minutes at most. */
const LARGEST_MARGIN_MS = 300_000
const RETRY_MS = 5000
const EXCHANGE_MS = 10_000
/** Answers are small; anything else is none. */
const LARGEST_BYTES = 64 * 1024

type Waiting = (token: string | null, cause: unknown) => void

export class TokenSource {
  readonly #options: TokenSourceOptions
  readonly #upstreams = new Map<string, Upstream>()
  #credential = ''
  #token: string | null = null
  #expiresAt = 0
  #used = false
  #asking = false
  #waiting: Waiting[] = []
  #timer: Timer | null = null
  #closed = false

  constructor(options: TokenSourceOptions) {
    this.#options = options
  }

  /** The token that is good now, or `null`: then `wait` for one. */
  current(credential: string): string | null {
    if (credential !== this.#credential) this.#drop(credential)
    this.#used = true
    return this.#token !== null && this.#options.clock.monotonic() < this.#expiresAt ? this.#token : null
  }

  /** Calls back once, later, with a token, or with what went wrong. */
  wait(credential: string, then: Waiting): void {
    if (credential !== this.#credential) this.#drop(credential)
    this.#waiting.push(then)
    this.#ask()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#timer?.cancel()
    this.#settle(null, undefined)
    await Promise.all(Array.from(this.#upstreams.values(), (it) => it.close()))
  }

  /** Who waited for the token of another credential still wants one: of the credential that is now. */
  #drop(credential: string): void {
    this.#credential = credential
    this.#token = null
    this.#timer?.cancel()
    this.#timer = null
    this.#asking = false
  }

  #ask(): void {
    if (this.#asking || this.#closed) return
    this.#asking = true
    const credential = this.#credential
    exchangeToken(credential, this.#options, (origin) => this.#upstreamTo(origin)).then(
      (token) => {
        if (credential === this.#credential) this.#take(token)
      },
      (error: unknown) => {
        if (credential === this.#credential) this.#fail(error)
      },
    )
  }

  #take({ token, lifetimeMs }: AccessToken): void {
    this.#asking = false
    if (this.#closed) return
    this.#options.hide(token)
    const { clock } = this.#options
    this.#token = token
    this.#expiresAt = clock.monotonic() + lifetimeMs
    this.#used = false
    this.#renewAfter(lifetimeMs - Math.min(LARGEST_MARGIN_MS, lifetimeMs / 10))
    this.#settle(token, undefined)
  }

  #fail(cause: unknown): void {
    this.#asking = false
    if (this.#options.clock.monotonic() + RETRY_MS < this.#expiresAt) this.#renewAfter(RETRY_MS)
    this.#settle(null, cause)
  }

  #renewAfter(ms: number): void {
    if (this.#closed) return
    this.#timer?.cancel()
    this.#timer = this.#options.clock.after(ms, () => {
      this.#timer = null
      if (this.#used) this.#ask()
    })
  }

  #settle(token: string | null, cause: unknown): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const then of waiting) then(token, cause)
  }

  #upstreamTo(origin: string): Upstream {
    let upstream = this.#upstreams.get(origin)
    if (upstream === undefined) {
      upstream = this.#options.open(origin)
      this.#upstreams.set(origin, upstream)
    }
    return upstream
  }
}

/** Rejects with a text that holds nothing of the credential or of the answer. */
async function exchangeToken(
  credential: string,
  { exchange, clock }: TokenSourceOptions,
  upstreamTo: (origin: string) => Upstream,
): Promise<AccessToken> {
  const { origin, path, headers, body } = exchange.ask(credential, clock.now())
  const { status, text } = await new Promise<Answer>((resolve, reject) => {
    const collected = new Collected(resolve, reject)
    const exchanging = upstreamTo(origin).send({ method: 'POST', path, headers, body }, collected)
    collected.timer = clock.after(EXCHANGE_MS, () => exchanging.abort())
  })
  const token = status === 200 ? exchange.read(parse(text)) : null
  if (token === null) throw new TypeError(`"${origin}" answered ${status} and gave no token`)
  return token
}

interface Answer {
  readonly status: number
  readonly text: string
}

class Collected implements UpstreamHandler {
  timer: Timer | null = null
  readonly #resolve: (answer: Answer) => void
  readonly #reject: (error: Error) => void
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #status = 0

  constructor(resolve: (answer: Answer) => void, reject: (error: Error) => void) {
    this.#resolve = resolve
    this.#reject = reject
  }

  onSent(): void {}

  onHead(status: number, _headers: UpstreamHeaders): void {
    this.#status = status
  }

  onData(chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes <= LARGEST_BYTES) this.#chunks.push(chunk)
  }

  onEnd(): void {
    this.timer?.cancel()
    this.#resolve({ status: this.#status, text: Buffer.concat(this.#chunks).toString() })
  }

  onError({ code, cause }: { readonly code: string; readonly cause: unknown }): void {
    this.timer?.cancel()
    this.#reject(new Error(`the address of tokens could not be asked (${code})`, { cause }))
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
