import type { SpanContext } from './telemetry.ts'

/** Closed list: `reload.trigger` in spans, metrics and audit. */
export const TRIGGERS = [
  'admin_api',
  'console',
  'cli',
  'mcp',
  'watch',
  'message',
  'file',
  'poll',
  'signal',
  'sidecar',
  'gateway',
  'git',
  'rollback',
  'startup',
  'ttl',
  'drift',
] as const
export type Trigger = (typeof TRIGGERS)[number]

/** Where an offer comes from, who asks, and how it wants to be treated. */
export interface Origin {
  readonly trigger: Trigger
  /** The handle's own name for its source: a path, a URL, a subject. Never holds a secret. */
  readonly source: string
  /** Position in the source: an ETag, a revision, a digest. */
  readonly position?: string
  /** `ENVELOPE_TYPE` for a sealed payload; anything else goes to the reloader's `read`. */
  readonly mediaType?: string
  /** Who asks, such as `user:bo` or `file:changeover.yaml`. */
  readonly actor?: string
  readonly reason?: string
  /** Trace context that came with the offer. With `child` the reload span is its child, else linked to it. */
  readonly trace?: SpanContext
  readonly child?: boolean
  /** Refused unless this is the applied version (`epoch.seq`) or its digest. */
  readonly ifMatch?: string
  /** The same key with the same bytes is the same offer. */
  readonly idempotencyKey?: string
  /** Asked for by a person for this one case: passes quarantine, the open breaker and, in each step of its rollout, freeze windows; nothing else. */
  readonly manual?: boolean
  /**
   * In an emergency, by somebody who may say so: passes approvals, freeze windows and the open breaker, never
   * validation or signatures. `reason` says why.
   */
  readonly emergency?: boolean
  /** Anything the reader needs and the engine does not: passed through. */
  readonly hint?: unknown
}
