/** Embeddings in a neutral form, and the formats that are translated into it and out of it. */
import type { Usage } from './neutral.ts'
import type { Operation } from './provider.ts'
import type { WireName } from './wire.ts'

/** The operations that embed. */
export type EmbedWireName = Extract<Operation, `${string}embeddings`>

export type EmbedInput = { readonly text: string } | { readonly tokens: readonly number[] }

/** What the vectors are for, where a model makes different ones. */
export type EmbedTask =
  | 'query'
  | 'document'
  | 'similarity'
  | 'classification'
  | 'clustering'
  | 'question'
  | 'fact'
  | 'code'

export interface EmbedRequest {
  readonly model: string
  readonly inputs: readonly EmbedInput[]
  readonly dimensions?: number
  /** How the caller wants the vectors written; absent is `float`. */
  readonly encoding?: 'float' | 'base64'
  readonly user?: string
  readonly task?: EmbedTask
  /** Of a document. */
  readonly title?: string
  /** Which end of an input that is too long is left out; `none`: it is refused. */
  readonly truncate?: 'start' | 'end' | 'none'
  readonly from: EmbedWireName
  /** Fields that this form lacks, by their own names. */
  readonly extra: Readonly<Record<string, unknown>>
}

export interface EmbedReply {
  readonly model: string
  /** In the order of the inputs. */
  readonly vectors: readonly (readonly number[])[]
  readonly usage: Usage | null
}

export interface EmbedReplyAbout {
  readonly id: string
  readonly model: string
  readonly encoding: 'float' | 'base64'
}

export interface WrittenEmbed {
  readonly body: Record<string, unknown>
  readonly warnings: readonly string[]
  /** What was filled in: told like the warnings, and no reason to refuse. */
  readonly notes?: readonly string[]
}

export interface EmbedWire {
  readonly name: EmbedWireName
  /** The format whose errors it has. */
  readonly errors: WireName
  /** `null` for formats that only providers speak. Throws `request.field`. */
  readonly caller: EmbedCallerSide | null
  /** Throws `request.not_translatable` for what cannot be left out. */
  writeRequest(request: EmbedRequest, model: string): WrittenEmbed
  /** `null` for what is no reply of this format. */
  parseReply(body: Readonly<Record<string, unknown>>): EmbedReply | null
}

export interface EmbedCallerSide {
  parseRequest(body: Readonly<Record<string, unknown>>): EmbedRequest
  writeReply(reply: EmbedReply, about: EmbedReplyAbout): Record<string, unknown>
  /** The caller's own body for a provider that speaks the same, or `null` where only the model has to change. */
  retarget: ((body: Readonly<Record<string, unknown>>, model: string) => Record<string, unknown>) | null
}
