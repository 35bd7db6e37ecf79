/**
 * The payload: settings sealed in an envelope, as they travel and as they are kept.
 *
 * A manifest is complete: it names every resource of its version by digest, as a Git tree names its
 * blobs. What an instance already holds need not travel again, and two versions can be compared by
 * their digests alone. Nothing disappears by being left out: what goes is named in `removed`.
 *
 * Not here: how the bytes are written, read and checked (`format/`).
 */
import type { RolloutPolicy } from './rollout.ts'

/** Media type of the manifest bytes; the `payloadType` that DSSE signs together with them. */
export const MANIFEST_TYPE = 'application/vnd.changeover.reload.v1+json'
/** Media type of a whole envelope (DSSE, JSON form). A handle that carries one says so in its origin. */
export const ENVELOPE_TYPE = 'application/vnd.changeover.reload.v1.dsse+json'

/** Place of a payload in its scope's line. Compared as a pair; only ever grows. Printed as `epoch.seq`. */
export interface Version {
  readonly epoch: number
  readonly seq: number
}

/** A version and the digest that belongs to it for ever. */
export interface VersionRef {
  /** `epoch.seq` */
  readonly version: string
  /** `sha256:` and 64 hex digits, of the exact manifest bytes. */
  readonly digest: string
}

/** Names one resource: what kind of thing, and which one. `routes/support` is kind `routes`, name `support`. */
export interface ResourceName {
  readonly kind: string
  readonly name: string
}

/**
 * One named piece of a version.
 *
 * `digest` and `size` are of the resource's own bytes. The bytes are in `inline` (as text, exactly: a
 * string, so that they can be hashed before anything parses them), behind `uri` (an artifact), or,
 * with neither, already held by the receiver under that digest.
 */
export interface Resource extends ResourceName {
  readonly version?: string
  readonly mediaType: string
  readonly digest: string
  /** Bytes. */
  readonly size: number
  readonly inline?: string
  readonly uri?: string
}

/** How the receiver should bring the version in. Every field has a default in `format/defaults.ts`. */
export interface ApplyPolicy {
  readonly warmup?: { readonly timeoutMs: number }
  readonly drain?: { readonly mode: 'finish' | 'cut'; readonly timeoutMs: number }
  readonly confirm?: { readonly mode: 'auto' | 'commitConfirmed'; readonly timeoutMs: number }
  readonly maxCrashAttempts?: number
}

/** W3C trace context of the author, signed with the payload. Hop context travels in headers instead. */
export interface TraceCarrier {
  readonly traceparent: string
  readonly tracestate?: string
}

export interface Manifest {
  readonly apiVersion: 'reload/v1'
  readonly kind: 'ReloadPayload'
  readonly scope: string
  readonly version: Version
  readonly previous: VersionRef | null
  readonly restores: VersionRef | null
  /** RFC 3339, as are all instants here. */
  readonly issuedAt: string
  readonly notBefore: string | null
  readonly expires: string | null
  /** After this long in service the instance goes back to its baseline by itself. */
  readonly serveTtlMs: number | null
  readonly idempotencyKey: string | null
  readonly author: string
  readonly reason: string
  readonly ticket: string | null
  readonly resources: readonly Resource[]
  readonly removed: readonly ResourceName[]
  /** A word of confirmation: without it a payload that removes half of the resources or more is refused. */
  readonly allowShrink: boolean
  /** What the publisher believes it changes, as JSON pointers; recomputed by the receiver, who refuses on mismatch. */
  readonly changedParameters: readonly string[] | null
  readonly requires: Readonly<Record<string, string>> | null
  readonly targets: { readonly instances: readonly string[] } | null
  readonly apply: ApplyPolicy
  readonly rollout: RolloutPolicy
  readonly trace: TraceCarrier | null
  readonly lineage: Readonly<Record<string, string>> | null
}

/** DSSE (github.com/secure-systems-lab/dsse): signs `payloadType` and bytes, verified before parsing. */
export interface Envelope {
  readonly payloadType: string
  /** base64 of the manifest bytes. */
  readonly payload: string
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[]
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** What the resources of a version say, parsed and deeply frozen: kind, then name, then value. */
export type SettingsTree = Readonly<Record<string, Readonly<Record<string, Json>>>>
