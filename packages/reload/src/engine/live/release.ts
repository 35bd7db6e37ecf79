/**
 * Letting go, in an order and to the end: one that throws or hangs is said and passed over, and never keeps
 * the next from being freed.
 */
import type { Clock } from '../../contract/clock.ts'
import { RELEASE_MS } from '../limits.ts'
import { atMost } from '../race.ts'

export interface Leaving {
  readonly what: string
  free(): void | Promise<void>
}

export type Trouble = (what: string, error: unknown) => void

/** Frees each in turn. Never rejects. */
export async function releaseAll(leaving: readonly Leaving[], clock: Clock, trouble: Trouble): Promise<void> {
  for (const it of leaving) {
    try {
      const freed = it.free()
      if (freed === undefined) continue
      const isDone = await atMost(clock, RELEASE_MS, freed)
      if (!isDone) trouble(it.what, new Error(`not let go within ${RELEASE_MS} ms`))
    } catch (error) {
      trouble(it.what, error)
    }
  }
}
