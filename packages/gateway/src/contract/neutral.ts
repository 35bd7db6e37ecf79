/**
 * The neutral form: what every wire format is translated into and out of, so that N formats need 2N
 * translations. A call whose caller and provider speak the same format never takes it.
 *
 * Fields that a format has and this form lacks travel in `extra`, keyed by their own name, or as an `other`
 * part, beside the name of the format they came `from`: its own writer writes them back, the writers of
 * other formats warn of each. Nothing is lost in silence.
 */
import type { WireName } from './wire.ts'

export interface NeutralRequest {
  readonly model: string
  readonly messages: readonly NeutralMessage[]
  readonly stream: boolean
  readonly maxTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly topK?: number
  readonly frequencyPenalty?: number
  readonly presencePenalty?: number
  readonly stop?: readonly string[]
  readonly seed?: number
  /** How many replies (`n`, `candidateCount`); absent is one. */
  readonly candidates?: number
  readonly logprobs?: boolean
  readonly topLogprobs?: number
  readonly user?: string
  readonly metadata?: Readonly<Record<string, string>>
  readonly serviceTier?: string
  readonly tools?: readonly NeutralTool[]
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string }
  readonly parallelToolCalls?: boolean
  readonly responseFormat?: NeutralResponseFormat
  readonly reasoning?: NeutralReasoning
  /** `low`, `medium` or `high`. */
  readonly verbosity?: string
  /** Output kinds beside text: `['text', 'audio']`. */
  readonly modalities?: readonly string[]
  /** Asked for a last frame with usage (`stream_options.include_usage`). */
  readonly streamUsage?: boolean
  /** The format that `extra` was written in, here and in messages, parts and tools. */
  readonly from?: WireName
  readonly extra: Fields
}

type Fields = Readonly<Record<string, unknown>>

export type NeutralResponseFormat =
  | { readonly type: 'text' }
  /** Any JSON object. */
  | { readonly type: 'json' }
  | {
      readonly type: 'json_schema'
      readonly name: string
      readonly schema: Fields
      readonly description?: string
      readonly strict?: boolean
    }

export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh'

export interface NeutralReasoning {
  readonly effort?: ReasoningEffort
  readonly budgetTokens?: number
  /** The caller wants to see thoughts, or a summary of them: `auto`, `concise`, `detailed`, true or false. */
  readonly show?: string | boolean
}

export interface NeutralMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly parts: readonly NeutralPart[]
  readonly name?: string
  readonly extra?: Fields
}

/** Fields of the origin's format, such as `cache_control`. */
interface Extended {
  readonly extra?: Fields
}

export interface TextPart extends Extended {
  readonly type: 'text'
  readonly text: string
}
export interface ImagePart extends Extended {
  readonly type: 'image'
  /** An https: or data: URL. */
  readonly url: string
  readonly detail?: string
}
export interface AudioPart extends Extended {
  readonly type: 'audio'
  /** In base64. */
  readonly data: string
  /** `wav`, `mp3` … */
  readonly format: string
}
/** A document: one of `url` (https: or data:) and `id`, the provider's own id of the file. */
export interface FilePart extends Extended {
  readonly type: 'file'
  readonly url?: string
  readonly id?: string
  readonly name?: string
  readonly mediaType?: string
}
/** Thoughts of an earlier turn, to be handed back unchanged. */
export interface ReasoningPart extends Extended {
  readonly type: 'reasoning'
  readonly text: string
  readonly id?: string
  /** What proves that the model thought it: Anthropic's, Gemini's, or the encrypted content of Responses. */
  readonly signature?: string
  /** Of a thought of which nothing is shown: the opaque data, instead of text. */
  readonly redacted?: string
}
export interface RefusalPart extends Extended {
  readonly type: 'refusal'
  readonly text: string
}
export interface ToolCallPart extends Extended {
  readonly type: 'tool_call'
  readonly id: string
  readonly name: string
  /** JSON, as the model wrote it. */
  readonly arguments: string
  readonly signature?: string
}
export interface ToolResultPart extends Extended {
  readonly type: 'tool_result'
  readonly id: string
  readonly parts: readonly NeutralPart[]
  /** Where the format says it (Gemini); writers that need it look the call up by its id. */
  readonly name?: string
  readonly isError?: boolean
}
/** What this form lacks, as it was written: kept for the format it came from, dropped with a warning by others. */
export interface OtherPart {
  readonly type: 'other'
  readonly kind: string
  readonly value: Fields
}

export type NeutralPart =
  | TextPart
  | ImagePart
  | AudioPart
  | FilePart
  | ReasoningPart
  | RefusalPart
  | ToolCallPart
  | ToolResultPart
  | OtherPart

export interface NeutralTool extends Extended {
  readonly name: string
  readonly description?: string
  readonly parameters: Fields
  readonly strict?: boolean
}

