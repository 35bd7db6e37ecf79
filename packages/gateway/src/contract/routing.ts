/**
 * What routing adds to a compiled route and target beyond weights and fallbacks. A plain route has the same
 * plan as every other plain route, with nothing in it, and pays for nothing.
 *
 * What is measured and counted (`TargetLive`, `Gate`, `Ejector`, `HedgeBudget`) belongs to no version: it is
 * carried over reloads by what it stands for. The numbers that it is judged by are the version's own.
 */
import type { CompiledRoute, CompiledTarget } from './compiled.ts'
import type { RouteAsk } from './route-ask.ts'
import type { UpstreamHeaders } from './upstream.ts'

/** Kinds of failure that a route can have fallbacks of their own for. */
export const FAILURE_CLASSES = [
  'overloaded',
  'rate_limited',
  'context_too_long',
  'content_policy',
  'auth',
  'timeout',
  'connection',
  'failed',
] as const

export type FailureClass = (typeof FAILURE_CLASSES)[number]

export interface RoutePlan {
  /** Whether choosing takes more than a draw by weight. */
  readonly chooses: boolean
  /** `null`: by weight alone. */
  readonly strategy: Strategy | null
  /** In order; the first that holds decides. */
  readonly rules: readonly RouteRule[]
  readonly needs: TargetNeeds | null
  readonly fallbackFor: ReadonlyMap<FailureClass, readonly CompiledTarget[]> | null
  readonly ejector: Ejector | null
  readonly gate: Gate | null
  readonly hedge: HedgePlan | null
  readonly mirror: MirrorPlan | null
  /** Whether to keep the limits that providers tell in their answers. */
  readonly readsLimits: boolean
  /** Whether the time that a caller gives in a header counts. */
  readonly heedsDeadlines: boolean
}

/** Compiled from a rule: when it holds, the call runs under this route. */
export interface RouteRule {
  /** JSON pointer to it in the settings, for the record of a call. */
  readonly name: string
  holds(ask: RouteAsk): boolean
  readonly route: CompiledRoute
}

/** What a target must be to be asked at all, whatever the strategy, as a fallback, hedge or mirror too. */
export interface TargetNeeds {
  readonly sensitive: boolean
  /** `null`: anywhere. */
  readonly regions: readonly string[] | null
}

/** Chooses among the targets it was made for. */
export interface Strategy {
  readonly name: string
  /** One that `turn.isUp` says yes to, or `null` when there is none. */
  choose(turn: Turn): CompiledTarget | null
}

/** One choice. */
export interface Turn {
  /** Made for the first that asks. */
  readonly ask: RouteAsk
  readonly nowMs: number
  readonly wallMs: number
  /** In [0, 1). */
  random(): number
  /** Whether it may take this call now: allowed to, not resting, not full. Takes nothing. */
  isUp(target: CompiledTarget): boolean
}

/** What is known of a target from the calls that it has taken. Carried by provider and upstream model. */
export interface TargetLive {
  /** Attempts under way. */
  pending: number
  /** An answer began after `ms`: a stream with its first token, another when it was whole. */
  answered(ms: number, nowMs: number, stream: boolean): void
  /** An attempt failed; counts as an answer that took `ms`, but in no quantile. */
  failed(ms: number, nowMs: number, stream: boolean): void
  /** Peak-sensitive moving average of that time; 0 while nothing is known. */
  latencyMs(nowMs: number, stream: boolean): number
  /** The time that this share of the last answers kept; `null` while too few are known. */
  quantileMs(share: number, stream: boolean): number | null
  /** Takes what the provider says of its limits. */
  limitsSeen(headers: UpstreamHeaders, nowMs: number, wallMs: number): void
  /** Share of the tightest known limit that is left, 0 to 1; 1 while nothing is known. */
  headroom(nowMs: number): number
}

/** Who waits at a gate. */
export interface GateWaiter {
  /** Higher goes first. */
  readonly priority: number
  /** A place is his now. Must leave again. */
  admitted(): void
}

/** A bound on what runs at once, and a queue of those who wait. */
export interface Gate {
  readonly hasRoom: boolean
  /** How long a waiter waits at most. */
  readonly waitMs: number
  /** Takes a place if there is one; each place taken is given back by `leave`, once. */
  enter(): boolean
  /** Queues him. False when the queue is full. */
  wait(waiter: GateWaiter): boolean
  /** He waits no longer. */
  forget(waiter: GateWaiter): void
  leave(enteredAtMs: number, nowMs: number): void
  /** When it is worth coming back, for `Retry-After`. */
  retryAfterMs(): number
}

/** Targets that do worse than their peers rest for a while. */
export interface Ejector {
  isOut(target: CompiledTarget, nowMs: number): boolean
  record(target: CompiledTarget, succeeded: boolean, nowMs: number): void
}

export interface HedgePlan {
  /** How long the first attempt has before a second one goes out beside it; `null`: not now. */
  delayMs(target: CompiledTarget, stream: boolean): number | null
  /** False when enough calls have been hedged lately. */
  take(): boolean
  /** A call began. */
  earn(): void
}

export interface MirrorPlan {
  readonly target: CompiledTarget
  /** 0 to 1. */
  readonly share: number
  /** False when enough copies are under way; each that is taken is given back. */
  take(): boolean
  giveBack(): void
}

/** Several keys of one provider, used one after another. */
export interface CredentialRing {
  readonly count: number
  /** The one to use now. */
  current(nowMs: number): number
  /** It was refused: true when another one is there to go on with. */
  rest(index: number, forMs: number, nowMs: number): boolean
}

export const PLAIN_PLAN: RoutePlan = Object.freeze({
  chooses: false,
  strategy: null,
  rules: Object.freeze([]),
  needs: null,
  fallbackFor: null,
  ejector: null,
  gate: null,
  hedge: null,
  mirror: null,
  readsLimits: false,
  heedsDeadlines: true,
})
