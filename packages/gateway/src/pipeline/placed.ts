/** Where a call stood in a rollout: what its record says, and where its measures go. */
import type { Arm, LatelySeen, RolloutUnit } from '@changeover/reload'
import { BUDGETED, GUARDED } from './measures.ts'

export interface Placed {
  readonly rollout: string | null
  readonly role: 'candidate' | 'current' | null
  readonly cohort: number | null
  readonly unit: RolloutUnit | null
}

/** Of calls that the version in force has answered. */
export interface ShadowCount {
  readonly calls: number
  /** The candidate would have refused them. */
  readonly refused: number
  /** The candidate would not have asked the target that answered. */
  readonly elsewhere: number
  /** Copies that were sent to the candidate's providers, and what the finished ones cost. */
  readonly sent: number
  readonly costMicroUsd: number
}

/** Older calls than these count for less and less. */
const LATELY = 1000

/** Beyond it no more feedback counts in this rollout: some ten megabytes. */
const MOST_HEARD = 100_000

/** Of a shadow at the same time; what is beyond is only looked at. */
const MOST_COPIES = 64

/** While nothing is split. */
export const UNPLACED: Placed = Object.freeze({ rollout: null, role: null, cohort: null, unit: null })

/**
 * The two sides of the rollout that goes on, as calls have come by with them: what is said of a call after its end,
 * such as feedback, is added where the call was.
 */
export class Sides {
  #rollout: string | null = null
  #candidate: Arm | null = null
  #current: Arm | null = null
  #shadow = noShadow(null)
  #copies = 0
  readonly #lately = { samples: 0, failures: 0 }
  readonly #oursLately = { samples: 0, failures: 0 }
  /** Calls that something was said of: the first word counts, however often it is repeated. */
  readonly #heard = new Set<string>()

  /** A call as the candidate of a shadow rollout would have taken it. */
  shadowed(rollout: string | null, { refused, elsewhere }: { refused: boolean; elsewhere: boolean }): void {
    if (this.#shadow.rollout !== rollout) this.#shadow = noShadow(rollout)
    this.#shadow.calls += 1
    if (refused) this.#shadow.refused += 1
    if (elsewhere) this.#shadow.elsewhere += 1
  }

  /** A place for a copy under way; false when there is none. */
  takeCopy(): boolean {
    if (this.#copies >= MOST_COPIES) return false
    this.#copies += 1
    return true
  }

  /** A copy is over. */
  copied(rollout: string | null, costMicroUsd: number | null): void {
    this.#copies -= 1
    if (this.#shadow.rollout !== rollout) return
    this.#shadow.sent += 1
    this.#shadow.costMicroUsd += costMicroUsd ?? 0
  }

  /** What a shadow would have done otherwise; `null` where none was looked at. */
  shadow(rollout: string): ShadowCount | null {
    const { rollout: of, ...count } = this.#shadow
    return of === rollout ? count : null
  }

  /** How calls ended lately, whatever version they ran under: what one that comes in at once is held against. */
  lately(measure: string): LatelySeen | null {
    if (measure === GUARDED) return this.#lately
    return measure === BUDGETED ? this.#oursLately : null
  }

  /** As the two measures have it: 1, 0 or `NaN`. */
  ended(failed: number, ours: number): void {
    count(this.#lately, failed)
    count(this.#oursLately, ours)
  }

  note(rollout: string | null, role: 'candidate' | 'current', arm: Arm): void {
    if (this.#rollout !== rollout) {
      this.#rollout = rollout
      this.#candidate = null
      this.#current = null
      this.#heard.clear()
    }
    if (role === 'candidate') this.#candidate = arm
    else this.#current = arm
  }

  /** The side to add to what is said of this call; `null` when it does not count, any more or again. */
  hear({ id, rollout, role }: { readonly id: string } & Pick<Placed, 'rollout' | 'role'>): Arm | null {
    const side = this.find(rollout, role)
    if (side === null || this.#heard.has(id) || this.#heard.size >= MOST_HEARD) return null
    this.#heard.add(id)
    return side
  }

  /** `null` once another rollout goes on. */
  find(rollout: string | null, role: Placed['role']): Arm | null {
    if (rollout === null || rollout !== this.#rollout || role === null) return null
    return role === 'candidate' ? this.#candidate : this.#current
  }
}

function count(seen: { samples: number; failures: number }, failed: number): void {
  if (Number.isNaN(failed)) return
  if (seen.samples >= LATELY) {
    seen.samples *= 0.5
    seen.failures *= 0.5
  }
  seen.samples += 1
  seen.failures += failed
}

function noShadow(rollout: string | null): {
  rollout: string | null
  calls: number
  refused: number
  elsewhere: number
  sent: number
  costMicroUsd: number
} {
  return { rollout, calls: 0, refused: 0, elsewhere: 0, sent: 0, costMicroUsd: 0 }
}
