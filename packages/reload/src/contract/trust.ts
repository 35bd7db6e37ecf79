import type { Origin } from './origin.ts'
import type { Draft } from './participant.ts'
import type { Manifest, SettingsTree } from './payload.ts'
import type { Issue } from './receipt.ts'

/** Whose signatures count. Without a policy, unsigned payloads are taken. */
export interface TrustPolicy {
  /** Ed25519 public keys (SPKI PEM) by key id. */
  readonly keys: Readonly<Record<string, string>>
  /** Distinct keys that must have signed. */
  readonly threshold: number
}

/** How many others must have agreed to a change of one class, and in which role; `approver` where none is named. */
export interface ApprovalRule {
  readonly threshold: number
  readonly roles?: readonly string[]
}

/** Rules by class of change, such as `credentials` or `prompts`; `*` is for every class without a rule of its own. */
export type ApprovalPolicy = Readonly<Record<string, ApprovalRule>>

/** One approval: a person's word, or a key's signature. The same `by` is the same person or key. */
export interface Approval {
  readonly by: string
  readonly roles: readonly string[]
  /** Taken back, or by somebody who may not any more. */
  readonly revoked?: boolean
}

export interface MissingApproval {
  readonly changeClass: string
  readonly found: number
  readonly expected: number
  readonly roles: readonly string[]
}

/** Signs what this instance seals itself. */
export interface Signer {
  readonly keyid: string
  sign(preAuthEncoding: Uint8Array): Uint8Array
}

/**
 * Reads what a person wrote. Throws a `ReloadError` with issues when the bytes cannot be read.
 * `base` is the tree now in force, for readers of patches.
 */
export type Reader = (bytes: Uint8Array, origin: Origin, base: SettingsTree | null) => Draft | Promise<Draft>

/** Asked after validation. Resolves to go on; returns an issue to refuse. Holds no resources meanwhile. */
export type ApproveHook = (
  asked: {
    readonly manifest: Manifest
    readonly origin: Origin
    readonly changedParameters: readonly string[]
  },
  signal: AbortSignal,
) => Promise<{ approved: true; by: readonly string[] } | { approved: false; issue: Issue }>
