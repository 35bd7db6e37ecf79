/**
 * Places that calls of this process hold: their leases are renewed for as long as the call and the process live.
 *
 * So a lease can be short, and a process that dies keeps nobody out for long, while a stream of an hour keeps its place.
 * Most calls are over before their lease has to be renewed and cost a look in a map.
 *
 * Not here: taking places, and giving them back (`live-counts.ts`).
 */
import type { Clock, Timer } from '@changeover/reload'
import type { Claim, PlacesClaim } from '../contract/counters.ts'
import type { SharedCounts } from './shared-counts.ts'

interface Held {
  readonly claim: PlacesClaim
  renewMs: number
}

/** A lease that was missed twice is renewed in time the third time. */
const RENEWALS_A_LEASE = 3
/** Nobody waits for it. */
const PATIENCE_MS = 2000

export class HeldPlaces {
  readonly #shared: SharedCounts
  readonly #clock: Clock
  readonly #held = new Map<string, Held>()
  #timer: Timer | null = null

  constructor(shared: SharedCounts, clock: Clock) {
    this.#shared = shared
    this.#clock = clock
  }

  get size(): number {
    return this.#held.size
  }

  /** Those of claims that were taken. */
  keep(claims: readonly Claim[]): void {
    for (const claim of claims) {
      if (claim.kind !== 'places') continue
      const renewMs = this.#clock.monotonic() + claim.leaseMs / RENEWALS_A_LEASE
      this.#held.set(nameOf(claim), { claim, renewMs })
      this.#timer ??= this.#clock.after(claim.leaseMs / RENEWALS_A_LEASE, this.#renew)
    }
  }

  /** Of a claim that is given back. */
  leave(claim: Claim): void {
    if (claim.kind === 'places') this.#held.delete(nameOf(claim))
  }

  close(): void {
    this.#timer?.cancel()
    this.#held.clear()
  }

  readonly #renew = (): void => {
    this.#timer = null
    const nowMs = this.#clock.monotonic()
    let nextMs = Number.POSITIVE_INFINITY
    for (const it of this.#held.values()) {
      if (it.renewMs <= nowMs) {
        it.renewMs = nowMs + it.claim.leaseMs / RENEWALS_A_LEASE
        // One that cannot be renewed now is tried again; the call goes on in any case.
        this.#shared.take([it.claim], PATIENCE_MS).catch(() => undefined)
      }
      nextMs = Math.min(nextMs, it.renewMs)
    }
    if (this.#held.size > 0) this.#timer = this.#clock.after(nextMs - nowMs, this.#renew)
  }
}

const nameOf = ({ key, holder }: PlacesClaim): string => `${key}\n${holder}`
