/**
 * What distinguishes one provider from another: data and small pure functions. Sending, retrying and
 * timing belong to `transport/` and `routing/`. To add a provider: one file, one line in `providers/list.ts`.
 */
import type { WireName } from './wire.ts'

/** What can be asked of a provider: to generate, in one of the formats, or something beside it. */
export type Operation =
  | WireName
  | 'openai-embeddings'
  | 'gemini-embeddings'
  | 'gemini-batch-embeddings'
  | 'cohere-embeddings'
  | 'vertex-predict-embeddings'
  | 'bedrock-invoke-embeddings'
  | 'anthropic-count-tokens'
  | 'gemini-count-tokens'

/** Below `baseUrl`, with query. `model` is the provider's own id, as it is. */
export type ProviderPath = string | ((model: string, stream: boolean) => string)

export interface Provider {
  readonly kind: string
  /** The format it speaks best: what a request of a format that it does not speak is translated into. */
  readonly wire: WireName
  /**
   * Where each operation that it knows is answered: `{ 'openai-chat': '/chat/completions' }`. A caller whose
   * format is among them is passed through; `wire` always is.
   */
  readonly paths: Readonly<Partial<Record<Operation, ProviderPath>>>
  /** With the part of the path that all calls share: `https://api.openai.com/v1`. */
  readonly defaultBaseUrl: string | null
  /** Where its official key is usually found: `OPENAI_API_KEY`. */
  readonly credentialEnv: string | null
  /** `content-type`, the credential's header and what else each call needs, as name, value … */
  headers(credential: string | null): readonly string[]
  /** Headers that depend on the request, such as a signature: all of them, in place of `headers`. */
  sign?(request: UnsignedRequest, credential: string | null): readonly string[]
  /** For credentials that are not sent, but exchanged for a token that is, and that ends. */
  readonly token?: TokenExchange
  /** True when a failed answer is worth another attempt, by status. */
  isRetryable(status: number): boolean
}

/** Pure: sending, keeping and renewing belong to `transport/`. */
export interface TokenExchange {
  /** False for a credential that is sent as it is. */
  exchanges(credential: string): boolean
  /** Throws a `TypeError`, without quoting it, for a credential that it cannot read. */
  ask(credential: string, nowMs: number): TokenRequest
  /** `null` when the answer holds no token. */
  read(body: unknown): AccessToken | null
}

export interface TokenRequest {
  readonly origin: string
  readonly path: string
  readonly headers: readonly string[]
  readonly body: string
}

export interface AccessToken {
  readonly token: string
  readonly lifetimeMs: number
}

export interface UnsignedRequest {
  readonly method: 'GET' | 'POST'
  readonly origin: string
  readonly path: string
  /** As `headers` gave them. */
  readonly headers: readonly string[]
  readonly body: Buffer
  /** Wall milliseconds. */
  readonly nowMs: number
}
