/**
 * The calls of a window as a series in time, with the mix of tenants and routes taken out.
 *
 * When a tenant with long prompts wakes up, the mean latency rises and nothing has become slower. So each pair of tenant and
 * route has a level of its own, found together with the level of each stretch of time (alternating until both stand
 * still), and only what is left of a call goes into the series. Bins are short, and every reload is an edge of one: a
 * change that lies a second beside a reload must be seen to lie beside it.
 *
 * Calls of a candidate are left out: they are compared with the others at the same time (`blame-canary.ts`).
 */
import type { BlameInput, BlameMetric } from './blame-report.ts'

export interface Series {
  /** Where bins begin, and where the last one ends. */
  readonly edges: Float64Array
  /** Up to each edge: calls, and the sum of what is left of them. */
  readonly calls: Float64Array
  readonly sums: Float64Array
  readonly kind: BlameMetric['kind']
  /** Of one call, about its level; of amounts. */
  readonly variance: number
  /** Of one call, where the series stands at `level`. */
  varianceAt(level: number): number
  /** By how much short stretches vary more than independent calls do. */
  readonly design: number
  /** What a call's pair of tenant and route makes of it, less the mean; `null` where it has none. */
  mixOf(call: number): number | null
  /** A level of the series in the metric's own unit. */
  shown(level: number): number
}

/** Bins in a window, about; and the coarser stretches in which levels are found. */
const BINS = 2400
const STRETCHES = 240
const ROUNDS = 12
/** Blocks by which the design is estimated. */
const BLOCKS = 180

/** `null`: too few calls to say anything. */
export function seriesOf(input: BlameInput): Series | null {
  const values = valuesOf(input)
  const rows = usable(input, values)
  if (rows.length < LEAST_CALLS) return null
  const mix = levels(input, values, rows)
  const edges = edgesOf(input)
  const calls = new Float64Array(edges.length)
  const sums = new Float64Array(edges.length)
  for (const row of rows) {
    const bin = binOf(edges, input.calls.atMs[row] ?? 0)
    calls[bin + 1] = (calls[bin + 1] ?? 0) + 1
    sums[bin + 1] = (sums[bin + 1] ?? 0) + (values[row] ?? 0) - mix.of(row)
  }
  for (let i = 1; i < edges.length; i += 1) {
    calls[i] = (calls[i] ?? 0) + (calls[i - 1] ?? 0)
    sums[i] = (sums[i] ?? 0) + (sums[i - 1] ?? 0)
  }
  const { kind } = input.metric
  const isAmount = kind === 'amount'
  const lowest = ((sums.at(-1) ?? 0) / rows.length) * LOWEST
  const varianceAt = (level: number): number => {
    if (isAmount) return mix.variance
    const rate = Math.min(0.999, Math.max(level, lowest, 1e-6))
    return rate * (1 - rate)
  }
  return {
    kind,
    edges,
    calls,
    sums,
    variance: mix.variance,
    varianceAt,
    design: designOf({ calls, sums, varianceAt }),
    mixOf: (row) => (mix.has(row) ? mix.of(row) : null),
    shown: (level) => (isAmount ? Math.expm1(level) : Math.min(1, Math.max(0, level))),
  }
}

/** Mean of the series between two edges. */
export function levelOf({ calls, sums }: Pick<Series, 'calls' | 'sums'>, from: number, to: number): number {
  const n = (calls[to] ?? 0) - (calls[from] ?? 0)
  return n === 0 ? 0 : ((sums[to] ?? 0) - (sums[from] ?? 0)) / n
}

/** A stretch without any event is not a stretch in which there can be none: part of the mean rate it has at least. */
const LOWEST = 0.1
const LEAST_CALLS = 200

/** In the unit of the arithmetic: logarithms of amounts. */
export function valuesOf({ calls, metric }: BlameInput): Float64Array {
  if (metric.kind === 'proportion') return calls.value
  return calls.value.map((it) => (it >= 0 ? Math.log1p(it) : Number.NaN))
}

function usable({ calls, fromMs, toMs }: BlameInput, values: Float64Array): Int32Array {
  const rows: number[] = []
  for (let row = 0; row < values.length; row += 1) {
    const at = calls.atMs[row] ?? Number.NaN
    const isInside = at >= fromMs && at < toMs
    if (isInside && calls.candidate[row] === 0 && Number.isFinite(values[row])) rows.push(row)
  }
  return Int32Array.from(rows)
}

interface Mix {
  readonly variance: number
  has(row: number): boolean
  of(row: number): number
}

