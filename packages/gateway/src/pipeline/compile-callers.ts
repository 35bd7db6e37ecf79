/**
 * Who may call, and how much: tenants, teams, keys, limits and budgets compiled to one index of callers.
 *
 * It is compiled again when one of them changed, and taken over as it is when none did, which is the most frequent
 * reload by far: with a thousand keys everything about them then costs some twenty comparisons. So what is
 * carried from version to version is the index.
 *
 * Counts belong to no version at all. They are kept by who is counted for as long as the process lives, so that other
 * numbers, another entry, or a version without the caller give nothing back.
 */
import { type Carry, type Clock, type SettingsTree, systemClock } from '@changeover/reload'
import type { Allowance, Level } from '../contract/allowance.ts'
import type { CompiledIdentity } from '../contract/compiled.ts'
import type { CounterStore } from '../contract/counters.ts'
import { compileIdentity } from '../identity/compile-identity.ts'
import { type TenantSpec, tenantSpec } from '../identity/spec.ts'
import { TokenKeeper } from '../identity/token-keeper.ts'
import { type TokensSpec, tokensSpec } from '../identity/token-spec.ts'
import { type Counters, createAllowance, createCounters } from '../policy/allowance.ts'
import { type BudgetSpec, budgetSpec, type LimitSpec, limitSpec } from '../policy/spec.ts'
import { entriesOf, entryOf } from '../settings/check.ts'
import { isOpen } from './check-access.ts'

export interface CallersInput {
  readonly carry: Carry
  /** By which tokens expire. Default: the system's. */
  readonly clock?: Clock
  /** Counts that outlive the process; without them they begin with it. */
  readonly counters?: Counters | undefined
  /** Where counts of several processes are kept; `null` where there is no such place. */
  readonly shared?: CounterStore | null
}

export function compileCallers(
  settings: SettingsTree,
  { carry, clock = systemClock, counters, shared = null }: CallersInput,
): CompiledIdentity {
  const asked = {
    limits: entriesOf(settings, 'limits', limitSpec),
    budgets: entriesOf(settings, 'budgets', budgetSpec),
    tenants: entriesOf(settings, 'tenants', tenantSpec),
    tokens: entryOf(settings, ['access', 'tokens'], tokensSpec) ?? NO_TOKENS,
    open: isOpen(settings),
    shared,
  }
  const shelf = carry.keep(
    'limit:counts',
    () => new CountShelf(counters ?? createCounters()),
    () => undefined,
  )
  const { tokens, ...rest } = asked
  const input = Object.keys(tokens).length === 0 ? rest : { ...rest, tokens: keptBy(carry, clock, tokens) }
  return carry.keep(
    shelf.keyOf(asked),
    () => compileIdentity(input, (levels) => shelf.allowanceOf(levels, asked)),
    () => undefined,
  )
}

/** What is known of tokens belongs to no version, as counts do not. */
function keptBy(carry: Carry, clock: Clock, settings: TokensSpec) {
  const keeper = carry.keep(
    'tokens:keeper',
    () => new TokenKeeper({ clock }),
    () => undefined,
  )
  return { settings, keeper }
}

const NO_TOKENS: TokensSpec = Object.freeze({})

/** What an index is compiled from. Entries are the same objects as long as they say the same. */
interface Asked {
  readonly limits: ReadonlyMap<string, LimitSpec>
  readonly budgets: ReadonlyMap<string, BudgetSpec>
  readonly tenants: ReadonlyMap<string, TenantSpec>
  readonly tokens: TokensSpec
  readonly open: boolean
  readonly shared: CounterStore | null
}

interface KnownAllowance {
  /** The entries that its levels name, in turn. */
  readonly entries: readonly unknown[]
  readonly shared: CounterStore | null
  readonly it: Allowance | null
}

/** The counts of all callers of all versions, and what was made of them last. */
class CountShelf {
  readonly #counters: Counters
  /** By levels, which are the same list as long as their settings say the same. */
  readonly #allowances = new WeakMap<readonly Level[], KnownAllowance>()
  #newest: { readonly key: string; readonly asked: Asked } | null = null
  #made = 0

  constructor(counters: Counters) {
    this.#counters = counters
  }

  /** The key of the index that is compiled from this: that of the newest, or a new one. */
  keyOf(asked: Asked): string {
    if (this.#newest === null || !isSame(this.#newest.asked, asked)) {
      this.#made += 1
      this.#newest = { key: `callers:${this.#made}`, asked }
    }
    return this.#newest.key
  }

  /** The same one as long as all that it goes by is the same. */
  allowanceOf(levels: readonly Level[], asked: Asked): Allowance | null {
    const { limits, budgets, shared } = asked
    const entries = levels.flatMap((level) => [
      ...level.limits.map((it) => limits.get(it)),
      ...level.budgets.map((it) => budgets.get(it)),
    ])
    const known = this.#allowances.get(levels)
    if (known?.shared === shared && isSameList(known.entries, entries)) return known.it
    const it = createAllowance(levels, { limits, budgets }, { ...this.#counters, shared })
    this.#allowances.set(levels, { entries, shared, it })
    return it
  }
}

function isSame(a: Asked, b: Asked): boolean {
  if (a.open !== b.open || a.shared !== b.shared || a.tokens !== b.tokens) return false
  return isSameMap(a.limits, b.limits) && isSameMap(a.budgets, b.budgets) && isSameMap(a.tenants, b.tenants)
}

function isSameMap(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  if (a === b) return true
  if (a.size !== b.size) return false
  for (const [name, it] of a) if (b.get(name) !== it) return false
  return true
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((it, i) => it === b[i])
}
