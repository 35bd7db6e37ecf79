/**
 * Outlier ejection: a target of a route that does worse than its peers takes no calls for a while.
 *
 * A breaker judges a target by itself; this compares. Two ways out: so many failures in a row, or a share of
 * successes that is lower than that of the others by more than the gap. However bad things are, no more than
 * `maxPercent` of a route's targets are out at once, and never the last: when all are bad, the cause is likely
 * elsewhere, and some answer is better than none.
 *
 * Each ejection of the same target lasts longer than the one before, until it has been good for a window.
 */
import type { CompiledTarget } from '../contract/compiled.ts'
import type { Ejector } from '../contract/routing.ts'

export interface EjectionNumbers {
  readonly failuresInRow: number
  readonly successGap: number
  readonly minCalls: number
  readonly windowMs: number
  readonly forMs: number
  readonly maxPercent: number
}

const LONGEST_TIMES = 10

interface Standing {
  /** Of this window and the one before. */
  calls: number
  good: number
  callsBefore: number
  goodBefore: number
  windowAt: number
  inRow: number
  outUntil: number
  times: number
}

/** What is carried: how the targets of a route stand, by name. */
export type Standings = Map<string, Standing>

export function createStandings(): Standings {
  return new Map()
}

export function createEjector(
  standings: Standings,
  targets: readonly CompiledTarget[],
  numbers: EjectionNumbers,
): Ejector {
  return new PeerEjector(standings, targets, numbers)
}

class PeerEjector implements Ejector {
  readonly #standings: Standings
  readonly #names: readonly string[]
  readonly #numbers: EjectionNumbers

  constructor(standings: Standings, targets: readonly CompiledTarget[], numbers: EjectionNumbers) {
    this.#standings = standings
    this.#names = targets.map((it) => it.name)
    this.#numbers = numbers
  }

  isOut(target: CompiledTarget, nowMs: number): boolean {
    const standing = this.#standings.get(target.name)
    return standing !== undefined && nowMs < standing.outUntil
  }

  record(target: CompiledTarget, succeeded: boolean, nowMs: number): void {
    const standing = this.#standingOf(target.name, nowMs)
    standing.calls += 1
    if (succeeded) {
      standing.good += 1
      standing.inRow = 0
      return
    }
    standing.inRow += 1
    if (nowMs >= standing.outUntil && this.#isOutlier(target.name, standing, nowMs))
      this.#eject(standing, nowMs)
  }

  #isOutlier(name: string, standing: Standing, nowMs: number): boolean {
    const { failuresInRow, successGap, minCalls } = this.#numbers
    if (standing.inRow >= failuresInRow) return true
    if (countOf(standing) < minCalls) return false
    let calls = 0
    let good = 0
    for (const peer of this.#names) {
      if (peer === name) continue
      const other = this.#standingOf(peer, nowMs)
      calls += countOf(other)
      good += other.good + other.goodBefore
    }
    if (calls < minCalls) return false
    return shareOf(standing) < good / calls - successGap
  }

  #eject(standing: Standing, nowMs: number): void {
    const out = this.#names.filter((it) => (this.#standings.get(it)?.outUntil ?? 0) > nowMs).length
    const most = Math.min(
      this.#names.length - 1,
      Math.max(1, Math.floor((this.#names.length * this.#numbers.maxPercent) / 100)),
    )
    if (out >= most) return
    standing.times = Math.min(standing.times + 1, LONGEST_TIMES)
    standing.outUntil = nowMs + this.#numbers.forMs * standing.times
    standing.inRow = 0
    forget(standing)
  }

  #standingOf(name: string, nowMs: number): Standing {
    let it = this.#standings.get(name)
    if (it === undefined) {
      it = {
        calls: 0,
        good: 0,
        callsBefore: 0,
        goodBefore: 0,
        windowAt: nowMs,
        inRow: 0,
        outUntil: 0,
        times: 0,
      }
      this.#standings.set(name, it)
    }
    turn(it, nowMs, this.#numbers.windowMs)
    return it
  }
}

/** Two half-forgotten windows instead of a list of calls. */
function turn(it: Standing, nowMs: number, windowMs: number): void {
  const passed = nowMs - it.windowAt
  if (passed < windowMs) return
  const isNext = passed < windowMs * 2
  if (it.calls > 0 && it.good === it.calls && it.times > 0) it.times -= 1
  it.callsBefore = isNext ? it.calls : 0
  it.goodBefore = isNext ? it.good : 0
  it.calls = 0
  it.good = 0
  it.windowAt = nowMs
}

function forget(it: Standing): void {
  it.calls = 0
  it.good = 0
  it.callsBefore = 0
  it.goodBefore = 0
}

function countOf(it: Standing): number {
  return it.calls + it.callsBefore
}

function shareOf(it: Standing): number {
  return (it.good + it.goodBefore) / countOf(it)
}
