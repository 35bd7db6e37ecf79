/** Where a call stood in a rollout: what its record says, and where its measures go. */
import type { Arm, RolloutUnit } from '@changeover/reload'

export interface Placed {
  readonly rollout: string | null
  readonly role: 'candidate' | 'current' | null
  readonly cohort: number | null
  readonly unit: RolloutUnit | null
}

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

  note(rollout: string | null, role: 'candidate' | 'current', arm: Arm): void {
    if (this.#rollout !== rollout) {
      this.#rollout = rollout
      this.#candidate = null
      this.#current = null
    }
    if (role === 'candidate') this.#candidate = arm
    else this.#current = arm
  }

  /** `null` once another rollout goes on. */
  find(rollout: string | null, role: Placed['role']): Arm | null {
    if (rollout === null || rollout !== this.#rollout || role === null) return null
    return role === 'candidate' ? this.#candidate : this.#current
  }
}
