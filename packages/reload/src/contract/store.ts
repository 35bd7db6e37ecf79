import type { Trigger } from './origin.ts'
import type { Envelope } from './payload.ts'
import type { SpanContext } from './telemetry.ts'

/**
 * What an instance keeps so that it comes back, after any crash, on exactly one version.
 *
 * Order of writes is the engine's: blob, floor, intent, swap in memory, applied, and on confirm
 * baseline, then intent cleared. Every write is durable and atomic when its promise resolves.
 * The suite is testkit's `storeConformance`.
 */
export interface StateStore {
  readonly kind: string
  /** Write once; the same digest again is a no-op. */
  putBlob(digest: string, bytes: Uint8Array): Promise<void>
  /** `null` when absent. The caller verifies the digest. */
  readBlob(digest: string): Promise<Uint8Array | null>
  /**
   * Whether a blob is there that was seen to have its digest and has not been touched since. A store that cannot tell
   * for less than reading it leaves this out, and is asked for the blob.
   */
  hasBlob?(digest: string): Promise<boolean>
  /** Drops blobs that are not in `keep`. */
  sweep(keep: ReadonlySet<string>): Promise<void>
  readRecord<K extends RecordName>(name: K): Promise<InstanceRecords[K] | null>
  writeRecord<K extends RecordName>(name: K, record: InstanceRecords[K]): Promise<void>
  clearRecord(name: RecordName): Promise<void>
  /**
   * Several records at once: all of them or, after a crash, none. A store that cannot do that leaves it out, and is
   * asked for one after the other.
   */
  writeRecords?(changes: RecordChanges): Promise<void>
  /** Appends one line; the engine chains them by hash. */
  appendAudit(line: AuditLine): Promise<void>
  /** Newest last. `limit` counts from the end. */
  readAudit(options?: { limit?: number }): Promise<readonly AuditLine[]>
  close(): Promise<void>
}

export interface StoredVersion {
  readonly version: string
  readonly digest: string
}

/**
 * Signatures that speak for a version: over its own manifest, or, when it restores an older one and was not
 * signed itself, over the manifest of the version named here, which holds the same.
 */
export interface Proof extends StoredVersion {
  readonly signatures: Envelope['signatures']
}

export interface InstanceRecords {
  /** Highest authentic version ever seen. Never goes back. */
  floor: StoredVersion
  /** Written before the swap: if it is there at boot, the swap's version was not confirmed. */
  intent: StoredVersion & {
    readonly attempts: number
    readonly traceId: string
    readonly spanId: string
    readonly attempt: string
  }
  /** The newest root, and the line of signed roots that leads to it, oldest first. Never goes back. */
  root: { readonly version: number; readonly digest: string; readonly chain: readonly string[] }
  applied: StoredVersion
  /** A version that waits for its time, and who asked for it. Written before anybody is told that it waits. */
  scheduled: StoredVersion & {
    readonly proof?: Proof
    readonly trigger: Trigger
    readonly source: string
    readonly actor: string
    readonly reason?: string
    readonly emergency?: true
    readonly traceId: string
    readonly spanId: string
  }
  baseline: StoredVersion & { readonly proof?: Proof }
  quarantine: readonly QuarantineEntry[]
  /** Digest of manifest by version, newest last: what `history`, `rollback` and `diff` can reach. */
  line: readonly (StoredVersion & {
    readonly author: string
    readonly reason: string
    readonly issuedAt: string
    readonly restores: StoredVersion | null
    readonly proof?: Proof
    /** It never had more than a share of the traffic: nothing that a rollback leads to. */
    readonly isPartial?: boolean
  })[]
}
export type RecordName = keyof InstanceRecords

/** `null` clears a record; what is not named stays. */
export type RecordChanges = { readonly [Name in RecordName]?: InstanceRecords[Name] | null }

export interface QuarantineEntry extends StoredVersion {
  readonly reason: string
  readonly count: number
  readonly since: string
  /** Digest of what the version holds, whatever its number: the same settings, sealed anew, are known by it. */
  readonly tree?: string
}

/** What people decided beside the settings, such as who is let in to what: a line between those of attempts. */
export interface AuditNote {
  readonly who: string
  readonly trigger: string
  /** What was decided about. */
  readonly source: string
  readonly status: string
  readonly reason: string
  readonly span: SpanContext
}

/** One line of the audit log; hash-chained JSON lines. */
export interface AuditLine {
  readonly at: string
  readonly event:
    | 'config.reload.started'
    | 'config.reload.completed'
    | 'config.reload.rejected'
    | 'config.reload.skipped'
    | 'config.reload.superseded'
    | 'config.reload.rolled_back'
    | 'config.reload.crashed'
    | 'config.reload.expired'
    | 'config.drift'
    | 'config.rollout.scheduled'
    | 'config.rollout.step'
    | 'config.rollout.paused'
    | 'config.rollout.resumed'
    | 'config.rollout.inconclusive'
    | 'config.rollout.promoted'
    | 'config.rollout.aborted'
    | 'config.trust.accepted'
    | 'config.trust.rejected'
    | 'config.decision'
  readonly attempt: string
  readonly scope: string
  readonly who: string
  readonly trigger: string
  readonly source: string
  readonly from: string | null
  readonly to: string | null
  readonly digest: string | null
  readonly status: string
  /** Reason code, empty on success. */
  readonly reason: string
  readonly changedParameters: readonly string[]
  readonly traceId: string
  readonly spanId: string
  /** Who agreed, where somebody had to. */
  readonly approvals?: readonly string[]
  /** Who said no. */
  readonly rejectedBy?: string
  /** Why it passed approvals, freeze windows and the breaker. */
  readonly emergency?: string
  /** What moved, for the lines `config.rollout.*`: they are between an attempt's first line and its last. */
  readonly rollout?: { readonly id: string; readonly step: number | null; readonly share: number }
  /** The sender's key, and the digest of what was offered under it: known again after a restart. */
  readonly idempotencyKey?: string
  readonly offered?: string
  /** The key inside a payload that was sealed elsewhere; it stands for `digest`. */
  readonly payloadKey?: string
  /** sha256 of the line before, hex; 64 zeros for the first. */
  readonly previous: string
  /** sha256 of this line without `hash`. */
  readonly hash: string
}
