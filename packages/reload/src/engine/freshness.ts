/**
 * Whether what serves may be out of date: no publisher has been heard for too long, or the root has expired.
 *
 * A middleman who holds back what is new can repeat what is old for ever, and it stays authentic. What it cannot make
 * is a younger stamp: so the age counts from the newest `issuedAt` that a trusted payload carried, and never from the
 * moment at which something came. A stamp of the future counts as now.
 *
 * Beyond the age it is said once, until a younger word comes; a scope that fails closed serves nobody meanwhile. One
 * timer at most, and nothing on a request's way but one flag.
 */
import type { Clock, Timer } from '../contract/clock.ts'
import type { Staleness, Freshness as Wanted } from '../contract/trust.ts'
import { LONGEST_MS } from '../format/defaults.ts'
import { parseInstant } from '../format/instant.ts'

interface Watched {
  readonly clock: Clock
  readonly wanted: Wanted | null
  /** When the root in force expires. */
  readonly rootExpiresMs: () => number | null
  readonly told: (staleness: Staleness | null) => void
}

export class Freshness {
  /** Serves nobody. A field, because every request asks. */
  isShut = false
  private readonly watched: Watched
  private newestMs: number | null = null
  private timer: Timer | null = null
  private said: Staleness | null = null
  private isClosed = false

  constructor(watched: Watched) {
    this.watched = watched
  }

  get staleness(): Staleness | null {
    return this.said
  }

  get maxAgeMs(): number {
    return this.watched.wanted?.maxAgeMs ?? 0
  }

  /** A payload that may be believed says when it was issued. */
  heard(issuedAt: string): void {
    const issuedMs = parseInstant(issuedAt)
    if (issuedMs === null) return
    const atMs = Math.min(issuedMs, this.watched.clock.now())
    if (this.newestMs !== null && atMs <= this.newestMs) return
    this.newestMs = atMs
    this.look()
  }

  /** Another root is in force, or the first. */
  rootChanged(): void {
    this.look()
  }

  close(): void {
    this.isClosed = true
    this.timer?.cancel()
    this.timer = null
  }

  private look(): void {
    if (this.isClosed) return
    this.timer?.cancel()
    this.timer = null
    const nowMs = this.watched.clock.now()
    const ends = this.ends()
    const over = ends.find((it) => nowMs >= it.atMs)
    this.say(over === undefined ? null : { reason: over.reason, since: new Date(over.atMs).toISOString() })
    const next = ends.filter((it) => it.atMs > nowMs).map((it) => it.atMs - nowMs)
    if (next.length === 0) return
    this.timer = this.watched.clock.after(Math.min(LONGEST_MS, ...next), () => this.look())
  }

  /** When it will be stale, and why; what shuts it first. */
  private ends(): readonly { atMs: number; reason: Staleness['reason'] }[] {
    const { wanted, rootExpiresMs } = this.watched
    const expiresMs = rootExpiresMs()
    const ends: { atMs: number; reason: Staleness['reason'] }[] = []
    if (wanted !== null && this.newestMs !== null)
      ends.push({ atMs: this.newestMs + wanted.maxAgeMs, reason: 'age' })
    if (expiresMs !== null) ends.push({ atMs: expiresMs, reason: 'root_expired' })
    return ends
  }

  private say(staleness: Staleness | null): void {
    if (staleness?.reason === this.said?.reason && staleness?.since === this.said?.since) return
    this.said = staleness
    this.isShut = staleness?.reason === 'age' && this.watched.wanted?.failClosed === true
    this.watched.told(staleness)
  }
}
