/**
 * A caller's limits and budgets: what a call may come to is held before it, and put right by what it came to.
 *
 * Invariants: a hold that is refused has taken nothing anywhere; a hold is settled once, whatever happened; the sum of
 * what was settled is the sum of what was used. A budget of calls is never overdrawn; one of money or tokens by no more
 * than what its calls under way came to beyond what was held for them.
 *
 * Counts of this process are taken first, because they answer at once and cost nothing to give back; then all that are
 * shared, in one step of theirs.
 *
 * Not here: what is counted by which key (`counts.ts`), headers (`rate-headers.ts`), the counts (`local-counters.ts`).
 */
import type {
  Allowance,
  BudgetWarning,
  Hold,
  HoldAsk,
  HoldRefused,
  Level,
  Standing,
  Used,
} from '../contract/allowance.ts'
import type { BucketClaim, Claim, Correction, CounterStore, Left, Short } from '../contract/counters.ts'
import { BudgetShares } from './budget-shares.ts'
import {
  type Count,
  claimOf,
  countsOf,
  currentPeriod,
  type Estimate,
  estimateOf,
  heldOf,
  type Numbers,
  needsOf,
  type RateCount,
  usedOf,
} from './counts.ts'
import { LocalCounters } from './local-counters.ts'
import { OutputBounds } from './output-bounds.ts'
import { type RateHeaders, rateHeaders } from './rate-headers.ts'
import { standingOf, standingsOf } from './standing.ts'

/** What outlives every version. */
export interface Counters {
  readonly local: LocalCounters
  readonly bounds: OutputBounds
  readonly shares: BudgetShares
}

export function createCounters(): Counters {
  return { local: new LocalCounters(), bounds: new OutputBounds(), shares: new BudgetShares() }
}

/** Nobody knows when a place is given back; to ask again in a second costs little. */
const PLACE_RETRY_MS = 1000

/** `null` for a caller that nothing counts. `shared`: where counts of several processes are kept, if anywhere. */
export function createAllowance(
  levels: readonly Level[],
  numbers: Numbers,
  counters: Counters & { readonly shared: CounterStore | null },
): Allowance | null {
  const { local, shared } = counters
  const counts = countsOf(levels, numbers, shared !== null)
  const [first] = counts
  if (first === undefined) return null
  if (counts.length === 1 && first.of === 'rate' && first.counts === 'requests' && !first.shared) {
    return new OneLimit(first, local)
  }
  return new ManyLimits(counts, counters)
}

const NO_WARNINGS: readonly BudgetWarning[] = Object.freeze([])

/** The caller that most callers are: one limit of requests, counted here. Takes one small object a call. */
class OneLimit implements Allowance {
  readonly #count: RateCount
  readonly #claim: BucketClaim
  readonly #local: LocalCounters
  readonly #headers: RateHeaders

  constructor(count: RateCount, local: LocalCounters) {
    this.#count = count
    this.#local = local
    this.#headers = rateHeaders([count])
    const { key, rate, perMs, burst } = count
    this.#claim = Object.freeze({ kind: 'bucket', key, amount: 1, rate, perMs, burst })
  }

