/**
 * Counts taken in advance: this process asks the shared server for a portion, and answers from it at once.
 *
 * A portion is a share of what is left, so it shrinks as a count comes to its end, and the last calls are asked for one
 * by one. What is not used within a second goes back.
 *
 * Bounds. A total is never overdrawn, because a portion is counted before it is used; and a caller may be refused while
 * other processes hold portions, for as long as these are kept. A bucket lets through, in any window, at most what
 * drains in `KEPT_MS` beyond its own numbers. What a process held when it was killed stays counted.
 *
 * Places are always asked for one by one: a place that is held in advance is a place that nobody has.
 *
 * Not here: what happens when a portion is used up and the server is away (`local-share.ts`).
 */
import type { Clock, Timer } from '@changeover/reload'
import type { BucketClaim, Claim, Correction, Left, Short, TotalClaim } from '../contract/counters.ts'
import type { SharedCounts } from './shared-counts.ts'

export interface PortionNumbers {
  /** Of what is left, 0 to 1. */
  readonly portion: number
  readonly timeoutMs: number
}

type Drawn = BucketClaim | TotalClaim

/** How long a portion of a bucket, and one of a total that nobody draws on, is kept. */
export const KEPT_MS = 1000

interface Portion {
  /** By whose numbers it was asked for last. */
  claim: Drawn
  /** Counted at the server, and not used. */
  left: number
  /** Of a bucket, when it was asked for; of a total, when it was last drawn on. */
  sinceMs: number
  /** Until when a claim of nothing need not ask whether the count is overdrawn. */
  openUntilMs: number
  /** Left at the server when it answered last; `null` before. */
  seenLeft: number | null
  /** What those who wait for more lack, together and the least of them. */
  lacking: number
  least: number
  refilling: Promise<Short | null> | null
}

const EMPTY = {
  left: 0,
  openUntilMs: Number.NEGATIVE_INFINITY,
  seenLeft: null,
  lacking: 0,
  least: Number.POSITIVE_INFINITY,
  refilling: null,
}

export class Portions {
  readonly #shared: SharedCounts
  readonly #clock: Clock
  readonly #portions = new Map<string, Portion>()
  #timer: Timer | null = null

  constructor(shared: SharedCounts, clock: Clock) {
    this.#shared = shared
    this.#clock = clock
  }

  /** What is held and not used, of all counts together; for status. */
  get held(): number {
    let sum = 0
    for (const it of this.#portions.values()) sum += it.left
    return sum
  }

  /** At once where the portions do; rejects with `counters.unreachable` where they do not and the server is away. */
  take(claims: readonly Claim[], numbers: PortionNumbers): Left | Short | Promise<Left | Short> {
    if (claims.every(isDrawn)) return this.#draw(claims) ?? this.#takeSlowly(claims, claims, numbers)
    return this.#takeSlowly(claims, claims.filter(isDrawn), numbers)
  }

  /** Totals are put right in the portion; the rest is told to the server. */
  correct(corrections: readonly Correction[]): void {
    const told: Correction[] = []
    for (const it of corrections) {
      const rest = it.claim.kind === 'total' ? this.#correctHere(it.claim, it.by) : it.by
      if (rest !== 0 || it.claim.kind === 'places') told.push({ claim: it.claim, by: rest })
    }
    this.#shared.correct(told)
  }

  /** Everything goes back. */
  giveBack(): void {
    this.#timer?.cancel()
    this.#timer = null
    for (const it of this.#portions.values()) this.#empty(it)
    this.#portions.clear()
  }

  /** All of them or none; `null` where one does not hold enough. */
  #draw(claims: readonly Drawn[]): Left | null {
    const nowMs = this.#clock.monotonic()
    let drawn = 0
    for (const claim of claims) {
      const portion = this.#fresh(claim, nowMs)
      if (portion.left < claim.amount || (claim.amount === 0 && !isOpen(portion, nowMs))) break
      portion.left -= claim.amount
      drawn += 1
    }
    if (drawn < claims.length) {
      for (const claim of claims.slice(0, drawn)) this.#of(claim).left += claim.amount
      return null
    }
    return { left: claims.map((claim) => this.#leftOf(claim, nowMs)) }
  }

  #leftOf(claim: Drawn, nowMs: number): number {
    const portion = this.#of(claim)
    if (claim.kind === 'total') portion.sinceMs = nowMs
    return portion.left + (portion.seenLeft ?? 0)
  }

  async #takeSlowly(
    claims: readonly Claim[],
    drawn: readonly Drawn[],
    numbers: PortionNumbers,
  ): Promise<Left | Short> {
    let found = this.#draw(drawn)
    while (found === null) {
      const short = await this.#refillAll(claims, drawn, numbers)
      if (short !== null) return short
      found = this.#draw(drawn)
    }
    if (drawn.length === claims.length) return found
    return await this.#takePlaces(claims, drawn, { found, timeoutMs: numbers.timeoutMs })
  }

  /** Portions go back where they came from when there is no place. */
  async #takePlaces(
    claims: readonly Claim[],
    drawn: readonly Drawn[],
    { found, timeoutMs }: { readonly found: Left; readonly timeoutMs: number },
  ): Promise<Left | Short> {
    const places = claims.filter((it) => it.kind === 'places')
    let taken: Left | Short | null = null
    try {
      taken = await this.#shared.take(places, timeoutMs)
    } finally {
      if (taken === null || 'short' in taken) for (const it of drawn) this.#of(it).left += it.amount
    }
    const left = inOrder(claims, { drawn: found.left, places: taken.left })
    if (!('short' in taken)) return { left }
    const short = claims.indexOf(places[taken.short] ?? (claims[0] as Claim))
    return { short, retryAfterMs: taken.retryAfterMs, left }
  }

