/**
 * Corrections on their way to a server that may be away: nothing is lost while the process lives, and nothing is
 * counted twice.
 *
 * What has not been sent is added up by count, so that an hour without a server holds no more than the counts that
 * were touched in it. What was sent and not answered is sent again under the same number, and the server knows it.
 *
 * Not here: when to send (`shared-counts.ts`).
 */
import type { Correction } from '../contract/counters.ts'
import type { CorrectionBatch } from './count-server.ts'

/** Of holders of places, which end by their leases anyway. */
const MOST_WAITING = 100_000
const MOST_IN_BATCH = 500

export class CorrectionQueue {
  readonly #sender: string
  readonly #waiting = new Map<string, Correction>()
  #number = 0
  #sent: CorrectionBatch | null = null

  constructor(sender: string) {
    this.#sender = sender
  }

  /** Counts that have something to be told. */
  get size(): number {
    return this.#waiting.size + (this.#sent?.corrections.length ?? 0)
  }

  add({ claim, by }: Correction): void {
    const key = `${claim.kind}:${claim.key}${claim.kind === 'places' ? `\n${claim.holder}` : ''}`
    const known = this.#waiting.get(key)
    if (known === undefined && this.#waiting.size >= MOST_WAITING) return
    this.#waiting.set(key, { claim, by: by + (known?.by ?? 0) })
  }

  /** The batch to send now: the one that was not answered, or the next; `null` for nothing. */
  next(): CorrectionBatch | null {
    if (this.#sent !== null) return this.#sent
    const corrections: Correction[] = []
    for (const [key, it] of this.#waiting) {
      if (corrections.length === MOST_IN_BATCH) break
      this.#waiting.delete(key)
      if (it.by !== 0 || it.claim.kind === 'places') corrections.push(it)
    }
    if (corrections.length === 0) return null
    this.#number += 1
    this.#sent = { sender: this.#sender, number: this.#number, corrections }
    return this.#sent
  }

  /** The server has the batch. */
  done(): void {
    this.#sent = null
  }
}
