/** The record of one request through the gateway: what `GET /v1/calls` shows. Metadata only, never bodies. */
export interface CallRecord {
  /** `call_…`, as in `x-changeover-call`. */
  readonly id: string
  /** Wall milliseconds at the first byte in. */
  readonly startedAt: number
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
  /** Stable code when it failed, else empty. `call.cancelled` when the caller left. */
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
  /** At the prices of this call's version and day. `null` where tokens or price are not known. */
  readonly costMicroUsd: number | null
  /** Whose prices: those of the settings' version, or of the catalogue that ships with the gateway. */
  readonly pricedBy: 'settings' | 'shipped' | null
  readonly attempts: readonly CallAttempt[]
  readonly traceId: string
  readonly requestBytes: number
  readonly replyBytes: number
  /** What the caller asked for and the provider's format lacks. Absent when there was nothing. */
  readonly warnings?: readonly string[]
}

export interface CallAttempt {
  readonly target: string
  /** `null` when nothing came; of a mirror also when it was still under way as the call ended. */
  readonly status: number | null
  readonly error: string
  readonly durationMs: number
  /** What went out beside the others: a second attempt to be faster, or a copy that nobody was answered from. */
  readonly kind?: 'hedge' | 'mirror'
}

/** Where finished calls go. Must return at once; writing happens later and in batches. */
export interface CallSink {
  finish(record: CallRecord): void
}
