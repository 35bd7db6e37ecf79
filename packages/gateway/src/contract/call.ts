import type { CacheOutcome } from './answer-cache.ts'
import type { Finding } from './guards.ts'
import type { FinishReason, Usage } from './neutral.ts'
import type { Modality } from './route-ask.ts'
import type { FailureClass } from './routing.ts'

/** Kinds of tokens that few calls have. */
export const RARE_TOKENS = [
  'cacheWriteHourTokens',
  'inputImageTokens',
  'outputImageTokens',
  'cachedAudioTokens',
  'cachedImageTokens',
] as const

/** The record of one request through the gateway: what `GET /v1/calls` shows. Metadata only, never bodies. */
export interface CallRecord {
  /** `call_…`, as in `x-changeover-call`. */
  readonly id: string
  /** Wall milliseconds at the first byte in. */
  readonly startedAt: number
  /** To a microsecond, as all times of a record are. */
  readonly durationMs: number
  /** To the first token or the whole reply; `null` when none came. */
  readonly firstTokenMs: number | null
  readonly version: string
  readonly tenant: string | null
  readonly key: string | null
  readonly route: string | null
  readonly target: string | null
  readonly context: string | null
  readonly stream: boolean
  readonly status: number
  /** Stable code when it failed, else empty. `call.cancelled` when the caller left, `call.out_of_time` when he gave too little time. */
  readonly error: string
  /** All tokens of the request, those of the cache among them; `null` where the provider said nothing. */
  readonly inputTokens: number | null
  /** All tokens of the reply, those of reasoning among them. */
  readonly outputTokens: number | null
  readonly cachedInputTokens: number | null
  readonly cacheWriteTokens: number | null
  readonly reasoningTokens: number | null
  readonly inputAudioTokens: number | null
  readonly outputAudioTokens: number | null
  /**
   * Of all attempts that were billed, at the prices of this call's version and day. `null` where tokens or price are not
   * known. Never written anew: what other prices would make of it stands beside (`bills/`).
   */
  readonly costMicroUsd: number | null
  /** Whose prices: those of the settings' version, or of the catalogue that ships with the gateway. */
  readonly pricedBy: 'settings' | 'shipped' | null
  /**
   * Entry of the catalogue and digest of its prices, of the target that answered: `openai/gpt-5.4@3f2a9c1d0b7e`; without
   * digest where there was no price. None where nobody answered, and in records from before it was kept.
   */
  readonly price?: string | null
  /** The provider's last count did not come: tokens, and with them the cost, are estimated. Absent when they are not. */
  readonly estimated?: true
  /** Kinds of tokens that few calls have. Absent where the provider did not count them. */
  readonly cacheWriteHourTokens?: number
  readonly inputImageTokens?: number
  readonly outputImageTokens?: number
  readonly cachedAudioTokens?: number
  readonly cachedImageTokens?: number
  /** The provider's word for how it served the call, where that was not as usual. */
  readonly serviceTier?: string
  /** Calls of tools that the provider ran itself, by tool. Absent where it counted none. */
  readonly toolCalls?: Readonly<Record<string, number>>
  readonly attempts: readonly CallAttempt[]
  readonly traceId: string
  readonly requestBytes: number
  readonly replyBytes: number
  /** The rollout that split traffic when the call began; `null` when none did. With it come the next three. */
  readonly rollout: string | null
  /** Which of the two versions answered; `null` when nothing was compared. */
  readonly role: 'candidate' | 'current' | null
  /** The point, 0 to 9999, that the caller's unit hashes to: below ten thousand times the share is the candidate's. */
  readonly cohort: number | null
  /** What was assigned as one. */
  readonly unit: 'request' | 'session' | 'tenant' | 'key' | null
  /** What the caller put into `model`; `null` when the body did not come or could not be read. */
  readonly askedModel: string | null
  /** The pattern of the path: `/v1/chat/completions`. `null` in records from before it was kept. */
  readonly endpoint: string | null
  /**
   * Eight hex digits over tenant and session, the number that sticky routing decides by; never the session itself.
   * `null` when the caller named none, or named it only in a body that nobody had to parse.
   */
  readonly session: string | null
  /** Why the model stopped; `null` where no reply came or it did not say. */
  readonly finish: FinishReason | null
  /** Whether the reply kept to the JSON schema that the caller asked for; `null` when none was asked for or it was not looked at. */
  readonly schemaValid: boolean | null
  /** JSON pointers of the rules that led to the route, in turn, with a space between; `null` when none did. */
  readonly rule: string | null
  /**
   * Among which targets one was chosen, and how, as the version had it: `fast=90%, careful=10% by least-busy`. `null` for
   * a model that was called by its own name, and where no route was found.
   */
  readonly choice: string | null
  /** Targets that were passed by, and why. Absent when there were none. */
  readonly skipped?: readonly SkippedTarget[]
  /** What guardrails found, by guard and with counts; never what it was. Absent when there was nothing. */
  readonly guards?: readonly Finding[]
  /** What its user said of it. Absent when he said nothing, and in lists. */
  readonly feedback?: Omit<Feedback, 'call'>
  /** What the cache of the route made of it. Absent where the route has none, or it was not looked at. */
  readonly cache?: CacheOutcome
  /** What the caller asked for and the provider's format lacks. Absent when there was nothing. */
  readonly warnings?: readonly string[]
  /** What routing asks of a request, as far as it was at hand. Absent when there was nothing. */
  readonly asked?: RecordedAsk
}

