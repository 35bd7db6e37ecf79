/**
 * What one caller is counted by: the entries of `limits` and `budgets` that its key, its team and its tenant name, as a
 * flat list of counts, each with the key that it is kept under.
 *
 * Keys say who is counted and what, and no more than that takes. A budget is known by what it counts and its period, so
 * that another entry with the same period goes on where the last one was. The first entry of a level that counts
 * something is known without its name, so that a caller which is moved from one limit to another keeps what it has
 * used; only further ones need theirs to be told apart.
 *
 * Where two entries would be one count (two budgets in dollars a month), the smaller one holds: it would be the one that
 * is reached.
 *
 * Not here: taking from them (`allowance.ts`).
 */
import type { Counted, HoldAsk, Level, MostCost, Used } from '../contract/allowance.ts'
import type { Claim } from '../contract/counters.ts'
import { type Period, periodAt } from './period.ts'
import type { BudgetPeriod, BudgetSpec, LimitSpec } from './spec.ts'

export interface Numbers {
  readonly limits: ReadonlyMap<string, LimitSpec>
  readonly budgets: ReadonlyMap<string, BudgetSpec>
}

interface CountBase {
  readonly kind: Level['kind']
  readonly holder: string
  readonly entry: string
  readonly counts: Counted
  readonly shared: boolean
  readonly key: string
}

export interface RateCount extends CountBase {
  readonly of: 'rate'
  readonly rate: number
  readonly perMs: number
  readonly burst: number
}

export interface PlaceCount extends CountBase {
  readonly of: 'places'
  readonly most: number
}

export interface BudgetCount extends CountBase {
  readonly of: 'budget'
  readonly most: number
  readonly period: BudgetPeriod
  readonly timeZone: string
  readonly warnAt: number
  readonly onUnpriced: 'refuse' | 'allow'
  /** The period of the last look, and what it is counted under. */
  now: Period
  nowKey: string
}

export type Count = RateCount | PlaceCount | BudgetCount

/** How long a place may be held by a process that does not answer for it any more. */
const LEASE_MS = 60_000
const MICRO = 1_000_000
const NO_PERIOD: Period = { name: '', startsMs: Number.POSITIVE_INFINITY, endsMs: null }
const RATES = ['requests', 'inputTokens', 'outputTokens', 'tokens'] as const
const BUDGETS = ['usd', 'calls', 'tokens'] as const

/** In the order of the levels. `hasShared`: whether there are counters that are shared with other processes. */
export function countsOf(levels: readonly Level[], numbers: Numbers, hasShared: boolean): readonly Count[] {
  const byKey = new Map<string, Count>()
  const add = (it: Count): void => {
    const known = byKey.get(it.key)
    if (known === undefined || mostOf(it) < mostOf(known)) byKey.set(it.key, it)
  }
  for (const level of levels) {
    for (const entry of level.limits) {
      addLimit({ level, entry, spec: entryOf(numbers.limits, entry, level), hasShared }, byKey, add)
    }
    for (const entry of level.budgets) {
      addBudget({ level, entry, spec: entryOf(numbers.budgets, entry, level), hasShared }, add)
    }
  }
  return [...byKey.values()]
}

interface Named<Spec> {
  readonly level: Level
  readonly entry: string
  readonly spec: Spec
  readonly hasShared: boolean
}

type Add = (it: Count) => void

function addLimit(
  { level, entry, spec, hasShared }: Named<LimitSpec>,
  byKey: ReadonlyMap<string, Count>,
  add: Add,
): void {
  const { kind, name: holder } = level
  const shared = hasShared && spec.shared !== false
  for (const counts of RATES) {
    const rate = spec[counts]
    if (rate === undefined || spec.perMs === undefined) continue
    const first = `limit:${kind}:${holder}:${counts}`
    const known = byKey.get(first)
    const key = known === undefined || known.entry === entry ? first : `${first}:${entry}`
    const burst = counts === 'requests' ? (spec.burst ?? rate) : rate
    add({ of: 'rate', kind, holder, entry, counts, shared, key, rate, perMs: spec.perMs, burst })
  }
  if (spec.concurrent === undefined) return
  const key = `limit:${kind}:${holder}:concurrent`
  add({ of: 'places', kind, holder, entry, counts: 'concurrent', shared, key, most: spec.concurrent })
}

