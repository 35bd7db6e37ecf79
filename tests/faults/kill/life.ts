/**
 * One life of a process that embeds the engine, as the test that kills it plans it, and what the process says
 * while it lives. One line of JSON each, written before the next step is taken, so that what was said has happened.
 */
import type { AuditLine, QuarantineEntry, StoredVersion } from '@changeover/reload'

/** Where the process kills itself: at a step of that name, or at the n-th step of all. */
export type KillAt = { readonly step: string; readonly occurrence: number } | { readonly call: number } | null

/** What a version does to the process: nothing, never gets built, or ends it after the swap in one of three ways. */
export type Character = 'sound' | 'unbuildable' | 'kills' | 'throws' | 'exits' | 'devours'

export interface Wanted {
  readonly marker: string
  readonly character: Character
}

export type Operation =
  /** Offers settings; `after` says what is awaited or done after they came in, perhaps to a half of the units first. */
  | {
      readonly does: 'publish'
      readonly wanted: Wanted
      readonly after: 'settle' | 'go on' | 'regress'
      readonly byShares?: boolean
    }
  /** Two offers at once: the newer wins. */
  | { readonly does: 'publish both'; readonly first: Wanted; readonly second: Wanted }
  | { readonly does: 'roll back' }

export interface LifePlan {
  readonly directory: string
  readonly operations: readonly Operation[]
  readonly killAt: KillAt
  readonly bakeMs: number
}

export interface Serving extends StoredVersion {
  /** What each part of the snapshot says it was built from. */
  readonly markers: readonly string[]
}

export type Said = { readonly atMs: number } & (
  | {
      readonly kind: 'back'
      readonly serving: Serving | null
      readonly applied: StoredVersion | null
      readonly confirmed: StoredVersion | null
      readonly baseline: StoredVersion | null
      readonly floor: StoredVersion | null
      readonly quarantine: readonly QuarantineEntry[]
      readonly audit: readonly AuditLine[]
      readonly files: readonly string[]
    }
  /** `version` is what a record that is being written names. */
  | { readonly kind: 'step'; readonly name: string; readonly version?: string }
  | {
      readonly kind: 'state'
      readonly attempt: string
      readonly state: string
      readonly version: string | null
      readonly status: string | null
    }
  | {
      readonly kind: 'answered'
      readonly marker: string
      readonly outcome: string
      readonly reason: string
      readonly version: string | null
      readonly digest: string | null
      readonly serving: Serving | null
    }
  | { readonly kind: 'killed'; readonly step: string }
  | { readonly kind: 'idle' }
)
/** One of them without its time. */
export type Saying = Said extends infer Each ? (Each extends Said ? Omit<Each, 'atMs'> : never) : never
