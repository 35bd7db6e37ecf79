/**
 * What is known of a target from the calls it has taken: how many are under way, how soon it answers, and how
 * much of its limits is left. One for each provider and upstream model, carried over reloads.
 *
 * The latency is a peak-sensitive average: a slower answer counts at once, a faster one by and by, and silence
 * lets it fade, so that a target which was slow once is tried again. Times are monotonic milliseconds and come
 * from whoever calls; nothing here reads a clock.
 *
 * Not here: how providers write their limits (`provider-limits.ts`).
 */
import type { TargetLive } from '../contract/routing.ts'
import type { UpstreamHeaders } from '../contract/upstream.ts'
import { type LimitLeft, readLimits } from './provider-limits.ts'

/** After this time without news, a third of what was known is left: long against a call, short against a bad hour. */
const FADE_MS = 10_000
/** The last answers that quantiles are taken from. */
const REMEMBERED = 64
/** Below this many answers a quantile is a guess. */
const ENOUGH = 8

export function createTargetLive(): TargetLive {
  return new MeasuredTarget()
}

class MeasuredTarget implements TargetLive {
  pending = 0
  /** Apart, because a whole answer takes as long as a stream to its end. */
  readonly #whole = new Latency()
  readonly #streamed = new Latency()
  #limits: readonly LimitLeft[] = NO_LIMITS
  /** Calls begun since the limits were told: each has taken one request of what was left then. */
  #pendingThen = 0

  answered(ms: number, nowMs: number, stream: boolean): void {
    const latency = this.#of(stream)
    latency.add(ms, nowMs)
    latency.remember(ms)
  }

  failed(ms: number, nowMs: number, stream: boolean): void {
    this.#of(stream).add(ms, nowMs)
  }

  latencyMs(nowMs: number, stream: boolean): number {
    return this.#of(stream).now(nowMs)
  }

  quantileMs(share: number, stream: boolean): number | null {
    return this.#of(stream).quantile(share)
  }

  #of(stream: boolean): Latency {
    return stream ? this.#streamed : this.#whole
  }

  limitsSeen(headers: UpstreamHeaders, nowMs: number, wallMs: number): void {
    const limits = readLimits(headers, nowMs, wallMs)
    if (limits.length === 0) return
    this.#limits = limits
    this.#pendingThen = this.pending
  }

  headroom(nowMs: number): number {
    let least = 1
    const since = Math.max(0, this.pending - this.#pendingThen)
    for (const it of this.#limits) {
      if (nowMs >= it.resetAtMs) continue
      const left = it.kind === 'requests' ? it.left - since : it.left
      least = Math.min(least, Math.max(0, left / it.limit))
    }
    return least
  }
}

const NO_LIMITS: readonly LimitLeft[] = []

class Latency {
  #average = 0
  #seenAt = 0
  #samples: Float64Array | null = null
  #seen = 0

  add(ms: number, nowMs: number): void {
    const keep = Math.exp(-(nowMs - this.#seenAt) / FADE_MS)
    const faded = this.#average * keep
    // A peak counts at once and whole; anything below it only pulls, the more the longer ago the last one was.
    this.#average = ms >= faded ? ms : faded + ms * (1 - keep)
    this.#seenAt = nowMs
  }

  remember(ms: number): void {
    this.#samples ??= new Float64Array(REMEMBERED)
    this.#samples[this.#seen % REMEMBERED] = ms
    this.#seen += 1
  }

  now(nowMs: number): number {
    return this.#average === 0 ? 0 : this.#average * Math.exp(-(nowMs - this.#seenAt) / FADE_MS)
  }

  quantile(share: number): number | null {
    const count = Math.min(this.#seen, REMEMBERED)
    if (this.#samples === null || count < ENOUGH) return null
    const sorted = this.#samples.slice(0, count).sort()
    return sorted[Math.min(count - 1, Math.ceil(share * count) - 1)] ?? null
  }
}
