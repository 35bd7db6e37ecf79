/**
 * Counts of this process, exact because nothing comes between: each step is synchronous.
 *
 * A bucket is a leaky one (GCRA, kept as a level instead of an instant). The textbook form stores the instant at
 * which the next request conforms, and that instant is made of the old numbers: after a reload from 10 a minute to
 * 1000 a minute it would hold a caller back for an hour. Here the level is kept in requests or tokens and drains at
 * whatever rate it is read by, so the same count is read rightly under every version, by calls that are pinned to
 * different ones too.
 *
 * Counts are kept by who is counted, for as long as the process lives and they are not empty: a caller that is gone for
 * a version gets nothing back when it returns.
 *
 * Not here: totals that survive a restart (`kept-totals.ts`), counts shared by several processes (`counters/`).
 */
import type {
  BucketClaim,
  Claim,
  Correction,
  CounterStore,
  Left,
  PlacesClaim,
  Short,
  TotalClaim,
} from '../contract/counters.ts'

interface Bucket {
  /** What has not drained yet. */
  level: number
  /** Instant up to which `level` has been drained; never goes back. */
  atMs: number
  /** Wall or monotonic as `atMs`: when it will be empty, by the numbers that it was read by last. */
  emptyMs: number
}

interface Places {
  taken: number
  /** What each holder has. */
  readonly holders: Map<string, number>
}

/** A total, for whoever keeps it. */
export interface Total {
  used: number
  readonly endsMs: number | null
}

/** Rounding of a few thousand additions; a billionth of a request. */
const SLACK = 1e-9
/** Counts made between two looks for those that are empty. */
const MADE_UNTIL_SWEEP = 4096

export class LocalCounters implements CounterStore {
  readonly kind = 'local'
  readonly #buckets = new Map<string, Bucket>()
  readonly #totals = new Map<string, Total>()
  readonly #places = new Map<string, Places>()
  #made = 0
  /** Told each time a total changes. */
  onTotal: ((key: string, total: Total) => void) | null = null

