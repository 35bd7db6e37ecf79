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

/** Below `baseUrl`, with query. `model` is the provider's own id, as it is. `null`: not for this model. */
export type ProviderPath = string | ((model: string, stream: boolean) => string | null)

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
  /** What of a body it wants otherwise than its format; the bytes are parsed and written anew for it. */
  reshape?(body: Readonly<Record<string, unknown>>): Record<string, unknown>
  /** For credentials that are not sent, but exchanged for a token that is, and that ends. */
  readonly token?: TokenExchange
  /** True when a failed answer is worth another attempt, by status. */
  isRetryable(status: number): boolean
  /** What it wants otherwise than OpenAI in requests of `openai-chat`; absent where nothing is. */
  readonly quirks?: Quirks
  /** Where it writes the text of an error, beside the places that its format has: JSON pointers. */
  readonly errorTexts?: readonly string[]
  /** Headers of a caller that reach it, in lower case. All others end at the gateway. */
  readonly callerHeaders?: readonly string[]
  /** Headers of its answers that reach the caller, in lower case. */
  readonly replyHeaders?: readonly string[]
  /** Whether it is told the version of the settings that each request was made under, in the `baggage` header. */
  readonly versionInBaggage?: boolean
}

/**
 * Differences as data, so that settings can say them too: a new OpenAI-compatible server is a reload.
 *
 * What is left out and meant something is named in a warning.
 */
export interface Quirks {
  /** Its name for a field of the request: `{ max_completion_tokens: 'max_tokens' }`. */
  readonly rename?: Readonly<Record<string, string>>
  /** The only fields that it takes, by its own names. For servers that refuse what they do not know. */
  readonly takes?: readonly string[]
  /** Fields that it does not take, by its own names. */
  readonly drops?: readonly string[]
  /** Fields that it does without: what they ask for is given anyway. Left out without a word. */
  readonly needless?: readonly string[]
  /** Fields of messages that it does not take. */
  readonly messageDrops?: readonly string[]
  /** Its name for the role of a message: `{ developer: 'system' }`. */
  readonly roles?: Readonly<Record<string, string>>
  /** Its word for a tool choice: `{ required: 'any' }`. */
  readonly toolChoices?: Readonly<Record<string, string>>
  /** It takes ids of tool calls of exactly so many letters and digits. */
  readonly callIdLength?: number
  /** False where `json_object` is known and `json_schema` is not. */
  readonly jsonSchema?: boolean
  /** Its answers are not quite of the format: they are read and written anew, for callers that speak it too. */
  readonly mends?: boolean
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
  readonly method: string
  readonly origin: string
  readonly path: string
  /** As `headers` gave them. */
  readonly headers: readonly string[]
  readonly body: Buffer
  /** Wall milliseconds. */
  readonly nowMs: number
}
