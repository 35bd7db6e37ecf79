/**
 * What a call and its attempts say to each other (`attempts.ts`).
 */
import type { Clock } from '@changeover/reload'
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { RouteAsk } from '../contract/route-ask.ts'
import type { UpstreamHeaders, UpstreamRequest } from '../contract/upstream.ts'
import type { CallerWishes } from './caller-wishes.ts'
import type { Deadlines } from './deadlines.ts'

export type FailureCode =
  | 'upstream.connect'
  | 'upstream.timeout'
  | 'upstream.reset'
  | 'upstream.protocol'
  | 'upstream.failed'
  // The provider says that what its model wrote is no answer.
  | 'upstream.malformed'
  // The answer was good, and what it says is not of the form that was promised.
  | 'apis.output'
  | 'upstream.open_breakers'
  | 'routing.queue_full'
  | 'routing.queue_timeout'
  | 'routing.none_allowed'
  // Its caller gave less time than is usual for what it asked.
  | 'call.out_of_time'

export interface AttemptFailure {
  readonly code: FailureCode
  /** Last tried; `null` when none could be. */
  readonly target: CompiledTarget | null
  readonly status: number | null
  /** Which limit passed, for `upstream.timeout` and `call.out_of_time`. */
  readonly limitMs: number
  readonly refusal: Refusal | null
  /** When it is worth coming back, where that is known here and not from a refusal. */
  readonly retryAfterMs: number | null
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
  /** What routing may ask of the request; made when it is asked for the first time. */
  routeAsk(): RouteAsk
  /** An attempt begins. Returns what to send, or `null` when the call ended because it cannot be written. */
  onAttempt(target: CompiledTarget): UpstreamRequest | null
  /** A good answer begins. */
  onHead(status: number, headers: UpstreamHeaders): void
  /** An answer begins that says no. Its body comes with the failure, if nobody else answers. */
  onRefused?(headers: UpstreamHeaders): void
  onData(chunk: Buffer): void
  onEnd(): void
  /** An attempt ended. `code` is empty when it ended well. */
  onAttemptOver(target: CompiledTarget, status: number | null, code: string, cause: unknown): void
  /** Nothing is left to try, or it failed after `commit`. */
  onFailure(failure: AttemptFailure): void
  /** The caller has not taken a byte for too long. */
  onStalled(): void
  /** A second request beside the attempt that is under way; `null` when it cannot be written for this target. */
  openAside(target: CompiledTarget, kind: AsideKind): Aside | null
  /** What went beside is the attempt from now on; the one before is over. */
  adopt(aside: Aside): void
}

export type AsideKind = 'hedge' | 'mirror'

/** A request that goes out beside a call's attempts, with a span and a line in the record of its own. */
export interface Aside {
  readonly target: CompiledTarget
  readonly request: UpstreamRequest
  /** Reads an answer without sending any of it; `null` when the answer is of a kind that the caller could not read. */
  openProbe(status: number, headers: UpstreamHeaders, told: ProbeTold): Probe | null
  /** Its request has gone out whole. */
  onSent(): void
  /** It ended, and was not adopted. */
  over(status: number | null, code: string, cause: unknown): void
}

export interface Probe {
  onData(chunk: Buffer): void
  onEnd(): void
}

export interface ProbeTold {
  /** There is something that the caller would get. */
  onContent(): void
  onFault(code: FailureCode, status: number | undefined): void
}

export interface AttemptRules {
  readonly route: CompiledRoute
  readonly stream: boolean
  /** Monotonic milliseconds at which the call began. */
  readonly startedAt: number
  /** How long a caller may leave the stream standing. */
  readonly stallMs: number
  readonly wishes: CallerWishes
}

export interface AttemptTools {
  readonly clock: Clock
  readonly deadlines: Deadlines
  readonly random: () => number
}
