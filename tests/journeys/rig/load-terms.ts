/** What is asked of a load process, and what it tells. */

export interface LoadOptions {
  /** Ends in `/v1`. */
  readonly baseUrl: string
  readonly model: string
  readonly key: string
  /** Requests a second, begun on time whether or not the ones before have ended. */
  readonly rate: number
  readonly seconds: number
  /** Each is a client with one connection of its own. */
  readonly connections: number
  /** Share of the requests that are streamed, in tenths. */
  readonly streamedTenths: number
  readonly streams: {
    readonly count: number
    readonly chunks: number
    readonly everyMs: number
    /** Opened one after another over this time; 0 opens all before the load begins. */
    readonly overMs: number
  }
}

export type ToLoad =
  | { readonly kind: 'open'; readonly options: LoadOptions }
  | { readonly kind: 'go' }
  | { readonly kind: 'key'; readonly key: string }

export type FromLoad =
  | { readonly kind: 'awake' }
  | { readonly kind: 'opened' }
  | { readonly kind: 'ended'; readonly result: LoadResult }

/** Requests that saw the same, and how many. */
export interface Seen {
  readonly version: string
  readonly model: string
  readonly prompt: string
  readonly key: string
  readonly count: number
}

export interface LoadResult {
  readonly requests: number
  readonly streams: number
  readonly streamChunks: number
  /** What went wrong, in words; the first of each kind. */
  readonly failures: readonly string[]
  readonly failed: number
  /** Answers of an older version than the one before them on the same connection. */
  readonly wentBack: readonly string[]
  readonly seen: readonly Seen[]
  readonly rateReached: number
  readonly latencyMs: Spread
  /** How much later than due a request began: the load side's own fault. */
  readonly latenessMs: Spread
  readonly cpuShare: number
}

export interface Spread {
  readonly p50: number
  readonly p99: number
  readonly max: number
}
