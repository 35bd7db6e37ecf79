/**
 * Shared counts as they outlive every version of the settings, and as one version sees them.
 *
 * The connection, the portions and what has still to be told belong to the server that they are about; the mode, the
 * share and the patience to the version. So a reload that changes these keeps every count, and calls that are pinned to
 * different versions count in the same place.
 */
import type { Clock } from '@changeover/reload'
import type { Claim, Correction, CounterStore, CountersHealth, Left, Short } from '../contract/counters.ts'
import { isGatewayError } from '../errors.ts'
import { HeldPlaces } from './held-places.ts'
import { LocalShare, type OwnCounts } from './local-share.ts'
import { Portions } from './portions.ts'
import type { SharedCounts } from './shared-counts.ts'

/** What one version says of shared counts. */
export interface CounterNumbers {
  readonly mode: 'exact' | 'leased'
  readonly portion: number
  readonly onUnreachable: 'refuse' | 'local'
  readonly localShare: number
  readonly timeoutMs: number
}

export class LiveCounts {
  readonly kind: string
  readonly shared: SharedCounts
  readonly portions: Portions
  readonly local: LocalShare
  readonly places: HeldPlaces

  constructor(
    kind: string,
    shared: SharedCounts,
    { clock, own }: { readonly clock: Clock; readonly own: OwnCounts },
  ) {
    this.kind = kind
    this.shared = shared
    this.portions = new Portions(shared, clock)
    this.local = new LocalShare(own, shared)
    this.places = new HeldPlaces(shared, clock)
  }

  get health(): CountersHealth {
    return { store: this.kind, ...this.shared.health, held: this.portions.held }
  }

  /** Gives portions back and tells what is to be told, for a second at most. */
  async close(): Promise<void> {
    this.places.close()
    this.portions.giveBack()
    await this.shared.close()
    this.local.close()
  }
}

/** Counts as a version with these numbers sees them. Closing it closes nothing: others may be looking. */
export function countsUnder(live: LiveCounts, numbers: CounterNumbers): CounterStore {
  return new CountsOfVersion(live, numbers)
}

class CountsOfVersion implements CounterStore {
  readonly kind: string
  readonly #live: LiveCounts
  readonly #numbers: CounterNumbers

  constructor(live: LiveCounts, numbers: CounterNumbers) {
    this.kind = live.kind
    this.#live = live
    this.#numbers = numbers
  }

  take(claims: readonly Claim[], nowMs: number): Left | Short | Promise<Left | Short> {
    const { mode, onUnreachable, timeoutMs } = this.#numbers
    const { portions, shared } = this.#live
    const asked = mode === 'leased' ? portions.take(claims, this.#numbers) : shared.take(claims, timeoutMs)
    const answer = claims.some(isPlaces) ? this.#keepPlaces(claims, asked) : asked
    if (onUnreachable === 'refuse' || !(answer instanceof Promise)) return answer
    return answer.catch((error: unknown) => {
      if (!isGatewayError(error) || error.code !== 'counters.unreachable') throw error
      return this.#live.local.take(claims, nowMs, this.#numbers.localShare)
    })
  }

  async #keepPlaces(
    claims: readonly Claim[],
    asked: Left | Short | Promise<Left | Short>,
  ): Promise<Left | Short> {
    const answer = await asked
    if (!('short' in answer)) this.#live.places.keep(claims)
    return answer
  }

  correct(corrections: readonly Correction[], nowMs: number): void {
    for (const { claim } of corrections) this.#live.places.leave(claim)
    const told = this.#live.local.correct(corrections, nowMs)
    if (this.#numbers.mode === 'leased') this.#live.portions.correct(told)
    else this.#live.shared.correct(told)
  }

  read(claims: readonly Claim[]): Promise<readonly number[]> {
    return this.#live.shared.read(claims, this.#numbers.timeoutMs)
  }

  close(): void {
    // The last version that names the server closes it.
  }
}

const isPlaces = (claim: Claim): boolean => claim.kind === 'places'
