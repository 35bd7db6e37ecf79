/**
 * Live resources that outlive a version: pools, counters, breakers.
 *
 * They stand on one shelf, by identity. Each attempt takes what it needs with a hold of its own; when the
 * attempt becomes a generation, the hold goes with it, and when the generation is let go, the hold gives
 * back. What nobody holds any more is freed, once, the newest first, because newer things may stand on older
 * ones. A failed attempt is no different: it gives back what it took, and only what it alone had made goes.
 *
 * Why counts of holders and not "what the next version did not ask for": generations overlap, and a stream
 * of ten minutes still writes to the pool that the version after it no longer names.
 */
import type { Carry } from '../../contract/participant.ts'
import { ReloadError } from '../../errors.ts'

/** A resource that nobody holds any more. */
export interface Unheld {
  readonly key: string
  free(): void | Promise<void>
}

interface Kept {
  readonly key: string
  readonly value: unknown
  readonly free: () => void | Promise<void>
  /** Order of creation. */
  readonly order: number
  holders: number
}

export class CarryShelf {
  private readonly kept = new Map<string, Kept>()
  private made = 0

  /** Keys of what is alive. */
  keys(): string[] {
    return [...this.kept.keys()]
  }

  /** A hold for one attempt, and for the generation that may become of it. */
  open(): CarryHold {
    return new CarryHold(this)
  }

  take(key: string, create: () => unknown, dispose: (it: unknown) => void | Promise<void>): Kept {
    const known = this.kept.get(key)
    if (known !== undefined) return known
    const value = create()
    const kept = { key, value, free: () => dispose(value), order: this.made++, holders: 0 }
    this.kept.set(key, kept)
    return kept
  }

  /** Counts one holder less. True when that was the last: the resource is off the shelf. */
  leave(kept: Kept): boolean {
    kept.holders -= 1
    if (kept.holders > 0) return false
    this.kept.delete(kept.key)
    return true
  }
}

export class CarryHold implements Carry {
  private readonly shelf: CarryShelf
  private readonly held = new Set<Kept>()
  private isGivenBack = false

  constructor(shelf: CarryShelf) {
    this.shelf = shelf
  }

  keep<T>(key: string, create: () => T, dispose: (it: T) => void | Promise<void>): T {
    if (this.isGivenBack) throw new ReloadError('prepare.too_late', { key })
    const kept = this.shelf.take(key, create, dispose as (it: unknown) => void | Promise<void>)
    if (!this.held.has(kept)) {
      this.held.add(kept)
      kept.holders += 1
    }
    return kept.value as T
  }

  /** Gives everything back. Returns what nobody holds now, the newest first; nothing when called again. */
  giveBack(): Unheld[] {
    this.isGivenBack = true
    const held = [...this.held].sort((a, b) => b.order - a.order)
    this.held.clear()
    return held.filter((it) => this.shelf.leave(it))
  }
}