export type FinishReason =
  | 'stop'
  | 'length'
  | 'tool_calls'
  | 'content_filter'
  | 'refusal'
  | 'context_length'
  | 'pause'
  /** The provider failed while it answered. */
  | 'error'
  /** What the model wrote is no answer, and the provider says so: a call that cannot be read, of a tool that nobody has. */
  | 'malformed'

export interface Usage {
  /** All of them, cached and cache-written ones included. */
  readonly inputTokens: number
  /** All of them, reasoning included. */
  readonly outputTokens: number
  readonly cachedInputTokens?: number
  /** All that were written to the provider's cache, for however long. */
  readonly cacheWriteTokens?: number
  /** Of those written, the ones that are kept for an hour, where that costs other than the usual minutes. */
  readonly cacheWriteHourTokens?: number
  readonly reasoningTokens?: number
  /** Cached ones included; so with those of pictures. */
  readonly inputAudioTokens?: number
  readonly outputAudioTokens?: number
  readonly inputImageTokens?: number
  readonly outputImageTokens?: number
  /** Of the cached ones, those of audio, and of pictures. */
  readonly cachedAudioTokens?: number
  readonly cachedImageTokens?: number
  /** The provider's word for how it served the call, where it names one: `flex`, `priority`, `batch`. Absent is as usual. */
  readonly serviceTier?: string
  /** Calls of tools that the provider ran itself, by tool: `web_search`. Only what it counted; never of none. */
  readonly toolCalls?: Readonly<Record<string, number>>
}

export interface Citation {
  readonly url?: string
  readonly title?: string
  /** What is cited. */
  readonly text?: string
  /** In the text of the reply, in UTF-16 units. */
  readonly start?: number
  readonly end?: number
}

/** Which of several replies a delta belongs to; absent is the first. */
interface OfCandidate {
  readonly candidate?: number
}

export interface ToolCallDelta extends OfCandidate {
  readonly type: 'tool_call'
  /** Counts the tool calls of the reply from 0. `id` and `name` come with the first piece. */
  readonly index: number
  readonly id?: string
  readonly name?: string
  readonly arguments?: string
  readonly signature?: string
  /** Of a call in OpenAI's first form, `function_call`: with the first piece at least. That form has no ids, and one call in a reply. */
  readonly older?: true
}
/** Ends the thought it follows. `redacted`: a thought of which nothing is shown. */
export interface ReasoningEnd extends OfCandidate {
  readonly type: 'reasoning_end'
  readonly id?: string
  readonly signature?: string
  readonly redacted?: string
}
/** An image or audio that the model made, in base64; audio may come in pieces. */
export interface MediaDelta extends OfCandidate {
  readonly type: 'media'
  readonly mediaType: string
  readonly data: string
  readonly id?: string
  /** Of what is said in it; in a stream a piece. */
  readonly transcript?: string
  /** Until when the provider keeps it, seconds since the epoch. */
  readonly expiresAt?: number
}
/** What this form lacks, as it was written: kept for the format it came from, nothing to others. */
export interface OtherDelta extends OfCandidate {
  readonly type: 'other'
  /** The name of the format, so that its writer knows its own. */
  readonly from: WireName
  readonly kind: string
  readonly value: Fields
}
/** `signature` proves the text before it and its own, where a format signs texts (Gemini); the text may then be empty. */
export interface TextDelta extends OfCandidate {
  readonly type: 'text'
  readonly text: string
  readonly signature?: string
}
export interface FinishDelta extends OfCandidate {
  readonly type: 'finish'
  readonly reason: FinishReason
  /** The reason in the provider's own word. */
  readonly raw?: string
  readonly stopSequence?: string
  /** Of an `error`: what the provider would have answered with, had it known before it began. */
  readonly status?: number
}

/** A reply is a stream of deltas; a whole reply is the stream folded. Of several `usage`, the last counts. */
export type NeutralDelta =
  | { readonly type: 'start'; readonly id: string; readonly model: string }
  | TextDelta
  | ({ readonly type: 'refusal'; readonly text: string } & OfCandidate)
  /** What the model thinks aloud, where a provider shows it. */
  | ({ readonly type: 'reasoning'; readonly text: string; readonly id?: string } & OfCandidate)
  | ReasoningEnd
  | ToolCallDelta
  | ({ readonly type: 'citation'; readonly citation: Citation } & OfCandidate)
  /** As OpenAI writes it: `token`, `logprob`, `bytes`, `top_logprobs`. */
  | ({ readonly type: 'logprobs'; readonly content: readonly Fields[] } & OfCandidate)
  | MediaDelta
  | OtherDelta
  | { readonly type: 'usage'; readonly usage: Usage }
  | FinishDelta
  /** The provider failed after it had begun. `status` is what it would have answered before. */
  | { readonly type: 'error'; readonly status: number; readonly message: string; readonly code?: string }
