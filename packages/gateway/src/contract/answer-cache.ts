/**
 * Answers that are kept: looked for before anybody is asked, and kept when one is whole and good.
 *
 * What an answer is kept under holds everything that it hangs on: the tenant, the route, the context with its version,
 * the guardrails, the caller's format, and the request. Two callers that ask the same at once are one question: the
 * first leads, the others join.
 *
 * Not here: how answers go out (`pipeline/`).
 */

/** An answer as it goes out to the caller, in the caller's format. */
export interface KeptAnswer {
  readonly status: number
  readonly contentType: string
  /** One for an answer that is whole; as it was cut for one that was streamed. */
  readonly chunks: readonly Buffer[]
  readonly streamed: boolean
  /** Wall milliseconds. */
  readonly keptAt: number
  /** What it had cost, for who wants to know what was saved. */
  readonly target: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costMicroUsd: number | null
}

export interface CacheAsk {
  readonly tenant: string
  readonly route: string
  /** `support@2.1.0` with the filled prompt; `null` without one. */
  readonly context: string | null
  readonly prompt: string | null
  /** Of the guardrails in force for the route; `null` without. */
  readonly guards: string | null
  /** The caller's format, and whether it asked for a stream. */
  readonly wire: string
  readonly stream: boolean
  /** The request as it came, or as the guardrails have changed it. */
  readonly body: Buffer
  readonly nowMs: number
  /** `no-store`, `no-cache`, `max-age` … as the caller said in `cache-control`; `null` for nothing. */
  readonly control: string | null
}

/** What the leader does with its answer; `drop` and `keep` are called once, one of them. */
export interface CacheLead {
  readonly lead: true
  keep(answer: KeptAnswer): void
  /** It failed, was cut, or may not be kept: those who wait go and ask for themselves. */
  drop(): void
}

export interface CacheHit {
  readonly hit: 'exact' | 'semantic' | 'joined'
  readonly answer: KeptAnswer
}

/** `null`: not looked at, and not kept. */
export type CacheLook = CacheHit | CacheLead | null

export interface AnswerCache {
  /** Later where it waits for another caller's answer, for an embedding, or for a shared store. Never rejects. */
  look(ask: CacheAsk, signal: AbortSignal): CacheLook | Promise<CacheLook>
}