/** Levels of pairs and of stretches of time, each found with the other taken out. */
function levels({ calls, fromMs, toMs }: BlameInput, values: Float64Array, rows: Int32Array): Mix {
  const pairs = new Map<string, number>()
  const pairOf = new Int32Array(rows.length)
  const stretchOf = new Int32Array(rows.length)
  rows.forEach((row, i) => {
    const key = `${calls.tenant[row]}/${calls.route[row]}`
    const pair = pairs.get(key) ?? pairs.size
    pairs.set(key, pair)
    pairOf[i] = pair
    stretchOf[i] = Math.floor((((calls.atMs[row] ?? 0) - fromMs) / (toMs - fromMs)) * STRETCHES)
  })
  const pairLevels = new Float64Array(pairs.size)
  const stretchLevels = new Float64Array(STRETCHES)
  for (let round = 0; round < ROUNDS; round += 1) {
    settle(stretchLevels, stretchOf, (i) => (values[rows[i] ?? 0] ?? 0) - (pairLevels[pairOf[i] ?? 0] ?? 0))
    settle(pairLevels, pairOf, (i) => (values[rows[i] ?? 0] ?? 0) - (stretchLevels[stretchOf[i] ?? 0] ?? 0))
    centre(pairLevels, pairOf)
  }
  let squares = 0
  rows.forEach((row, i) => {
    const left =
      (values[row] ?? 0) - (pairLevels[pairOf[i] ?? 0] ?? 0) - (stretchLevels[stretchOf[i] ?? 0] ?? 0)
    squares += left * left
  })
  const freedom = Math.max(rows.length / 2, rows.length - pairs.size - STRETCHES)
  const find = (row: number): number | undefined => pairs.get(`${calls.tenant[row]}/${calls.route[row]}`)
  return {
    variance: Math.max(squares / freedom, LEAST_VARIANCE),
    has: (row) => find(row) !== undefined,
    of: (row) => pairLevels[find(row) ?? -1] ?? 0,
  }
}

/** Of metrics that hardly vary: what is not chance at all still has to be a change worth a word. */
const LEAST_VARIANCE = 1e-4

function settle(levels: Float64Array, groupOf: Int32Array, left: (i: number) => number): void {
  const calls = new Float64Array(levels.length)
  levels.fill(0)
  for (let i = 0; i < groupOf.length; i += 1) {
    const group = groupOf[i] ?? 0
    calls[group] = (calls[group] ?? 0) + 1
    levels[group] = (levels[group] ?? 0) + left(i)
  }
  for (let group = 0; group < levels.length; group += 1) {
    levels[group] = (levels[group] ?? 0) / Math.max(1, calls[group] ?? 0)
  }
}

/** Pairs are levels above and below the mean call, so that the series keeps the metric's own height. */
function centre(levels: Float64Array, groupOf: Int32Array): void {
  let sum = 0
  for (const group of groupOf) sum += levels[group] ?? 0
  const mean = sum / Math.max(1, groupOf.length)
  for (let group = 0; group < levels.length; group += 1) levels[group] = (levels[group] ?? 0) - mean
}

function edgesOf({ fromMs, toMs, reloads }: BlameInput): Float64Array {
  const edges = new Set<number>()
  for (let i = 0; i <= BINS; i += 1) edges.add(fromMs + ((toMs - fromMs) * i) / BINS)
  for (const { atMs } of reloads) if (atMs > fromMs && atMs < toMs) edges.add(atMs)
  return Float64Array.from(edges).sort()
}

/** The bin that holds a moment: the last edge that is not after it. */
export function binOf(edges: Float64Array, atMs: number): number {
  let low = 0
  let high = edges.length - 2
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((edges[middle] ?? 0) <= atMs) low = middle
    else high = middle - 1
  }
  return low
}

/** From how far neighbouring blocks differ, by their median: a burst or a step is few of them, and drift is all. */
function designOf({ calls, sums, varianceAt }: Pick<Series, 'calls' | 'sums' | 'varianceAt'>): number {
  const bins = calls.length - 1
  const ratios: number[] = []
  let before: { mean: number; calls: number } | null = null
  for (let block = 0; block < BLOCKS; block += 1) {
    const from = Math.floor((block * bins) / BLOCKS)
    const to = Math.floor(((block + 1) * bins) / BLOCKS)
    const n = (calls[to] ?? 0) - (calls[from] ?? 0)
    if (n < 5) continue
    const here = { mean: ((sums[to] ?? 0) - (sums[from] ?? 0)) / n, calls: n }
    if (before !== null) {
      const expected = varianceAt((here.mean + before.mean) / 2) * (1 / n + 1 / before.calls)
      ratios.push((here.mean - before.mean) ** 2 / expected)
    }
    before = here
  }
  ratios.sort((a, b) => a - b)
  // The median of the square of a normal number is 0.455.
  return Math.max(1, (ratios[Math.floor(ratios.length / 2)] ?? 0) / 0.455)
}
