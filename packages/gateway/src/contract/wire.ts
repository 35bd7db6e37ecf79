/** A wire format: how one family of APIs writes requests, replies, stream events and errors. */
import type { SchemaIssue } from './apis.ts'
import type { NeutralDelta, NeutralRequest, Usage } from './neutral.ts'

export type WireName =
  | 'openai-chat'
  | 'openai-responses'
  | 'openai-completions'
  | 'anthropic-messages'
  | 'gemini'
  | 'bedrock-converse'

export interface Wire {
  readonly name: WireName
  /** What ids of its replies begin with: `chatcmpl-`, `msg_`, `resp_`. The rest is the call's own. */
  readonly idPrefix: string
  /** The header in which its clients look for the provider's id of the request: `x-request-id`, `request-id`. */
  readonly requestIdHeader: string
  /** Content type of its streams, where it is not that of server-sent events: such a stream is never passed on as it came. */
  readonly streamType?: string
  /**
   * Throws `request.field` when a field that has to be understood is not of the format. Formats that name the
   * model or streaming in the path find them in the body, as `model` and `stream`, put there by the server.
   */
  parseRequest(body: Readonly<Record<string, unknown>>): NeutralRequest
  /** Formats that name the model or streaming in the path leave them out of the body. */
  writeRequest(request: NeutralRequest, model: string): WrittenRequest
  /** A whole reply as deltas. */
  parseReply(body: Readonly<Record<string, unknown>>): readonly NeutralDelta[]
  writeReply(deltas: readonly NeutralDelta[], about: ReplyAbout): Record<string, unknown>
  /** Reads stream events; keeps state between them. */
  openReader(): StreamReader
  /** Writes stream events; keeps state between them. */
  openWriter(about: ReplyAbout): StreamWriter
  /** An error in the format's own shape. */
  writeError(error: CallerError): Record<string, unknown>
  /** The same as the last event of a stream that had begun, framed. */
  writeStreamError(error: CallerError): string
  /** What a provider's error says to people, or `null` when it is not in the format's shape. */
  readError(body: unknown): string | null
}

export interface WrittenRequest {
  readonly body: Record<string, unknown>
  /** What was asked and cannot be had: one text each, or none. A route may refuse a call for them. */
  readonly warnings: readonly string[]
  /** What was filled in because the format asks for it. */
  readonly notes?: readonly string[]
}

export interface ReplyAbout {
  /** With the prefix of the caller's format. */
  readonly id: string
  readonly model: string
  /** Seconds since the epoch. */
  readonly created: number
  readonly streamUsage: boolean
  /** What was asked: some formats repeat settings of the request in their replies. */
  readonly request?: NeutralRequest
}

export interface StreamReader {
  /** One server-sent event: its `event` field (or empty) and its `data`. */
  read(event: string, data: string): readonly NeutralDelta[]
  /** What is left when the stream ends. */
  end(): readonly NeutralDelta[]
}

export interface StreamWriter {
  /** Bytes to send for a delta, framed as server-sent events; may be empty. */
  write(delta: NeutralDelta): string
  /** What closes the stream. */
  end(): string
}

export interface CallerError {
  readonly status: number
  /** Stable code of the gateway's error table. */
  readonly code: string
  readonly message: string
  readonly param?: string
  /** Each place that is wrong, for formats that have room for it. */
  readonly issues?: readonly SchemaIssue[]
}

export type { NeutralDelta, NeutralRequest, Usage }
