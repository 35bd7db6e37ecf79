/**
 * Versions that failed here and are not tried again by themselves.
 *
 * An entry is a pair of version and digest. It also knows what the version holds, because a settings file
 * that is read again after a restart is sealed under a new number, and must be recognised all the same.
 *
 * Two kinds. What was in service and failed (taken back, crashed) is kept over restarts. What did not
 * validate is remembered as long as this process lives: the next build may well read it.
 *
 * The baseline is never in here: it is the way back.
 */
import type { Clock } from '../../contract/clock.ts'
import type { QuarantineEntry, StoredVersion } from '../../contract/store.ts'

const MOST_ENTRIES = 100

interface Case {
  readonly entry: QuarantineEntry
  readonly lasting: boolean
}

export interface Failure {
  readonly ref: StoredVersion
  /** Digest of what it holds, if that is what failed. */
  readonly tree: string | null
  readonly reason: string
  /** Kept over restarts. */
  readonly lasting: boolean
  /** Times it failed, when that is known; else one more than before. */
  readonly count?: number
}

export class Quarantine {
  private readonly clock: Clock
  private readonly cases = new Map<string, Case>()

  constructor(clock: Clock) {
    this.clock = clock
  }

  /** Takes over what an earlier process had written down. */
  restore(entries: readonly QuarantineEntry[]): void {
    for (const entry of entries) this.cases.set(entry.digest, { entry, lasting: true })
  }

  get entries(): readonly QuarantineEntry[] {
    return [...this.cases.values()].map((it) => it.entry)
  }

  /** What is to be written down. */
  get lasting(): readonly QuarantineEntry[] {
    return [...this.cases.values()].filter((it) => it.lasting).map((it) => it.entry)
  }

  has(digest: string): boolean {
    return this.cases.has(digest)
  }

  /**
   * Whether an offer is not even to be tried: by its digest, or, where `tree` is given, by what it holds. Somebody
   * who waits for an answer is told again what does not validate; only a source that repeats itself is not.
   */
  blocks(offered: { readonly digest: string; readonly tree: string | null }, isAutomatic: boolean): boolean {
    for (const { entry, lasting } of this.cases.values()) {
      const isIt = entry.digest === offered.digest || (offered.tree !== null && entry.tree === offered.tree)
      if (isIt && (lasting || isAutomatic)) return true
    }
    return false
  }

  add(failure: Failure): void {
    const { ref, tree, reason, lasting } = failure
    const known = this.cases.get(ref.digest)
    const count = failure.count ?? (known?.entry.count ?? 0) + 1
    const since = known?.entry.since ?? new Date(this.clock.now()).toISOString()
    this.cases.delete(ref.digest)
    const entry = { ...ref, reason, count, since, ...(tree !== null && { tree }) }
    this.cases.set(ref.digest, { entry, lasting: lasting || (known?.lasting ?? false) })
    const [oldest] = this.cases.keys()
    if (this.cases.size > MOST_ENTRIES && oldest !== undefined) this.cases.delete(oldest)
  }

  /** Lets a digest out. False when it was not in. */
  free(digest: string): boolean {
    return this.cases.delete(digest)
  }

  /** Lets every entry of a version out. False when there was none. */
  freeVersion(version: string): boolean {
    const digests = this.entries.filter((it) => it.version === version).map((it) => it.digest)
    return digests.map((it) => this.cases.delete(it)).some(Boolean)
  }
}
