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
