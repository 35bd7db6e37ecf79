/**
 * The pointers that everything else turns about: what serves, what it can go back to, what is on trial.
 *
 * A request pins `current` once, when it arrives, or, while a rollout splits the traffic, the side that it falls on, and
 * reads only its pin. The pointers change in `commit.ts`
 * and nowhere else. `baseline` is a generation in memory, not a name: going back needs no disk, no network
 * and no memory that is not already taken.
 *
 * Why not one pointer per setting: between two writes a reader would see new routes with old credentials.
 *
 * Not here: when a generation is let go (`generations.ts`).
 */
import type { UnitSource } from '../contract/rollout.ts'
import type { Pin } from '../contract/snapshot.ts'
import type { Generation, Parts } from './live/generation.ts'
import type { Split } from './trial/split.ts'

export interface Pointers {
  /** New requests run under it. */
  current: Generation | null
  /** The last one confirmed. The same as `current` when nothing is on trial. */
  baseline: Generation | null
  /** The one under observation: `current`, or beside it, or none. */
  candidate: Generation | null
  /** Who gets which, while that is not the same for all; it names the two pointers that it chooses from. */
  split: Split | null
}

export class Cell implements Pointers {
  current: Generation | null = null
  baseline: Generation | null = null
  candidate: Generation | null = null
  split: Split | null = null

  /** Pins what serves; `null` when nothing does. Synchronous, so it always finds whole pointers. */
  acquire(by?: UnitSource): Pin<Parts> | null {
    if (this.split !== null) return this.split.pin(by)
    return this.current === null ? null : this.current.pin()
  }

  /** Whether a pointer holds this generation, pins aside. */
  holds(it: Generation): boolean {
    return it === this.current || it === this.baseline || it === this.candidate
  }
}
