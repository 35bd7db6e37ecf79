/**
 * How probable it is, for each reload, that the metric jumped for good when it came into force.
 *
 * All that may have happened in the window is weighed at once, by going through time forwards and backwards (the way of hidden
 * Markov models): drift, incidents that come and go, jumps that nobody made, jumps with any of the reloads. A jump with a
 * reload is the likelier the more exactly it lies there, since a jump that nobody made could lie anywhere; and two reloads one
 * second apart share what cannot be told apart. Nothing is cut into stretches first, so nothing is lost by cutting wrongly.
 *
 * Not here: when it is enough for blame (`blame.ts`).
 */
import { Grid } from './blame-grid.ts'
import type { Series } from './blame-series.ts'

export interface Step {
  readonly probability: number
  /** Logarithms of the metric before it, and of how many times as much it is after; both if it jumped. */
  readonly before: number
  readonly difference: number
  /** Standard error of `difference`. */
  readonly error: number
}

/** Jumps that reloads are taken to make in a window, all together, before anything is seen; and the most for one of them. */
const EXPECTED = 0.5
const MOST = 0.1

/** `edges`: where reloads lie in the series, between its first and its last; in any order, and repeated where several share one. */
export function stepsOf(series: Series, edges: readonly number[]): readonly Step[] {
  const grid = new Grid(series)
  const each = Math.min(MOST, EXPECTED / Math.max(1, edges.length))
  const jumpAt = new Float64Array(series.edges.length)
  for (let bin = 1; bin < jumpAt.length; bin += 1) jumpAt[bin] = grid.strayJump(bin)
  for (const edge of edges) jumpAt[edge] = Math.min(0.5, (jumpAt[edge] ?? 0) + each)
  const past = forwards({ grid, series, jumpAt, edges })
  const found = new Map<number, Step>()
  backwards({ grid, series, jumpAt, edges }, (edge, future) => {
    const before = past.get(edge)
    if (before !== undefined)
      found.set(edge, stepAt(grid, { before, future, each, bin: edge, jump: jumpAt[edge] ?? 0 }))
  })
  return edges.map((edge) => found.get(edge) ?? none)
}

const none: Step = { probability: 0, before: 0, difference: 0, error: Number.POSITIVE_INFINITY }

interface Walk {
  readonly grid: Grid
  readonly series: Series
  /** Probability of a jump at each edge. */
  readonly jumpAt: Float64Array
  readonly edges: readonly number[]
}

/** By edge: how probable each state was right before it, by all that had been seen till then. */
function forwards({ grid, series, jumpAt, edges }: Walk): ReadonlyMap<number, Float64Array> {
  const kept = new Map<number, Float64Array>()
  const wanted = new Set(edges)
  const now = new Float64Array(grid.states).fill(UNLIKELY).fill(1, 0, grid.levels)
  const next = new Float64Array(grid.states)
  grid.observe(now, 0)
  for (let bin = 1; bin < series.edges.length - 1; bin += 1) {
    grid.incidents(now, next, { bin, back: false })
    if (wanted.has(bin)) kept.set(bin, next.slice())
    grid.move(next, now, { bin, jump: jumpAt[bin] ?? 0 })
    grid.observe(now, bin)
  }
  return kept
}

/** Of a window that begins within an incident. */
const UNLIKELY = 1e-3

/** Tells at each wanted edge how likely all that was seen from it on is, by the state right after it. */
function backwards(
  { grid, series, jumpAt, edges }: Walk,
  tell: (edge: number, future: Float64Array) => void,
): void {
  const wanted = new Set(edges)
  const now = new Float64Array(grid.states).fill(1)
  const before = new Float64Array(grid.states)
  for (let bin = series.edges.length - 2; bin > 0; bin -= 1) {
    grid.observe(now, bin)
    if (wanted.has(bin)) tell(bin, now)
    grid.move(now, before, { bin, jump: jumpAt[bin] ?? 0 })
    grid.incidents(before, now, { bin, back: true })
  }
}

interface Meeting {
  readonly before: Float64Array
  readonly future: Float64Array
  readonly bin: number
  /** Probability beforehand that one reload made a jump; and that there is one at all. */
  readonly each: number
  readonly jump: number
}

function stepAt(grid: Grid, { before, future, bin, each, jump }: Meeting): Step {
  const moved = new Float64Array(grid.states)
  grid.move(future, moved, { bin, jump })
  const all = product(before, moved)
  grid.jump(future, moved)
  const jumped = product(before, moved)
  return { probability: (each * jumped) / all, ...sizeOf(grid, before, future) }
}

function product(one: Float64Array, other: Float64Array): number {
  let sum = 0
  for (let i = 0; i < one.length; i += 1) sum += (one[i] ?? 0) * (other[i] ?? 0)
  return sum
}

/** States that are less probable than this add nothing to the size of a jump. */
const NEGLIGIBLE = 1e-9

/** Mean and spread of the jump, given that there was one. */
function sizeOf(grid: Grid, before: Float64Array, future: Float64Array): Omit<Step, 'probability'> {
  const { levels } = grid
  const ways = Array.from({ length: levels }, (_, by) => grid.jumpBy(by))
  let all = 0
  let start = 0
  let size = 0
  let squares = 0
  for (let state = 0; state < grid.states; state += 1) {
    const here = before[state] ?? 0
    if (here < NEGLIGIBLE) continue
    const level = state % levels
    const first = state - level
    for (let to = 0; to < levels; to += 1) {
      const weight = here * (ways[Math.abs(to - level)] ?? 0) * (future[first + to] ?? 0)
      const by = grid.valueOf(to) - grid.valueOf(level)
      all += weight
      start += weight * grid.valueOf(level)
      size += weight * by
      squares += weight * by * by
    }
  }
  if (all === 0) return none
  const difference = size / all
  const error = Math.sqrt(Math.max(0, squares / all - difference * difference))
  return { before: start / all, difference, error: Math.max(error, LEAST_ERROR) }
}

/** No jump is known more exactly, since levels lie on a grid. */
const LEAST_ERROR = 0.01