/**
 * What replaying a call takes beside the record: what was wished, and what rules ask. Each part is absent when it
 * was not known; a header or entry that was not there is `null`. Bounded, no text of a prompt, no credential.
 */
export interface RecordedAsk {
  readonly sensitive?: boolean
  readonly region?: string
  /** As routing estimates it. */
  readonly inputTokens?: number
  readonly maxOutputTokens?: number | null
  readonly modalities?: readonly Modality[]
  /** Hash over how the prompt begins, and of how many characters. */
  readonly prompt?: readonly [chars: number, hash: number]
  /** Those that a rule of the version names. */
  readonly headers?: Readonly<Record<string, string | null>>
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>>
  /** Names of the prompt variables that were sent. */
  readonly variables?: readonly string[]
  /** Of a caller who came by a token; absent where its entry reads none of them. */
  readonly claims?: TokenClaims
}

/** What a token said of its caller beside who that is. */
export interface TokenClaims {
  /** The team that it named, `null` for none; absent where that is not read. */
  readonly team?: string | null
  /** The routes and models that it allowed; absent where that is not read, and where they are too many to keep. */
  readonly allow?: readonly string[]
}

export interface CallAttempt {
  readonly target: string
  /** `null` when nothing came; of a mirror also when it was still under way as the call ended. */
  readonly status: number | null
  readonly error: string
  readonly durationMs: number
  /**
   * What went out beside the others: a second attempt to be faster, a copy that nobody was answered from, or a text that was
   * embedded to find an answer to its like.
   */
  readonly kind?: 'hedge' | 'mirror' | 'embedding'
  /** Why it was made, after the first; absent for the first. */
  readonly by?: AttemptReason
  /** Of one that failed before it answered or was outrun, and was billed. Part of the call's cost. */
  readonly bill?: AttemptBill
}

export interface AttemptBill {
  /** As the record's. */
  readonly price: string
  /** `null` where nobody had said a price. */
  readonly costMicroUsd: number | null
  readonly tokens: Usage
  readonly estimated?: true
}

/**
 * Another key of the same target; the same target after a wait; another target of the route; a fallback, in general or of
 * the list for a kind of failure.
 */
export type AttemptReason = 'key' | 'retry' | 'other' | 'fallback' | `fallback:${FailureClass}`

/** Its breaker was open; it rested for doing worse than its peers; it may not be sent this call; it was full. */
export type SkipReason = 'breaker' | 'ejected' | 'sensitive' | 'region' | 'full'

export interface SkippedTarget {
  readonly target: string
  readonly reason: SkipReason
}

/** What the user of a call thought of its answer. */
export interface Feedback {
  /** `call_…` */
  readonly call: string
  /** Wall milliseconds. */
  readonly at: number
  /** -1, bad, to 1, good. */
  readonly score: number
  /** `null` when there was none, or comments are not kept. */
  readonly comment: string | null
}

/**
 * What a copy of a call was billed for: one that went to a mirror, or to the candidate of a shadow rollout. It is the
 * gateway's own, in no caller's cost, and may end after the record of its call is written.
 */
export interface CallCopy {
  /** `call_…`; of a mirror's copy the call's own with `+mirror` behind it. */
  readonly id: string
  readonly of: 'mirror' | 'shadow'
  /** Wall milliseconds at which the call began. */
  readonly startedAt: number
  readonly version: string
  readonly target: string
  readonly bill: AttemptBill
}

/** Where finished calls go. Must return at once; writing happens later and in batches. */
export interface CallSink {
  finish(record: CallRecord): void
  /** What was said of a call; kept like its record. A sink that keeps nothing leaves it out, as with `find`. */
  hear?(it: Feedback): void
  find?(id: string): Promise<CallRecord | null>
  /** A copy was billed. A sink that keeps nothing leaves it out. */
  copied?(it: CallCopy): void
}
