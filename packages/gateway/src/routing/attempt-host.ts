/**
 * What a call and its attempts say to each other (`attempts.ts`).
 */
import type { Clock } from '@changeover/reload'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { UpstreamHeaders, UpstreamRequest } from '../contract/upstream.ts'
import type { Deadlines } from './deadlines.ts'

export type FailureCode =
  | 'upstream.connect'
  | 'upstream.timeout'
  | 'upstream.reset'
  | 'upstream.protocol'
  | 'upstream.failed'
  | 'upstream.open_breakers'

export interface AttemptFailure {
  readonly code: FailureCode
  /** Last tried; `null` when none could be. */
  readonly target: CompiledTarget | null
  readonly status: number | null
  /** Which limit passed, for `upstream.timeout`. */
  readonly limitMs: number
  readonly refusal: Refusal | null
  readonly cause: unknown
}

/** What a provider said instead of an answer. */
export interface Refusal {
  readonly status: number
  readonly contentType: string
  readonly body: Buffer
  readonly retryAfterMs: number | null
}

/** The call that the attempts are made for. */
export interface AttemptHost {
  /** An attempt begins. Returns what to send, or `null` when the call ended because it cannot be written. */
  onAttempt(target: CompiledTarget): UpstreamRequest | null
  /** A good answer begins. */
  onHead(status: number, headers: UpstreamHeaders): void
  onData(chunk: Buffer): void
  onEnd(): void
  /** An attempt ended. `code` is empty when it ended well. */
  onAttemptOver(target: CompiledTarget, status: number | null, code: string, cause: unknown): void
  /** Nothing is left to try, or it failed after `commit`. */
  onFailure(failure: AttemptFailure): void
  /** The caller has not taken a byte for too long. */
  onStalled(): void
}

export interface AttemptRules {
  readonly route: CompiledRoute
  readonly stream: boolean
  /** Monotonic milliseconds at which the call began. */
  readonly startedAt: number
  /** How long a caller may leave the stream standing. */
  readonly stallMs: number
}

export interface AttemptTools {
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly random: () => number
}