  /** `monoMs`: what buckets drain by, so that a leap of the wall clock fills none. */
  take(claims: readonly Claim[], nowMs: number, monoMs: number = nowMs): Left | Short {
    let short = -1
    let waitMs: number | null = 0
    for (let i = 0; i < claims.length; i += 1) {
      const wait = this.#wait(claims[i] as Claim, { nowMs, monoMs, before: takenBefore(claims, i) })
      if (wait === 0) continue
      if (short === -1) short = i
      waitMs = wait === null || waitMs === null ? null : Math.max(waitMs, wait)
    }
    if (short === -1) for (const it of claims) this.#add(it, it.amount, monoMs)
    const left = claims.map((it) => this.#left(it, monoMs))
    return short === -1 ? { left } : { short, retryAfterMs: waitMs, left }
  }

  /**
   * For the caller with one limit, who is most callers: takes from one bucket and allocates nothing. What is left
   * of it when there was enough; else how long until there is, below zero.
   */
  takeOne(claim: BucketClaim, monoMs: number): number {
    const bucket = this.#drained(claim, monoMs)
    const over = bucket.level + claim.amount - claim.burst
    if (over > SLACK) return -waitOf(claim, over)
    bucket.level += claim.amount
    bucket.emptyMs = monoMs + (bucket.level * claim.perMs) / claim.rate
    return Math.max(0, claim.burst - bucket.level)
  }

  correct(corrections: readonly Correction[], nowMs: number, monoMs: number = nowMs): void {
    for (const { claim, by } of corrections)
      this.#add(claim, claim.kind === 'places' ? -claim.amount : by, monoMs)
  }

  read(claims: readonly Claim[], nowMs: number, monoMs: number = nowMs): readonly number[] {
    return claims.map((it) => this.#used(it, monoMs))
  }

  close(): void {
    this.#buckets.clear()
    this.#totals.clear()
    this.#places.clear()
  }

  /** What was counted before a restart. Called before anything is taken. */
  restore(key: string, used: number, endsMs: number | null): void {
    this.#totals.set(key, { used, endsMs })
  }

  /** Drops what counts nothing any more: buckets that have drained, and totals whose period is over. */
  sweep(nowMs: number, monoMs: number): void {
    for (const [key, it] of this.#buckets) if (it.emptyMs <= monoMs) this.#buckets.delete(key)
    for (const [key, it] of this.#totals)
      if (it.endsMs !== null && it.endsMs <= nowMs) this.#totals.delete(key)
  }

  /** 0: there is enough. `null`: there never will be, or nobody knows when. */
  #wait(claim: Claim, { nowMs, monoMs, before }: Moment): number | null {
    const amount = before + claim.amount
    if (claim.kind === 'bucket') {
      const over = this.#drained(claim, monoMs).level + amount - claim.burst
      if (over <= SLACK) return 0
      return amount > claim.burst + SLACK ? null : waitOf(claim, over)
    }
    if (claim.kind === 'places') {
      const holds = this.#places.get(claim.key)?.holders.get(claim.holder) ?? 0
      return this.#taken(claim) - holds + amount <= claim.most ? 0 : null
    }
    if (this.#used(claim, monoMs) + amount <= claim.most) return 0
    return claim.endsMs === null || amount > claim.most ? null : Math.max(1, Math.ceil(claim.endsMs - nowMs))
  }

  #add(claim: Claim, amount: number, monoMs: number): void {
    if (claim.kind === 'places') this.#lend(claim, amount)
    else if (claim.kind === 'total') {
      const total = this.#total(claim)
      total.used = Math.max(0, total.used + amount)
      this.onTotal?.(claim.key, total)
    } else {
      const bucket = this.#drained(claim, monoMs)
      bucket.level = Math.max(0, bucket.level + amount)
      bucket.emptyMs = monoMs + (bucket.level * claim.perMs) / claim.rate
    }
  }

  /** What a holder had is replaced, so that nothing is lent or given back twice. */
  #lend({ key, holder }: PlacesClaim, amount: number): void {
    const places = this.#places.get(key) ?? { taken: 0, holders: new Map<string, number>() }
    places.taken += Math.max(0, amount) - (places.holders.get(holder) ?? 0)
    if (amount > 0) {
      places.holders.set(holder, amount)
      this.#places.set(key, places)
      return
    }
    places.holders.delete(holder)
    if (places.holders.size === 0) this.#places.delete(key)
  }

  #used(claim: Claim, monoMs: number): number {
    if (claim.kind === 'places') return this.#taken(claim)
    if (claim.kind === 'total') return this.#totals.get(claim.key)?.used ?? 0
    return this.#buckets.has(claim.key) ? this.#drained(claim, monoMs).level : 0
  }

  #left(claim: Claim, monoMs: number): number {
    const most = claim.kind === 'bucket' ? claim.burst : claim.most
    return Math.max(0, most - this.#used(claim, monoMs))
  }

  #drained(claim: BucketClaim, monoMs: number): Bucket {
    const bucket = this.#buckets.get(claim.key) ?? this.#makeBucket(claim.key, monoMs)
    if (monoMs > bucket.atMs) {
      bucket.level = Math.max(0, bucket.level - ((monoMs - bucket.atMs) * claim.rate) / claim.perMs)
      bucket.atMs = monoMs
    }
    // Also for one that is refused by slower numbers than those it was taken by.
    bucket.emptyMs = bucket.atMs + (bucket.level * claim.perMs) / claim.rate
    return bucket
  }

  #makeBucket(key: string, monoMs: number): Bucket {
    this.#made += 1
    if (this.#made >= MADE_UNTIL_SWEEP) {
      this.#made = 0
      for (const [other, it] of this.#buckets) if (it.emptyMs <= monoMs) this.#buckets.delete(other)
    }
    const bucket = { level: 0, atMs: Number.NEGATIVE_INFINITY, emptyMs: monoMs }
    this.#buckets.set(key, bucket)
    return bucket
  }

  #total({ key, endsMs }: TotalClaim): Total {
    const known = this.#totals.get(key)
    if (known !== undefined) return known
    const total = { used: 0, endsMs }
    this.#totals.set(key, total)
    return total
  }

  #taken({ key }: PlacesClaim): number {
    return this.#places.get(key)?.taken ?? 0
  }
}

interface Moment {
  readonly nowMs: number
  readonly monoMs: number
  /** Taken from the same count by earlier claims of the same step. */
  readonly before: number
}

function takenBefore(claims: readonly Claim[], end: number): number {
  let taken = 0
  const key = claims[end]?.key
  for (let i = 0; i < end; i += 1) if (claims[i]?.key === key) taken += claims[i]?.amount ?? 0
  return taken
}

function waitOf(claim: BucketClaim, over: number): number {
  return Math.max(1, Math.ceil((over * claim.perMs) / claim.rate))
}
