/**
 * The clock and the chance of a replay: both are a call's, and the same for every version.
 *
 * What a price is asked with is today, at the hour of the call: prices are of the day of the plan, and those of the
 * night stay those of the night.
 */
import type { Clock, Timer } from '@changeover/reload'
import type { ReplayRow } from '../../calls/replay-rows.ts'
import { hashText, mixHash } from '../../routing/hash-text.ts'

const dayMs = 86_400_000

export class ReplayTime implements Clock {
  readonly #todayMs: number
  #row: ReplayRow | null = null
  #draw = 0
  #draws = 0

  constructor(nowMs: number) {
    this.#todayMs = nowMs - (nowMs % dayMs)
  }

  set(row: ReplayRow, draw: number): void {
    this.#row = row
    this.#draw = draw
    this.#draws = 0
  }

  now(): number {
    return this.#todayMs + ((this.#row?.startedAt ?? 0) % dayMs)
  }

  monotonic(): number {
    return this.#row?.startedAt ?? 0
  }

  /** Nothing of a compiled version waits for anything until it is called. */
  after(): Timer {
    return { cancel: () => undefined }
  }

  /** The draw of the call, then what follows from its id. */
  readonly random = (): number => {
    this.#draws += 1
    if (this.#draws === 1) return this.#draw
    return mixHash(hashText(this.#row?.id ?? ''), this.#draws) / 2 ** 32
  }
}

/** Steps by the golden ratio: however many are taken, they lie in [0, 1) as evenly as so many can. */
export class EvenDraws {
  readonly #taken = new Map<string, number>()

  next(of: string): number {
    const taken = this.#taken.get(of) ?? 0
    this.#taken.set(of, taken + 1)
    return (0.5 + taken * GOLDEN) % 1
  }
}

const GOLDEN = (Math.sqrt(5) - 1) / 2
