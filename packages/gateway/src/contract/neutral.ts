/**
 * The neutral form: what every wire format is translated into and out of, so that N formats need 2N
 * translations. A call whose caller and provider speak the same format never takes it.
 *
 * Fields that a format has and this form lacks travel in `extra`, keyed by their own name.
 */

export interface NeutralRequest {
  readonly model: string
  readonly messages: readonly NeutralMessage[]
  readonly stream: boolean
  readonly maxTokens?: number
  readonly temperature?: number
  readonly topP?: number
  readonly stop?: readonly string[]
  readonly seed?: number
  readonly user?: string
  readonly tools?: readonly NeutralTool[]
  readonly toolChoice?: 'auto' | 'none' | 'required' | { readonly name: string }
  readonly parallelToolCalls?: boolean
  /** Asked for a last frame with usage (`stream_options.include_usage`). */
  readonly streamUsage?: boolean
  readonly extra: Readonly<Record<string, unknown>>
}

export interface NeutralMessage {
  readonly role: 'system' | 'user' | 'assistant' | 'tool'
  readonly parts: readonly NeutralPart[]
  readonly name?: string
}

export type NeutralPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image'; readonly url: string; readonly detail?: string }
  | { readonly type: 'tool_call'; readonly id: string; readonly name: string; readonly arguments: string }
  | { readonly type: 'tool_result'; readonly id: string; readonly text: string; readonly isError?: boolean }
  /** What this form lacks, as it was written: a format that does not know it drops it with a warning. */
  | { readonly type: 'other'; readonly kind: string; readonly value: Readonly<Record<string, unknown>> }

export interface NeutralTool {
  readonly name: string
  readonly description?: string
  readonly parameters: Readonly<Record<string, unknown>>
  readonly strict?: boolean
}

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'refusal'

export interface Usage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedInputTokens?: number
  readonly cacheWriteTokens?: number
  readonly reasoningTokens?: number
}

/** A reply is a stream of deltas; a whole reply is the stream folded. Of several `usage`, the last counts. */
export type NeutralDelta =
  | { readonly type: 'start'; readonly id: string; readonly model: string }
  | { readonly type: 'text'; readonly text: string }
  /** What the model thinks aloud, where a provider shows it. */
  | { readonly type: 'reasoning'; readonly text: string }
  /** `index` counts the tool calls of the reply from 0. `id` and `name` come with the first piece. */
  | {
      readonly type: 'tool_call'
      readonly index: number
      readonly id?: string
      readonly name?: string
      readonly arguments?: string
    }
  | { readonly type: 'usage'; readonly usage: Usage }
  | { readonly type: 'finish'; readonly reason: FinishReason }
  /** The provider failed after it had begun. `status` is what it would have answered before. */
  | { readonly type: 'error'; readonly status: number; readonly message: string }
