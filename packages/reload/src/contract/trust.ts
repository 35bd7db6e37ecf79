import type { ErrorCode } from '../errors.ts'
import type { Origin } from './origin.ts'
import type { Draft } from './participant.ts'
import type { Manifest, SettingsTree } from './payload.ts'
import type { Issue } from './receipt.ts'

/** Media type of a root's bytes: the `payloadType` that is signed together with them. */
export const ROOT_TYPE = 'application/vnd.changeover.root.v1+json'
/** Media type of a signed root (DSSE, JSON form), or of a list of them, each signed by the one before. */
export const ROOT_ENVELOPE_TYPE = 'application/vnd.changeover.root.v1.dsse+json'

/**
 * Whose signatures count, as a list that never changes: a root with one role, that nobody can replace.
 * Without any trust, unsigned payloads are taken.
 */
export interface TrustPolicy {
  /** Ed25519 public keys (SPKI PEM) by key id. */
  readonly keys: Readonly<Record<string, string>>
  /** Distinct keys that must have signed. */
  readonly threshold: number
}

/** The root to begin with, as the operator holds it: one signed root, or a list in which each signs for the next. */
export interface RootAnchor {
  readonly root: Uint8Array
}

/** Keys that may do one thing together. */
export interface TrustRole {
  readonly keyids: readonly string[]
  /** Distinct keys that it takes, from 1 to all of them. */
  readonly threshold: number
}

/**
 * Who may do what, signed by keys that are kept apart: `root` may replace this document and begin a new epoch,
 * `publisher` may bring versions, `approver` agrees to them, `emergency` brings versions that nobody has to agree
 * to. Other names are roles for the rules in `approvals`.
 */
export interface RootDocument {
  readonly apiVersion: 'trust/v1'
  readonly kind: 'TrustRoot'
  /** Grows by one from root to root. */
  readonly version: number
  readonly issuedAt: string
  /** From then on what is new is refused, until a root follows. */
  readonly expires: string
  /** Ed25519 public keys (SPKI PEM). A key id is the digest of the key, so that it cannot stand for another. */
  readonly keys: Readonly<Record<string, string>>
  /** Who holds a key, as authors are called: keys of one owner count once, and an author approves with none. */
  readonly owners?: Readonly<Record<string, string>>
  readonly roles: { readonly root: TrustRole; readonly publisher: TrustRole } & Readonly<
    Record<string, TrustRole>
  >
  /** What others must have signed, by kind of what changes. */
  readonly approvals?: ApprovalPolicy
}

/** The root in force, for people. */
export interface RootStatus {
  readonly version: number
  readonly digest: string
  readonly issuedAt: string
  readonly expires: string
  readonly isExpired: boolean
  readonly owners: Readonly<Record<string, string>>
  readonly roles: Readonly<Record<string, TrustRole>>
  readonly approvals: ApprovalPolicy
}

interface RootAnswered {
  /** Version in force. */
  readonly version: number | null
  readonly traceId: string
}

/** The answer to a root that was offered. */
export type RootReceipt =
  | (RootAnswered & {
      readonly outcome: 'accepted'
      readonly digest: string
      readonly expires: string
      /** Key ids whose signatures counted. */
      readonly keyids: readonly string[]
      readonly added: readonly string[]
      readonly removed: readonly string[]
      /** Versions in service that the new root does not speak for: they serve on, and would not after a restart. */
      readonly unvouched: readonly string[]
      /** The version on trial that it does not speak for, taken back at once. */
      readonly withdrawn: string | null
    })
  | (RootAnswered & { readonly outcome: 'unchanged'; readonly digest: string })
  | (RootAnswered & {
      readonly outcome: 'refused'
      readonly code: ErrorCode
      readonly message: string
      readonly issues: readonly Issue[]
      readonly retry: boolean
    })

/**
 * How old the newest word of a publisher may be. Sources that fall silent, or go on repeating what is old, are
 * told from sources with nothing to say by that alone, so publishers have to say something now and then.
 */
export interface Freshness {
  readonly maxAgeMs: number
  /** Serves nobody beyond that age. Default: serves on, and says that it is stale. */
  readonly failClosed?: boolean
}

/** Why what serves may be out of date. */
export interface Staleness {
  readonly reason: 'age' | 'root_expired'
  /** RFC 3339 */
  readonly since: string
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
export type ApproveHook = (asked: ApprovalAsked, signal: AbortSignal) => Promise<ApprovalAnswer>

export interface ApprovalAsked {
  /** `rl_…` of the attempt that asks. */
  readonly attempt: string
  readonly manifest: Manifest
  readonly digest: string
  readonly origin: Origin
  /** What would come in, and what is in force. */
  readonly settings: SettingsTree
  readonly previous: SettingsTree | null
  readonly changedParameters: readonly string[]
  /** Says that this takes people's time: whoever made the offer is answered `waiting` at once. */
  waits(): void
}

export type ApprovalAnswer =
  | {
      readonly approved: true
      readonly by: readonly string[]
      /** How many were asked for. */
      readonly threshold?: number
      /** Asked once more just before the commit: why the approvals do not hold any more, or `null`. */
      readonly objection?: () => Issue | null
    }
  | {
      readonly approved: false
      readonly issue: Issue
      /** Who said no, where somebody did. */
      readonly by?: string
    }