  hold({ startedMono }: HoldAsk): Hold | HoldRefused {
    const left = this.#local.takeOne(this.#claim, startedMono)
    if (left >= 0) return new CountedRequest(this.#headers, left)
    const { entry: limit, holder } = this.#count
    const headers = this.#headers.of([0])
    return { refused: 'policy.limit_reached', limit, holder, retryAfterMs: -left, headers }
  }

  standing(nowMs: number, monoMs: number): readonly Standing[] {
    const [used = 0] = this.#local.read([this.#claim], nowMs, monoMs)
    return [standingOf(this.#count, used, nowMs)]
  }
}

/** A request that was counted: there is nothing to settle. */
class CountedRequest implements Hold {
  readonly #all: RateHeaders
  readonly #left: number

  constructor(all: RateHeaders, left: number) {
    this.#all = all
    this.#left = left
  }

  get headers(): readonly string[] {
    return this.#all.of([this.#left])
  }
  get tokens(): number {
    return 0
  }
  get settles(): boolean {
    return false
  }
  get warnings(): readonly BudgetWarning[] {
    return NO_WARNINGS
  }
  settle(): void {
    // A request stays one, whatever became of it.
  }
}

/** One count and what a call claims of it. */
interface Part {
  readonly count: Count
  readonly claim: Claim
}

class ManyLimits implements Allowance {
  readonly counts: readonly Count[]
  readonly counters: Counters & { readonly shared: CounterStore | null }
  readonly headers: RateHeaders
  readonly #needs: { readonly tokens: boolean; readonly cost: boolean }
  readonly #sharesSome: boolean
  readonly #refusesUnpriced: Count | null

  constructor(counts: readonly Count[], counters: Counters & { readonly shared: CounterStore | null }) {
    // Those of this process first: what is left comes back in this order.
    this.counts = [...counts.filter((it) => !it.shared), ...counts.filter((it) => it.shared)]
    this.counters = counters
    this.headers = rateHeaders(this.counts)
    this.#needs = needsOf(counts)
    this.#sharesSome = counts.some((it) => it.shared)
    this.#refusesUnpriced =
      counts.find((it) => it.of === 'budget' && it.counts === 'usd' && it.onUnpriced === 'refuse') ?? null
  }

  hold(ask: HoldAsk): Hold | HoldRefused | Promise<Hold | HoldRefused> {
    const { local, bounds, shared } = this.counters
    const estimate = estimateOf(ask, this.#needs, (route) => bounds.of(route))
    if (!estimate.cost.isKnown && this.#refusesUnpriced !== null) {
      const { entry, holder } = this.#refusesUnpriced
      return { refused: 'policy.no_price', limit: entry, holder, retryAfterMs: null, headers: [] }
    }
    const parts = this.#partsOf(ask, estimate)
    const here = this.#sharesSome ? parts.filter((it) => !it.count.shared) : parts
    const taken = local.take(here.map(claimOfPart), ask.startedAt, ask.startedMono)
    if ('short' in taken) return this.#refused(here, taken)
    if (here.length === parts.length || shared === null)
      return this.#held(ask, { parts, estimate, left: taken.left })
    return this.#holdShared(shared, { ask, parts, estimate, here, left: taken.left })
  }

  standing(nowMs: number, monoMs: number): Promise<readonly Standing[]> {
    return standingsOf(this.counts, { ...this.counters, nowMs, monoMs })
  }

  #partsOf(ask: HoldAsk, estimate: Estimate): readonly Part[] {
    const about = { id: ask.id, nowMs: ask.startedAt }
    return this.counts.map((count) => ({ count, claim: claimOf(count, heldOf(count, estimate), about) }))
  }

  async #holdShared(
    shared: CounterStore,
    { ask, parts, estimate, here, left }: Held & { readonly ask: HoldAsk; readonly here: readonly Part[] },
  ): Promise<Hold | HoldRefused> {
    const there = parts.slice(here.length)
    const giveBack = (): void =>
      this.counters.local.correct(
        here.map(({ claim }) => ({ claim, by: -claim.amount })),
        ask.startedAt,
        ask.startedMono,
      )
    let taken: Left | Short
    try {
      taken = await shared.take(there.map(claimOfPart), ask.startedAt)
    } catch {
      giveBack()
      const [first] = there
      const [limit, holder] = [first?.count.entry ?? '', first?.count.holder ?? '']
      return { refused: 'counters.unreachable', limit, holder, retryAfterMs: PLACE_RETRY_MS, headers: [] }
    }
    if (!('short' in taken)) return this.#held(ask, { parts, estimate, left: [...left, ...taken.left] })
    giveBack()
    return this.#refused(there, taken)
  }

  #held(ask: HoldAsk, held: Held): Hold {
    return new HeldCall(this, ask, held)
  }

  #refused(parts: readonly Part[], { short, retryAfterMs, left }: Short): HoldRefused {
    const part = parts[short]
    if (part === undefined) throw new TypeError('a store of counts refused a claim that was not made')
    const { entry: limit, holder, of } = part.count
    const headers = this.headers.of(
      this.counts.map((it) => left[parts.findIndex((one) => one.count === it)] ?? null),
    )
    if (of === 'budget') return { refused: 'policy.budget_spent', limit, holder, retryAfterMs, headers }
    if (of === 'rate') return { refused: 'policy.limit_reached', limit, holder, retryAfterMs, headers }
    return { refused: 'policy.too_many_at_once', limit, holder, retryAfterMs: PLACE_RETRY_MS, headers }
  }
}

interface Held {
  readonly parts: readonly Part[]
  readonly estimate: Estimate
  /** Of each count, after it was taken. */
  readonly left: readonly number[]
}

class HeldCall implements Hold {
  readonly settles = true
  readonly tokens: number
  readonly warnings: readonly BudgetWarning[]
  readonly #allowance: ManyLimits
  readonly #route: string
  readonly #left: readonly number[]
  #parts: readonly Part[]

  constructor(allowance: ManyLimits, ask: HoldAsk, { parts, estimate, left }: Held) {
    this.#allowance = allowance
    this.#route = ask.routeName
    this.#parts = parts
    this.#left = left
    this.tokens = estimate.inputTokens + estimate.outputTokens
    this.warnings = this.#lookAtBudgets(parts, left, ask.startedAt)
  }

  get headers(): readonly string[] {
    return this.#allowance.headers.of(this.#left)
  }

  /** Notes how far they are, and warns of those that came to their share; of each once in its period. */
  #lookAtBudgets(parts: readonly Part[], left: readonly number[], nowMs: number): readonly BudgetWarning[] {
    let warnings: BudgetWarning[] | null = null
    for (let i = 0; i < parts.length; i += 1) {
      const count = parts[i]?.count
      if (count === undefined || count.of !== 'budget') continue
      const share = 1 - (left[i] ?? 0) / count.most
      const period = currentPeriod(count, nowMs)
      const { entry: budget, holder, key } = count
      if (count.kind === 'tenant')
        this.#allowance.counters.shares.note(key, { budget, tenant: holder, share, endsMs: period.endsMs })
      if (share < count.warnAt || !this.#allowance.counters.shares.isFirst(key, period.name)) continue
      warnings ??= []
      warnings.push({ budget, holder, share })
    }
    return warnings ?? NO_WARNINGS
  }

  settle(used: Used): void {
    const parts = this.#parts
    if (parts.length === 0) return
    this.#parts = []
    const { local, bounds, shared } = this.#allowance.counters
    if (used.outputTokens > 0) bounds.learn(this.#route, used.outputTokens)
    const [here, there]: [Correction[], Correction[]] = [[], []]
    for (const { count, claim } of parts) {
      const by = usedOf(count, used) - claim.amount
      if (by !== 0) (count.shared ? there : here).push({ claim, by })
    }
    local.correct(here, used.nowMs, used.monoMs)
    if (there.length === 0 || shared === null) return
    void settleShared(shared, there, used.nowMs)
  }
}

/** A store owes that what it cannot count now it counts later; what it throws then is nobody's to hear. */
async function settleShared(
  store: CounterStore,
  corrections: readonly Correction[],
  nowMs: number,
): Promise<void> {
  try {
    await store.correct(corrections, nowMs)
  } catch {
    // Said by the store itself, which knows what it lost.
  }
}

function claimOfPart({ claim }: Part): Claim {
  return claim
}
