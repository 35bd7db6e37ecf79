import type { SettingsTree } from './payload.ts'
import type { Arm, RolloutUnit } from './rollout.ts'

/** A payload compiled to a frozen, runnable object. All that is reachable from it has one version. */
export interface Snapshot<Parts> {
  readonly version: string
  readonly digest: string
  readonly settings: SettingsTree
  readonly parts: Readonly<Parts>
  /** Identity of the `reload.swap` span that brought it in; the first requests under it link there. */
  readonly swap: { readonly traceId: string; readonly spanId: string } | null
  /** Wall milliseconds of the swap. */
  readonly since: number
  readonly author: string
  readonly reason: string
  /** How long after the swap it takes itself back; `null` for one that is there to stay. */
  readonly serveTtlMs: number | null
}

/**
 * A request's hold on the snapshot it started under. Take it once at the door, carry it through
 * retries and the whole stream, let go after the last byte. Letting go twice is letting go once.
 */
export interface Pin<Parts> {
  readonly snapshot: Snapshot<Parts>
  /** `candidate` while a rollout splits the traffic and this request is on the side that is tried. */
  readonly role: 'current' | 'candidate'
  /** Where the request's unit fell, 0 to 9999; the lowest come to the candidate first. `null` when nothing is split. */
  readonly cohort: number | null
  /** Id of the rollout under which the request was placed. */
  readonly rollout: string | null
  /** By which it was placed. `null` when nothing is split, and where nobody is assigned. */
  readonly unit: RolloutUnit | null
  /** Where to add what was seen of this request; `null` while nothing is compared. */
  readonly arm: Arm | null
  /** Set by the holder: called once if the generation must be cut before the pin is let go. */
  onCut: (() => void) | null
  release(): void
}
