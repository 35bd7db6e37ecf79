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

/** Half of what is known is older than this fades to: long against a call, short against a bad quarter of an hour. */
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
  #latency = 0
  #seenAt = 0
  #samples: Float64Array | null = null
  #seen = 0
  #limits: readonly LimitLeft[] = NO_LIMITS
  /** Calls begun since the limits were told: each has taken one request of what was left then. */
  #pendingThen = 0

  answered(ms: number, nowMs: number): void {
    const faded = this.latencyMs(nowMs)
    if (ms >= faded) this.#latency = ms
    else {
      const keep = Math.exp(-(nowMs - this.#seenAt) / FADE_MS)
      this.#latency = this.#latency * keep + ms * (1 - keep)
    }
    this.#seenAt = nowMs
    this.#samples ??= new Float64Array(REMEMBERED)
    this.#samples[this.#seen % REMEMBERED] = ms
    this.#seen += 1
  }

  latencyMs(nowMs: number): number {
    if (this.#latency === 0) return 0
    return this.#latency * Math.exp(-(nowMs - this.#seenAt) / FADE_MS)
  }

  quantileMs(share: number): number | null {
    const count = Math.min(this.#seen, REMEMBERED)
    if (this.#samples === null || count < ENOUGH) return null
    const sorted = this.#samples.slice(0, count).sort()
    return sorted[Math.min(count - 1, Math.ceil(share * count) - 1)] ?? null
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
