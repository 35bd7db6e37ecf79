/**
 * Budgets and limits of which what is used so far is forgotten: a count is known by whom it counts, what, by which calendar
 * and where it is kept, so a change of one of these begins it from nothing, and whoever had spent a budget may spend it
 * again. A count that is carried on, whatever its numbers, is not told of.
 *
 * Not here: what a count is known by (`policy/counts.ts`); it is asked, so that this cannot say otherwise.
 */
import type { Level } from '../../contract/allowance.ts'
import { counterStoreSpec } from '../../counters/spec.ts'
import { inherit, wayTo, wayToTeam } from '../../identity/inherit.ts'
import { type BudgetCount, type Count, countsOf } from '../../policy/counts.ts'
import { budgetSpec } from '../../policy/spec.ts'
import { entriesOf, entryOf } from '../../settings/check.ts'
import type { Warning } from '../look.ts'
import { type Check, count, type Look, pointerOf, type Sections, warn } from './check.ts'

export const countsAnew: Check = (look) => {
  const sections = ['budgets', 'limits', 'tenants', 'counters']
  if (!sections.some((it) => look.touches(it))) return []
  const [was, now] = [kept(look.before), kept(look.after)]
  return [...storeMoved(was, now), ...budgetsAnew(look, was, now), ...limitsMoved(look, was, now)]
}

interface Kept {
  /** Which, as its settings say it: an address may be a reference. `null`: each process counts for itself. */
  readonly store: string | null
  readonly counts: readonly Count[]
}

function kept(sections: Sections): Kept {
  const store = entryOf(sections.tree, ['counters', 'store'], counterStoreSpec) ?? null
  const numbers = { limits: sections.limits, budgets: entriesOf(sections.tree, 'budgets', budgetSpec) }
  const counts = new Map<string, Count>()
  for (const level of levelsOf(sections)) {
    for (const it of countsOf([level], numbers, store !== null)) counts.set(it.key, it)
  }
  return { store: store === null ? null : JSON.stringify(store), counts: [...counts.values()] }
}

/** All that anything counts; a level that many keys have is there once for each. */
function* levelsOf({ tenants }: Sections): Iterable<Level> {
  for (const [name, tenant] of tenants) {
    yield* inherit(wayToTeam(name, tenant, undefined)).levels
    for (const team of Object.keys(tenant.teams)) yield* inherit(wayToTeam(name, tenant, team)).levels
    for (const key of Object.keys(tenant.keys)) yield* inherit(wayTo(name, tenant, key)).levels
  }
}

/** Those that are kept in a store before and after, which is another one. */
function storeMoved(was: Kept, now: Kept): Warning[] {
  if (was.store === now.store || was.store === null || now.store === null) return []
  const moved = now.counts.filter(
    (it) => it.shared && was.counts.some((old) => old.shared && old.key === it.key),
  )
  if (moved.length === 0) return []
  const text = `limits and budgets will be counted in another store, where they begin from nothing: ${sayHolders(moved)}`
  return [warn('plan.counts_anew', '/counters/store', { text, numbers: { counts: moved.length } })]
}

function budgetsAnew(look: Look, was: Kept, now: Kept): Warning[] {
  const moved = now.counts.filter(isBudget).flatMap((it) => {
    const old = was.counts.filter(isBudget).filter((one) => isSameHolder(one, it))
    return old.length > 0 && !old.some((one) => one.key === it.key) ? [{ it, old: old[0] }] : []
  })
  return [...groupBy(moved, ({ it }) => it.entry)].map(([entry, all]) => {
    const [first] = all
    const text = `budget ${entry} counts from nothing: by the calendar of ${sayPeriod(first?.it)} instead of ${sayPeriod(first?.old)}; what was used so far is in no count of ${sayHolders(all.map(({ it }) => it))}`
    return warn('plan.counts_anew', budgetPointer(look, entry), { text, numbers: { counts: all.length } })
  })
}

/** From each process for itself to a store or back, by the entry's own word or because there is a store now. */
function limitsMoved(look: Look, was: Kept, now: Kept): Warning[] {
  const moved = now.counts.filter((it) =>
    was.counts.some((old) => old.key === it.key && old.shared !== it.shared),
  )
  return [...groupBy(moved, (it) => (isBudget(it) ? `budgets ${it.entry}` : `limits ${it.entry}`))].map(
    ([name, all]) => {
      const [section = '', entry = ''] = name.split(' ', 2)
      const where = all[0]?.shared === true ? 'together with other processes' : 'by each process for itself'
      const text = `${section === 'budgets' ? 'budget' : 'limit'} ${entry} will be counted ${where}, from nothing: ${sayHolders(all)}`
      const own = pointerOf(section, entry, 'shared')
      const pointer = look.touches(section, entry, 'shared') ? own : '/counters/store'
      return warn('plan.counts_anew', pointer, { text, numbers: { counts: all.length } })
    },
  )
}

function budgetPointer(look: Look, entry: string): string {
  const field = ['period', 'timeZone'].find((it) => look.touches('budgets', entry, it))
  if (field !== undefined) return pointerOf('budgets', entry, field)
  return look.touches('budgets', entry) ? pointerOf('budgets', entry) : '/tenants'
}

function isBudget(it: Count): it is BudgetCount {
  return it.of === 'budget'
}

function isSameHolder(a: BudgetCount, b: BudgetCount): boolean {
  return a.kind === b.kind && a.holder === b.holder && a.counts === b.counts
}

function sayPeriod(it: BudgetCount | undefined): string {
  if (it === undefined) return 'none'
  return it.period === 'total' ? 'no period' : `the ${it.period} in ${it.timeZone}`
}

/** `tenant acme, key acme/ci and 3 more` */
function sayHolders(counts: readonly Count[]): string {
  const names = [...new Set(counts.map(({ kind, holder }) => `${kind} ${holder}`))]
  const more = names.length - MOST_NAMED
  return names.slice(0, MOST_NAMED).join(', ') + (more > 0 ? ` and ${count(more, 'other')}` : '')
}

const MOST_NAMED = 3

function groupBy<It>(all: readonly It[], nameOf: (it: It) => string): ReadonlyMap<string, readonly It[]> {
  const groups = new Map<string, It[]>()
  for (const it of all) {
    const group = groups.get(nameOf(it))
    if (group === undefined) groups.set(nameOf(it), [it])
    else group.push(it)
  }
  return groups
}
