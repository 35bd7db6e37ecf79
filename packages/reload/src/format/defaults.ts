/**
 * What a receiver takes unless told otherwise, with the reason for each number; and what an absent field
 * of a manifest means. `docs/format/payload.md` shows both to outsiders.
 *
 * Not here: deadlines of the stages (`engine/limits.ts`). A manifest that says nothing about warm-up,
 * draining or observation leaves them to the receiver's limits.
 */
import type { Manifest } from '../contract/payload.ts'
import type { ReloaderLimits } from '../contract/reloader.ts'

/** The caps that reading obeys: a part of the reloader's limits. */
export type FormatLimits = Pick<ReloaderLimits, 'payloadBytes' | 'resourceBytes' | 'resources' | 'depth'>

export const FORMAT_LIMITS: FormatLimits = {
  // Ten thousand routes make about 3 MiB. Stores take less (etcd 1.5 MiB, a ConfigMap 1 MiB), so what
  // is larger has lost its way, and is refused before a byte of it is parsed.
  payloadBytes: 8 * 1024 * 1024,
  // Also the most that is fetched from a resource's `uri`. Services that load models raise it.
  resourceBytes: 8 * 1024 * 1024,
  // Each costs a digest and a map entry: 10,000 are checked in some 20 ms.
  resources: 10_000,
  // People do not write deeper than ten; programs that write schemas reach thirty.
  depth: 64,
}

/** The deepest that any limit may allow: what the recursion in `canonical.ts` stands on any stack. */
export const MOST_DEPTH = 512

/** Values in one JSON document. Bounds memory: a byte of `[0,0,…]` becomes eight or more in the heap. */
export const MOST_VALUES = 1_000_000

/** Signatures on one envelope. Each costs 0.1 ms to check, and nobody has more approvers. */
export const MOST_SIGNATURES = 32

/** Milliseconds: the longest that a timer of Node waits, 24.8 days. */
export const LONGEST_MS = 2_147_483_647

/** Issues that are spelled out; beyond it they are only counted. */
export const MOST_ISSUES = 100

type Required = 'apiVersion' | 'kind' | 'scope' | 'version' | 'previous' | 'issuedAt' | 'author' | 'resources'

/** What an absent field of a manifest means. */
export const MANIFEST_DEFAULTS: Omit<Manifest, Required> = {
  restores: null,
  notBefore: null,
  expires: null,
  serveTtlMs: null,
  idempotencyKey: null,
  reason: '',
  ticket: null,
  removed: [],
  allowShrink: false,
  changedParameters: null,
  requires: null,
  targets: null,
  apply: {},
  rollout: { strategy: 'allAtOnce' },
  trace: null,
  lineage: null,
}
