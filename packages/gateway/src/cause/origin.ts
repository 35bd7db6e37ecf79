/**
 * Where a value of the settings comes from: the words in which provenance is told.
 *
 * Only types. Two questions are kept apart, because a rollback answers them differently: which version last made the
 * value what it is (`change`), and in which it was written first, as far as that is kept (`restored`).
 */
import type { Issue } from '@changeover/reload'

export type Place = NonNullable<Issue['place']>

/** One version of the line: who brought it in, how, and what it changed. */
export interface VersionStep {
  readonly version: string
  /** The version that it was made upon; `null` for the first. */
  readonly from: string | null
  /** RFC 3339. */
  readonly at: string
  readonly author: string
  /** What its author said; empty for nothing, `null` where that is not kept any more. */
  readonly reason: string | null
  /** The reload that brought it in; `null` where no record of it is kept. With it come the next three. */
  readonly attempt: string | null
  readonly traceId: string | null
  readonly trigger: string | null
  readonly source: string | null
  /** What became of it: `success`, `rolled_back` …; `null` where that is not kept. */
  readonly status: string | null
  /** JSON pointers of what it changed; `null` where that is not known. */
  readonly changed: readonly string[] | null
  /** The older version that it restored. */
  readonly restores: string | null
  /** It was there for a time only. */
  readonly isOverride: boolean
  /** Who approved it, where approvals were asked for. */
  readonly approvedBy: readonly string[]
  /** Why it passed approvals and freezes, where it was an emergency. */
  readonly emergency: string | null
  /** Commit of the repository that it was published from, where its lineage says so. */
  readonly commit: string | null
  /** Digest of the text that it was read from, where there was one. */
  readonly text: string | null
  /** It was read from the settings that a newcomer starts with. */
  readonly isStarter: boolean
}

/**
 * `file`: a text in the operator's own file or directory. `pulled`: a source that is written elsewhere. `api`: asked for
 * through the admin API. `override`: for a time only. `sealed`: a payload that came sealed. `starter`: the first
 * settings, as the gateway wrote them. `default`: not written anywhere. `unknown`: older than what is kept.
 */
export type OriginKind = 'file' | 'pulled' | 'api' | 'override' | 'sealed' | 'starter' | 'default' | 'unknown'

/** Where one value comes from. */
export interface ValueOrigin {
  readonly pointer: string
  readonly kind: OriginKind
  /** Where it stands in the text that the version was read from, or else in the one that brought it. */
  readonly place: Place | null
  /** The version that last made it what it is; `null` for defaults and where that is not kept. */
  readonly change: VersionStep | null
  /** Where it stood before, when that version was a way back to an older one. */
  readonly restored: ValueOrigin | null
  /** The oldest version that is kept and held the value already, when it is older than all that is kept. */
  readonly heldSince: string | null
}
