/**
 * Where a series changes its level, and how exactly that can be said.
 *
 * The best of all ways to cut the series into stretches of one level each: the likelihood of the stretches (normal for
 * logarithms of amounts, Poisson for events) less a price for each cut, found by going through all of them (optimal
 * partitioning). Drift becomes a staircase of small steps whose places are vague;
 * a burst two steps; a reload one step at a place that is sharp.
 *
 * Not here: which of them a reload explains (`blame.ts`).
 */
import type { Series } from './blame-series.ts'

export interface Change {
  /** The edge at which the level changes most likely. */
  readonly edge: number
  /** Edges of the neighbouring changes, or of the window. */
  readonly from: number
  readonly to: number
  readonly before: number
  readonly after: number
  /** ln of the likelihood that the change is at an edge, of `from` to `to`; the best is 0. */
  at(edge: number): number
  /** Milliseconds by which its place is vague: the likelihood of all places together, over that of the best. */
  readonly widthMs: number
}

/** ln of the odds that a cut must win: more than the best of all places would by chance. */
const PRICE = 16

export function changesOf(series: Series): readonly Change[] {
  const cuts = cutsOf(series)
  const ends = [0, ...cuts, series.edges.length - 1]
  return cuts.map((edge, i) => changeAt(series, { edge, from: ends[i] ?? 0, to: ends[i + 2] ?? edge }))
}

/** Mean of the series between two edges. */
export function levelOf({ calls, sums }: Series, from: number, to: number): number {
  const n = (calls[to] ?? 0) - (calls[from] ?? 0)
  return n === 0 ? 0 : ((sums[to] ?? 0) - (sums[from] ?? 0)) / n
}

interface Place {
  readonly edge: number
  readonly from: number
  readonly to: number
}

function changeAt(series: Series, place: Place): Change {
  const { edge, from, to } = place
  const before = levelOf(series, from, edge)
  const after = levelOf(series, edge, to)
  const odds = profileOf(series, before, after)
  let best = Number.NEGATIVE_INFINITY
  for (let at = from + 1; at < to; at += 1) best = Math.max(best, odds(at))
  let widthMs = 0
  for (let at = from + 1; at < to; at += 1) {
    widthMs += Math.exp(odds(at) - best) * ((series.edges[at + 1] ?? 0) - (series.edges[at] ?? 0))
  }
  return { ...place, before, after, at: (it) => odds(it) - best, widthMs }
}

/** ln of the likelihood, but for a constant, that one level ends and the other begins at an edge. */
function profileOf({ kind, calls, sums, design, varianceAt }: Series, before: number, after: number) {
  if (kind === 'amount') {
    const perSum = (before - after) / varianceAt(0) / design
    const perCall = (before * before - after * after) / (2 * varianceAt(0)) / design
    return (edge: number): number => perSum * (sums[edge] ?? 0) - perCall * (calls[edge] ?? 0)
  }
  const low = varianceAt(before)
  const high = varianceAt(after)
  const perSum = Math.log(low / high) / design
  const perCall = (low - high) / design
  return (edge: number): number => perSum * (sums[edge] ?? 0) - perCall * (calls[edge] ?? 0)
}

function cutsOf(series: Series): readonly number[] {
  const { calls, sums, edges } = series
  const worth = worthOf(series)
  const best = new Float64Array(edges.length)
  const cameFrom = new Int32Array(edges.length)
  best[0] = -PRICE
  for (let to = 1; to < edges.length; to += 1) {
    const callsTo = calls[to] ?? 0
    const sumTo = sums[to] ?? 0
    let least = Number.POSITIVE_INFINITY
    for (let from = 0; from < to; from += 1) {
      const cost = (best[from] ?? 0) + PRICE - worth(callsTo - (calls[from] ?? 0), sumTo - (sums[from] ?? 0))
      if (cost < least) {
        least = cost
        cameFrom[to] = from
      }
    }
    best[to] = least
  }
  const cuts: number[] = []
  for (let at = cameFrom[edges.length - 1] ?? 0; at > 0; at = cameFrom[at] ?? 0) cuts.unshift(at)
  return cuts
}

/** ln of the likelihood of a stretch at its own level, but for what all ways to cut have in common. */
function worthOf({ kind, design, varianceAt }: Series): (calls: number, sum: number) => number {
  if (kind === 'amount') {
    const scale = 1 / (2 * varianceAt(0) * design)
    return (calls, sum) => (calls === 0 ? 0 : (sum * sum * scale) / calls)
  }
  return (calls, sum) => (calls === 0 || sum <= 0 ? 0 : (sum * Math.log(sum / calls)) / design)
}
