/**
 * How counts stand, for people who look: what each level may take, has taken and has left. One question to each store,
 * however many levels there are.
 */
import type { Level, Standing } from '../contract/allowance.ts'
import type { CounterStore } from '../contract/counters.ts'
import { type Count, claimOf, countsOf, currentPeriod, mostOf, type Numbers } from './counts.ts'
import type { LocalCounters } from './local-counters.ts'

export interface StandingInput {
  readonly levels: readonly Level[]
  readonly numbers: Numbers
  readonly local: LocalCounters
  readonly shared: CounterStore | null
  readonly nowMs: number
  readonly monoMs: number
}

/** In the order of the levels. Rejects where the shared counts cannot be reached. */
export async function readStanding(it: StandingInput): Promise<readonly Standing[]> {
  return standingsOf(countsOf(it.levels, it.numbers, it.shared !== null), it)
}

export async function standingsOf(
  counts: readonly Count[],
  { local, shared, nowMs, monoMs }: Omit<StandingInput, 'levels' | 'numbers'>,
): Promise<readonly Standing[]> {
  const claimsOf = (some: readonly Count[]) => some.map((count) => claimOf(count, 0, { id: '', nowMs }))
  const [here, there] = [counts.filter((it) => !it.shared), counts.filter((it) => it.shared)]
  const usedHere = local.read(claimsOf(here), nowMs, monoMs)
  const usedThere = there.length === 0 || shared === null ? [] : await shared.read(claimsOf(there), nowMs)
  const used = new Map<Count, number>()
  for (const [i, count] of here.entries()) used.set(count, usedHere[i] ?? 0)
  for (const [i, count] of there.entries()) used.set(count, usedThere[i] ?? 0)
  return counts.map((count) => standingOf(count, used.get(count) ?? 0, nowMs))
}

export function standingOf(count: Count, used: number, nowMs: number): Standing {
  const { kind, holder, entry, counts, shared } = count
  const most = mostOf(count)
  const base = { kind, holder, entry, counts, shared, most, used, left: Math.max(0, most - used) }
  if (count.of !== 'budget') {
    const perMs = count.of === 'rate' ? count.perMs : null
    return { ...base, of: 'limit', perMs, period: null, endsMs: null }
  }
  const { endsMs } = currentPeriod(count, nowMs)
  return { ...base, of: 'budget', perMs: null, period: count.period, endsMs }
}
