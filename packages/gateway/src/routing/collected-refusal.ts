/** What a provider says instead of an answer, as it comes in. Error bodies are small: only the beginning is kept. */
import type { UpstreamHeaders } from '../contract/upstream.ts'
import type { Refusal } from './attempt-host.ts'
import { readRetryAfter, readRetryInfo } from './backoff.ts'

const KEPT_BYTES = 64 * 1024

export class CollectedRefusal {
  readonly #retryAfterMs: number | null
  readonly #contentType: string
  readonly #chunks: Buffer[] = []
  #bytes = 0

  constructor(headers: UpstreamHeaders, wallMs: number) {
    this.#contentType = headers.find('content-type') ?? ''
    this.#retryAfterMs = readRetryAfter(headers, wallMs)
  }

  add(chunk: Buffer): void {
    if (this.#bytes >= KEPT_BYTES) return
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
  }

  fold(status: number): Refusal {
    const body = Buffer.concat(this.#chunks)
    const retryAfterMs = this.#retryAfterMs ?? readRetryInfo(body)
    return { status, contentType: this.#contentType, body, retryAfterMs }
  }
}