function addBudget({ level, entry, spec, hasShared }: Named<BudgetSpec>, add: Add): void {
  const { kind, name: holder } = level
  const { period, timeZone, warnAt, onUnpriced } = spec
  const shared = hasShared && spec.shared !== false
  for (const counts of BUDGETS) {
    const amount = spec[counts]
    if (amount === undefined) continue
    const most = counts === 'usd' ? Math.round(amount * MICRO) : amount
    const zone = timeZone === 'UTC' ? '' : `@${timeZone}`
    const key = `budget:${kind}:${holder}:${counts}:${period}${zone}`
    const about = { kind, holder, entry, counts, shared, key, most }
    add({ of: 'budget', ...about, period, timeZone, warnAt, onUnpriced, now: NO_PERIOD, nowKey: '' })
  }
}

function entryOf<Spec>(entries: ReadonlyMap<string, Spec>, name: string, level: Level): Spec {
  const spec = entries.get(name)
  if (spec === undefined)
    throw new TypeError(`${level.kind} ${level.name} names limit or budget ${name}, which was not compiled`)
  return spec
}

export function mostOf(it: Count): number {
  return it.of === 'rate' ? it.burst : it.most
}

/** What a call claims of a count. `nowMs`: wall. */
export function claimOf(it: Count, amount: number, { id, nowMs }: { id: string; nowMs: number }): Claim {
  const { key } = it
  if (it.of === 'rate') {
    const { rate, perMs, burst } = it
    return { kind: 'bucket', key, amount, rate, perMs, burst }
  }
  if (it.of === 'places') {
    return { kind: 'places', key, amount, most: it.most, holder: id, leaseMs: LEASE_MS }
  }
  const { endsMs } = currentPeriod(it, nowMs)
  return { kind: 'total', key: it.nowKey, amount, most: it.most, endsMs }
}

export function currentPeriod(it: BudgetCount, nowMs: number): Period {
  const { startsMs, endsMs } = it.now
  if (nowMs < startsMs || (endsMs !== null && nowMs >= endsMs)) {
    it.now = periodAt(it.period, it.timeZone, nowMs)
    it.nowKey = `${it.key}:${it.now.name}`
  }
  return it.now
}

/** What a call may come to, worked out once. */
export interface Estimate {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cost: MostCost
}

/** What is held of a count for a call that may come to this. */
export function heldOf(it: Count, estimate: Estimate): number {
  const amount = amountOf(it, estimate)
  // More than a whole period's would never be taken: such a call waits until nothing else is used, and overdraws.
  return it.of === 'rate' ? Math.min(amount, it.burst) : amount
}

function amountOf({ counts }: Count, { inputTokens, outputTokens, cost }: Estimate): number {
  switch (counts) {
    case 'requests':
    case 'calls':
    case 'concurrent':
      return 1
    case 'inputTokens':
      return inputTokens
    case 'outputTokens':
      return outputTokens
    case 'tokens':
      return inputTokens + outputTokens
    case 'usd':
      return cost.microUsd
  }
}

/** What a call has used of a count, when it is over. A request stays one, whatever became of it. */
export function usedOf({ counts }: Count, used: Used): number {
  switch (counts) {
    case 'requests':
      return 1
    case 'concurrent':
      return 0
    case 'calls':
      return used.asked ? 1 : 0
    case 'inputTokens':
      return used.inputTokens
    case 'outputTokens':
      return used.outputTokens
    case 'tokens':
      return used.inputTokens + used.outputTokens
    case 'usd':
      return used.costMicroUsd
  }
}

/** Estimating reads bodies and prices, so it is left out where nothing needs it. */
export function needsOf(counts: readonly Count[]): { readonly tokens: boolean; readonly cost: boolean } {
  const cost = counts.some((it) => it.counts === 'usd')
  const tokens = cost || counts.some((it) => /tokens/i.test(it.counts))
  return { tokens, cost }
}

/** For whoever asks what a call may come to. */
export function estimateOf(
  ask: HoldAsk,
  needs: { readonly tokens: boolean; readonly cost: boolean },
  usual: (route: string) => number,
): Estimate {
  if (!needs.tokens) return NOTHING
  const inputTokens = ask.inputTokens()
  const outputTokens = ask.outputTokens() ?? usual(ask.routeName)
  const cost = needs.cost ? ask.mostCost(inputTokens, outputTokens) : NO_COST
  return { inputTokens, outputTokens, cost }
}

const NO_COST: MostCost = Object.freeze({ microUsd: 0, isKnown: true })
const NOTHING: Estimate = Object.freeze({ inputTokens: 0, outputTokens: 0, cost: NO_COST })
