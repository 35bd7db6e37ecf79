/**
 * The engine's answer to an offer. Given at the swap: observing and draining go on aside, and
 * `settled` tells how that ended.
 */
import type { ErrorCode } from '../errors.ts'

/** Closed list: `reload.status` in spans, metrics and audit. */
export type ReloadStatus =
  | 'success'
  | 'rejected'
  | 'skipped'
  | 'superseded'
  | 'rolled_back'
  | 'expired'
  | 'crashed'
  | 'in_progress'

/** One thing wrong with an offer, and where. */
export interface Issue {
  /** Stable: of this package's error table, or of the table of the service that embeds it. */
  readonly code: string
  /** Found and expected, for a person. Never holds a secret. */
  readonly message: string
  /** JSON pointer (RFC 6901) into the settings tree, where there is one. */
  readonly pointer?: string
  /** Where it stands in what a person wrote. Lines and columns start at 1. */
  readonly place?: { readonly file: string; readonly line: number; readonly column: number }
  readonly hint?: string
}

interface Answered {
  /** `rl_…`, one for each attempt. */
  readonly attempt: string
  /** Trace of the attempt; look there for the time of each stage. */
  readonly traceId: string
}

export interface Applied extends Answered {
  readonly outcome: 'applied'
  readonly version: string
  readonly digest: string
  readonly previous: string | null
  readonly changedParameters: readonly string[]
  /** It is a candidate and takes this share of the traffic; absent when it has taken all at once. */
  readonly rollout?: { readonly id: string; readonly share: number }
  /** Resolves when the attempt has ended: confirmed, superseded or rolled back. Never rejects. */
  readonly settled: Promise<Settled>
}

export interface Settled {
  readonly status: 'success' | 'superseded' | 'rolled_back'
  readonly reason: string
}

export interface Unchanged extends Answered {
  readonly outcome: 'unchanged'
  /** `taken_back`: a rollback was asked for, and the candidate is out of service again. */
  readonly reason: 'already_applied' | 'in_progress' | 'quarantined' | 'taken_back'
  /** Version in force. */
  readonly version: string | null
}

export interface Refused extends Answered {
  readonly outcome: 'refused'
  readonly status: 'rejected' | 'expired'
  readonly code: ErrorCode
  readonly message: string
  readonly issues: readonly Issue[]
  /** Version in force, which stays. */
  readonly version: string | null
  /** Whether the same bytes, sent again, may succeed. */
  readonly retry: boolean
  /** What was thrown, for the embedding service's own log. May hold anything: never sent on. */
  readonly cause?: unknown
}

export interface Superseded extends Answered {
  readonly outcome: 'superseded'
  /** Version or attempt that took its place. */
  readonly by: string
}

/** It is not its turn yet. Nothing is held meanwhile, and nothing has happened yet. */
export interface Waiting extends Answered {
  readonly outcome: 'waiting'
  /** What for: the word of people, its own time, or the end of the rollout before it. */
  readonly waitsFor: 'approval' | 'schedule' | 'rollout'
  /** What would come in. */
  readonly candidate: string
  readonly digest: string
  /** Version in force. */
  readonly version: string | null
  readonly changedParameters: readonly string[]
  /** Resolves to what became of it: applied, refused or superseded. Never rejects. */
  readonly decided: Promise<Decided>
}

/** An answer that will not change any more. */
export type Decided = Applied | Unchanged | Refused | Superseded

export type Receipt = Decided | Waiting
