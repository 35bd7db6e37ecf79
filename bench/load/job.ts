/**
 * What the load side is asked to do, and what it answers. Plain data: it crosses a process boundary.
 *
 * Units are in the names; a share is 0 to 1.
 */

/** A gateway (or the upstream itself) as a caller sees it. */
export interface Target {
  readonly port: number
  /** Sent with each request, names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** What the caller asks for as `model`. */
  readonly model: string
  /** The gateway's first process; its children are found. None for the upstream itself. */
  readonly pid: number | null
}

interface Timing {
  readonly target: Target
  /** Load before the measured part, so that connections are open and code is warm. */
  readonly leadMs: number
  readonly measureMs: number
}

export interface ClosedJob extends Timing {
  readonly kind: 'closed'
  readonly connections: number
  /** Each request differs from all others. */
  readonly distinct?: boolean
}

export interface OpenJob extends Timing {
  readonly kind: 'open'
  readonly connections: number
  readonly perSecond: number
}

export interface StreamJob extends Timing {
  readonly kind: 'streams'
  readonly streams: number
  readonly chunks: number
  readonly periodMs: number
  /** So many of the callers read nothing after the first chunk until the stream is long over. */
  readonly slowReaders: number
}

export type Job = ClosedJob | OpenJob | StreamJob

export interface Spread {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
  readonly count: number
}

/** Which models answered under one version of the settings, and how often. */
export interface VersionSeen {
  readonly version: string
  readonly models: Readonly<Record<string, number>>
}

export interface Measured {
  readonly seconds: number
  /** Answered in full, with status 200, within the measured time. */
  readonly requests: number
  readonly failed: number
  /** How often each kind of failure happened. */
  readonly failures: Readonly<Record<string, number>>
  /** From sending (closed loop, streams: to the first byte) or from the intended time of sending (open loop). */
  readonly latencyUs: Spread
  /** Open loop only: how late the load side itself was. */
  readonly latenessUs?: Spread
  readonly chunks?: number
  /** Streams only: from the upstream's write to the caller's read, per chunk. */
  readonly chunkUs?: Spread
  readonly gatewayCpuUs: number
  /** Share of one core. */
  readonly gatewayUse: number
  readonly loadUse: number
  /** Share of the two cores that neither side used and that was not idle: other processes and steal. */
  readonly foreignShare: number
  readonly rssBytes: number
  /** Since the measured part began. */
  readonly rssGrownBytes: number
  readonly versions: readonly VersionSeen[]
  /** Answers whose version was older than one that the same connection had seen. */
  readonly versionsBackwards: number
}

export type ToLoadSide = { readonly ask: number; readonly job: Job; readonly cpus: readonly number[] }

export type FromLoadSide =
  | { readonly kind: 'listening'; readonly port: number }
  | { readonly kind: 'measured'; readonly ask: number; readonly measured: Measured }
  | { readonly kind: 'failed'; readonly ask: number; readonly message: string }
