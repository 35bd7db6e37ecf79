/**
 * What a candidate did while it was one: its calls against all others of the same time, each less what its tenant and route
 * are like at other times.
 *
 * Both are needed. The same time, because the time of day is nobody's doing; the tenant's other calls, because a canary of a
 * few tenants differs from the rest before it begins. A tenant that has no other calls in the window says nothing.
 *
 * Calls of one tenant are alike, so the error is the larger of that of independent calls and of the tenants' own means.
 */
import type { BlameInput } from './blame-report.ts'
import { binOf, type Series, valuesOf } from './blame-series.ts'

export interface Concurrent {
  /** Difference to the others, in the unit of the arithmetic, and its standard error. */
  readonly difference: number
  readonly error: number
  /** Level of the others, weighted as the candidate's calls are. */
  readonly baseline: number
  readonly calls: number
}

const LEAST_CALLS = 50
/** On each side of a call: what its time was like for the others. */
const AROUND = 20

/** By place in `reloads`; only those that had enough calls as a candidate. */
export function concurrentOf(input: BlameInput, series: Series): ReadonlyMap<number, Concurrent> {
  const values = valuesOf(input)
  const sides = new Map<number, Side>()
  for (let row = 0; row < values.length; row += 1) {
    const at = input.calls.atMs[row] ?? Number.NaN
    if (input.calls.candidate[row] !== 1 || !(at >= input.fromMs && at < input.toMs)) continue
    const value = values[row] ?? Number.NaN
    const mix = series.mixOf(row)
    if (!Number.isFinite(value) || mix === null) continue
    const others = levelAround(series, at)
    if (others === null) continue
    const reload = input.calls.reload[row] ?? -1
    const side = sides.get(reload) ?? new Side()
    sides.set(reload, side)
    side.add(input.calls.tenant[row] ?? 0, value - mix - others, others)
  }
  const found = new Map<number, Concurrent>()
  for (const [reload, side] of sides) {
    if (reload >= 0 && side.calls >= LEAST_CALLS) found.set(reload, side.concurrent(series))
  }
  return found
}

class Side {
  calls = 0
  #sum = 0
  #others = 0
  #tenants = new Map<number, { calls: number; sum: number }>()

  add(tenant: number, left: number, others: number): void {
    this.calls += 1
    this.#sum += left
    this.#others += others
    const own = this.#tenants.get(tenant) ?? { calls: 0, sum: 0 }
    this.#tenants.set(tenant, own)
    own.calls += 1
    own.sum += left
  }

  concurrent({ varianceAt, design }: Series): Concurrent {
    const difference = this.#sum / this.calls
    const tenants = this.#tenants.size
    let strayed = 0
    for (const it of this.#tenants.values()) strayed += (it.sum - it.calls * difference) ** 2
    // One tenant alone cannot say how far tenants stray; then the drift of the whole must do.
    const between = tenants > 1 ? (strayed / (this.calls * this.calls)) * (tenants / (tenants - 1)) : 0
    const baseline = this.#others / this.calls
    const plain = Math.max(varianceAt(baseline), varianceAt(baseline + difference)) / this.calls
    const error = Math.sqrt(Math.max(plain * design, between))
    return { difference, error, baseline, calls: this.calls }
  }
}

function levelAround({ edges, calls, sums }: Series, atMs: number): number | null {
  const bin = binOf(edges, atMs)
  const from = Math.max(0, bin - AROUND)
  const to = Math.min(edges.length - 1, bin + 1 + AROUND)
  const n = (calls[to] ?? 0) - (calls[from] ?? 0)
  return n < 5 ? null : ((sums[to] ?? 0) - (sums[from] ?? 0)) / n
}
