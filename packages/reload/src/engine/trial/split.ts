/**
 * Who gets the version in force and who the candidate, at one share. It never changes: another share is another split,
 * put in its place together with the pointers that it names.
 *
 * Not here: which unit has which point (`rollout/cohort.ts`), and when the share grows (`rollout/rollout.ts`).
 */
import type { RolloutUnit, UnitSource } from '../../contract/rollout.ts'
import type { Pin } from '../../contract/snapshot.ts'
import { cohortOf, cohortOfPlace, seedOf } from '../../rollout/cohort.ts'
import type { Generation, Parts, Side } from '../live/generation.ts'

/** Requests that each side was given: one for the life of a rollout, whatever its shares. */
export interface Tally {
  candidate: number
  baseline: number
}

export interface SplitSides {
  readonly candidate: { readonly generation: Generation; readonly side: Side }
  readonly current: { readonly generation: Generation; readonly side: Side }
  readonly tally: Tally
}

export interface Share {
  readonly rollout: string
  /** `null` where nobody is assigned: the candidate has all of the traffic, or none. */
  readonly unit: RolloutUnit | null
  /** Points below it are the candidate's. */
  readonly threshold: number
}

export class Split {
  readonly share: Share
  private readonly sides: SplitSides
  private readonly seed: number

  constructor(share: Share, sides: SplitSides) {
    this.share = share
    this.sides = sides
    this.seed = seedOf(share.rollout)
  }

  pin(by: UnitSource | undefined): Pin<Parts> {
    const { unit, threshold } = this.share
    if (unit === null) return threshold > 0 ? this.pinCandidate(null) : this.pinCurrent(null)
    const cohort = this.cohortOf(by?.unitId(unit) ?? null)
    return cohort < threshold ? this.pinCandidate(cohort) : this.pinCurrent(cohort)
  }

  /** A pin of the candidate for a copy of a request, which counts as the candidate's. */
  pinCandidate(cohort: number | null): Pin<Parts> {
    const { candidate, tally } = this.sides
    tally.candidate += 1
    return candidate.generation.pinFor(candidate.side, cohort)
  }

  private pinCurrent(cohort: number | null): Pin<Parts> {
    const { current, tally } = this.sides
    tally.baseline += 1
    return current.generation.pinFor(current.side, cohort)
  }

  /** A request without a unit is one of its own: its place in the order of arrival stands for it. */
  private cohortOf(unitId: string | null): number {
    if (unitId !== null) return cohortOf(this.seed, unitId)
    const { tally } = this.sides
    return cohortOfPlace(this.seed, tally.candidate + tally.baseline)
  }
}
