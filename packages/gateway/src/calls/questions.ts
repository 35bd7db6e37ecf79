/**
 * What may be asked of the call log, and what it answers.
 *
 * Only types: both sides of the worker boundary read them, so nothing here may run.
 */
import type { CallCopy, CallRecord } from '../contract/call.ts'

export interface CallFilter {
  readonly version?: string
  readonly tenant?: string
  readonly route?: string
  /** Exact status, or a class of them: `4xx`. */
  readonly status?: string
  /** Wall milliseconds: calls that began at or after it. */
  readonly since?: number
  /** `next` of the page before. */
  readonly cursor?: string
  readonly limit?: number
}

/** Newest first. `next` is `null` on the last page. */
export interface CallPage {
  readonly calls: readonly CallRecord[]
  readonly next: string | null
}

/** What became of the calls of one version. */
export interface VersionSummary {
  readonly version: string
  /** All that are kept. */
  readonly calls: number
  /** The newest ones that the figures below are taken from. */
  readonly sampled: number
  readonly errors: number
  readonly p50Ms: number | null
  readonly p99Ms: number | null
  /** Wall milliseconds of the first and last call begun among the sampled. */
  readonly firstAt: number | null
  readonly lastAt: number | null
}

/** When a key was used last, by the records that are kept. */
export interface KeyUse {
  /** `acme/ci` */
  readonly key: string
  /** Wall milliseconds. */
  readonly lastAt: number
}

export interface Retention {
  readonly keepDays: number
  readonly maxRows: number
}

export type Question =
  | { readonly about: 'call'; readonly id: string }
  | { readonly about: 'calls'; readonly filter: CallFilter }
  | { readonly about: 'versions'; readonly versions: readonly string[] }
  | { readonly about: 'keys' }
  | { readonly about: 'copy'; readonly id: string }

export interface Answers {
  call: CallRecord | null
  calls: CallPage
  versions: readonly VersionSummary[]
  keys: readonly KeyUse[]
  copy: CallCopy | null
}

/** What the call log tells its worker. */
export type ToWorker =
  | { readonly kind: 'ask'; readonly ask: number; readonly question: Question }
  | { readonly kind: 'checkpoint' }
  | { readonly kind: 'close' }

/** What the worker tells the call log. Failures travel as text: an error of another thread has no class. */
export type FromWorker =
  | { readonly kind: 'answer'; readonly ask: number; readonly value: unknown; readonly failed: string | null }
  | { readonly kind: 'checkpointed'; readonly failed: string | null }
