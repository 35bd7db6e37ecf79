/**
 * Counting on while the shared server is away: each process by itself, up to a share of each count.
 *
 * Bound: with `n` processes and a share `s`, at most `n × s` of a total beyond it in its period, of a bucket's rate and
 * burst, or of places, however often the server goes away; what was counted here is told to the server when it is back.
 *
 * Not here: how counts are kept in a process; that is handed in.
 */
import type { Claim, Correction, CounterStore, Left, Short } from '../contract/counters.ts'
import type { SharedCounts } from './shared-counts.ts'

/** Counts of this process alone, that answer at once. */
export interface OwnCounts extends CounterStore {
  take(claims: readonly Claim[], nowMs: number): Left | Short
  correct(corrections: readonly Correction[], nowMs: number): void
  /** Drops what counts nothing any more. */
  sweep(nowMs: number, monoMs: number): void
}

const TAKES_UNTIL_SWEEP = 4096

export class LocalShare {
  readonly #own: OwnCounts
  readonly #shared: SharedCounts
  /** What was taken here and not there. */
  readonly #here = new WeakSet<Claim>()
  #takes = 0

  constructor(own: OwnCounts, shared: SharedCounts) {
    this.#own = own
    this.#shared = shared
  }

  take(claims: readonly Claim[], nowMs: number, share: number): Left | Short {
    this.#sweepNowAndThen(nowMs)
    const answer = this.#own.take(
      claims.map((it) => shareOf(it, share)),
      nowMs,
    )
    if ('short' in answer) return answer
    for (const it of claims) this.#here.add(it)
    this.#shared.correct(claims.filter(isTold).map((claim) => ({ claim, by: claim.amount })))
    return answer
  }

  /** Corrections of what was taken here. The answer is those that the server has to be told. */
  correct(corrections: readonly Correction[], nowMs: number): readonly Correction[] {
    const here = corrections.filter((it) => this.#here.has(it.claim))
    if (here.length === 0) return corrections
    this.#own.correct(here, nowMs)
    return corrections.filter((it) => isTold(it.claim) || !this.#here.has(it.claim))
  }

  close(): void {
    void this.#own.close()
  }

  #sweepNowAndThen(nowMs: number): void {
    this.#takes += 1
    if (this.#takes < TAKES_UNTIL_SWEEP) return
    this.#takes = 0
    this.#own.sweep(nowMs, nowMs)
  }
}

/** Places are of this moment: when the server is back, those of before mean nothing to it. */
function isTold(claim: Claim): boolean {
  return claim.kind !== 'places'
}

function shareOf(claim: Claim, share: number): Claim {
  if (claim.kind === 'bucket') return { ...claim, rate: claim.rate * share, burst: claim.burst * share }
  return { ...claim, most: Math.floor(claim.most * share) }
}