  /** The first claim that the server could not meet; `null` when there is more in every portion. */
  async #refillAll(
    claims: readonly Claim[],
    drawn: readonly Drawn[],
    numbers: PortionNumbers,
  ): Promise<Short | null> {
    const lacking = drawn.filter((it) => this.#of(it).left < it.amount)
    // Each holds enough, and not for all that name it.
    const asked = lacking.length === 0 ? drawn : lacking
    const answers = await Promise.all(asked.map((it) => this.#refill(it, numbers)))
    const at = answers.findIndex((it) => it !== null)
    const [claim, answer] = [asked[at], answers[at]]
    if (claim === undefined || answer === undefined || answer === null) return null
    const left = claims.map((it) => (isDrawn(it) ? this.#leftOf(it, this.#clock.monotonic()) : it.most))
    return { short: claims.indexOf(claim), retryAfterMs: answer.retryAfterMs, left }
  }

  /** One at a time for each count, for all who wait for it. */
  #refill(claim: Drawn, numbers: PortionNumbers): Promise<Short | null> {
    const portion = this.#of(claim)
    portion.lacking += claim.amount
    portion.least = Math.min(portion.least, claim.amount)
    portion.claim = claim
    portion.refilling ??= Promise.resolve()
      .then(() => this.#askFor(portion, numbers))
      .finally(() => {
        portion.refilling = null
      })
    return portion.refilling
  }

  async #askFor(portion: Portion, { portion: share, timeoutMs }: PortionNumbers): Promise<Short | null> {
    const { claim, lacking, least } = portion
    portion.lacking = 0
    portion.least = Number.POSITIVE_INFINITY
    const wanted = Math.max(lacking - portion.left, Math.floor((portion.seenLeft ?? 0) * share), 0)
    const answer = await this.#ask(portion, wanted, timeoutMs)
    if (!('short' in answer)) return null
    // Less than everybody wants may still be enough for one.
    const there = Math.min(wanted, Math.floor(answer.left[0] ?? 0))
    if (there <= 0 || there + portion.left < least) return { ...answer, retryAfterMs: retryOf(claim, answer) }
    const again = await this.#ask(portion, there, timeoutMs)
    return 'short' in again ? again : null
  }

  async #ask(portion: Portion, amount: number, timeoutMs: number): Promise<Left | Short> {
    const answer = await this.#shared.take([{ ...portion.claim, amount }], timeoutMs)
    portion.seenLeft = answer.left[0] ?? 0
    if (!('short' in answer)) {
      portion.left += amount
      portion.sinceMs = this.#clock.monotonic()
      portion.openUntilMs = portion.sinceMs + KEPT_MS
      this.#timer ??= this.#clock.after(KEPT_MS, this.#sweep)
    }
    return answer
  }

  #correctHere(claim: TotalClaim, by: number): number {
    const portion = this.#of(claim)
    const taken = Math.min(by, portion.left)
    portion.left -= taken
    if (portion.left > 0) this.#timer ??= this.#clock.after(KEPT_MS, this.#sweep)
    return by - taken
  }

  /** A bucket has drained meanwhile: what was taken from it long ago may not be used now. */
  #fresh(claim: Drawn, nowMs: number): Portion {
    const portion = this.#of(claim)
    if (claim.kind === 'bucket' && nowMs - portion.sinceMs >= KEPT_MS) this.#empty(portion)
    return portion
  }

  #of(claim: Drawn): Portion {
    const key = `${claim.kind}:${claim.key}`
    let portion = this.#portions.get(key)
    if (portion === undefined) {
      const sinceMs = this.#clock.monotonic()
      portion = { ...EMPTY, claim, sinceMs }
      this.#portions.set(key, portion)
    }
    return portion
  }

  #empty(portion: Portion): void {
    if (portion.left <= 0) return
    this.#shared.correct([{ claim: portion.claim, by: -portion.left }])
    portion.left = 0
    portion.seenLeft = null
  }

  readonly #sweep = (): void => {
    this.#timer = null
    const nowMs = this.#clock.monotonic()
    for (const [key, it] of this.#portions) {
      if (nowMs - it.sinceMs < KEPT_MS || it.refilling !== null) continue
      this.#empty(it)
      this.#portions.delete(key)
    }
    if (this.#portions.size > 0) this.#timer = this.#clock.after(KEPT_MS / 2, this.#sweep)
  }
}

function isOpen(portion: Portion, nowMs: number): boolean {
  return portion.left > 0 || nowMs < portion.openUntilMs
}

function isDrawn(claim: Claim): claim is Drawn {
  return claim.kind !== 'places'
}

/** A share of a bucket was more than it holds at all: then the server's word is of the share, and not of the claim. */
function retryOf(claim: Drawn, { retryAfterMs, left }: Short): number | null {
  if (claim.kind === 'total' || claim.amount > claim.burst) return retryAfterMs
  const over = claim.amount - (left[0] ?? 0)
  return Math.max(1, Math.ceil((over * claim.perMs) / claim.rate))
}

function inOrder(
  claims: readonly Claim[],
  left: { readonly drawn: readonly number[]; readonly places: readonly number[] },
): readonly number[] {
  let [drawn, places] = [0, 0]
  return claims.map((it) => (isDrawn(it) ? left.drawn[drawn++] : left.places[places++]) ?? 0)
}
