/** What a provider says instead of an answer, as it comes in. Error bodies are small: only the beginning is kept. */
import type { UpstreamHeaders } from '../contract/upstream.ts'
import type { Refusal } from './attempt-host.ts'
import { readRetryAfter, readRetryInfo } from './backoff.ts'

const KEPT_BYTES = 64 * 1024

const JSON_ALONE: UpstreamHeaders = {
  find: (name) => (name === 'content-type' ? 'application/json' : undefined),
}

export class CollectedRefusal {
  /** Of JSON that came with a good status: nothing in its headers is about a refusal. */
  static of(body: Buffer): CollectedRefusal {
    const refusal = new CollectedRefusal(JSON_ALONE, 0)
    refusal.add(body)
    return refusal
  }

  readonly #inHeaders: number | null
  readonly #contentType: string
  readonly #chunks: Buffer[] = []
  #bytes = 0

  constructor(headers: UpstreamHeaders, wallMs: number) {
    this.#contentType = headers.find('content-type') ?? ''
    this.#inHeaders = readRetryAfter(headers, wallMs)
  }

  add(chunk: Buffer): void {
    if (this.#bytes >= KEPT_BYTES) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  /** As far as the answer has come. */
  get retryAfterMs(): number | null {
    return this.#inHeaders ?? readRetryInfo(Buffer.concat(this.#chunks))
  }

  fold(status: number): Refusal {
    const body = Buffer.concat(this.#chunks)
    return { status, contentType: this.#contentType, body, retryAfterMs: this.retryAfterMs }
  }
}
