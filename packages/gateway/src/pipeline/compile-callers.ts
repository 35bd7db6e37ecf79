/**
 * Who may call, and how often: tenants, teams, keys and limits compiled to one index of callers.
 *
 * It is compiled again when one of them changed, and taken over as it is when none did, which is the most frequent
 * reload by far: with a thousand keys everything about them then costs some twenty comparisons. So what is
 * carried from version to version is the index, and the index holds the counts of its keys.
 *
 * Counts are kept by who is counted, so that other numbers for a limit do not give anything back. A count goes when
 * no index that is alive holds it.
 */
import type { Carry, SettingsTree } from '@changeover/reload'
import type { Level } from '../contract/allowance.ts'
import type { CompiledIdentity } from '../contract/compiled.ts'
import type { Limiter } from '../contract/limiter.ts'
import { compileIdentity } from '../identity/compile-identity.ts'
import { type TenantSpec, tenantSpec } from '../identity/spec.ts'
import { createLimiter, createRequestCount, type RequestCount } from '../policy/request-limit.ts'
import { type LimitSpec, limitSpec } from '../policy/spec.ts'
import { entriesOf } from '../settings/check.ts'
import { isOpen } from './check-access.ts'

export function compileCallers(settings: SettingsTree, carry: Carry): CompiledIdentity {
  const asked = {
    limits: entriesOf(settings, 'limits', limitSpec),
    tenants: entriesOf(settings, 'tenants', tenantSpec),
    open: isOpen(settings),
  }
  const shelf = carry.keep(
    'limit:counts',
    () => new CountShelf(),
    () => undefined,
  )
  const { key } = shelf.lookUp(asked)
  return carry.keep(
    key,
    () => new Callers(shelf, asked),
    (it) => it.giveBack(),
  ).identity
}

/** What an index is compiled from. Entries are the same objects as long as they say the same. */
interface Asked {
  readonly limits: ReadonlyMap<string, LimitSpec>
  readonly tenants: ReadonlyMap<string, TenantSpec>
  readonly open: boolean
}

interface Counted {
  readonly keptAs: string
  readonly count: RequestCount
  holders: number
}

/** The counts of all keys of all versions that are alive. */
class CountShelf {
  readonly #counts = new Map<string, Counted>()
  #newest: { readonly key: string; readonly asked: Asked } | null = null
  #made = 0

  /** The key of the index that is compiled from this: that of the newest, or a new one. */
  lookUp(asked: Asked): { readonly key: string } {
    if (this.#newest === null || !isSame(this.#newest.asked, asked)) {
      this.#made += 1
      this.#newest = { key: `callers:${this.#made}`, asked }
    }
    return this.#newest
  }

  take(keptAs: string): Counted {
    const counted = this.#counts.get(keptAs) ?? { keptAs, count: createRequestCount(), holders: 0 }
    this.#counts.set(keptAs, counted)
    counted.holders += 1
    return counted
  }

  leave(counted: Counted): void {
    counted.holders -= 1
    if (counted.holders === 0) this.#counts.delete(counted.keptAs)
  }
}

/** An index of callers, and its hold on their counts. */
class Callers {
  readonly identity: CompiledIdentity
  readonly #shelf: CountShelf
  readonly #limits: Asked['limits']
  readonly #held: Counted[] = []

  constructor(shelf: CountShelf, { limits, tenants, open }: Asked) {
    this.#shelf = shelf
    this.#limits = limits
    this.identity = compileIdentity({ tenants, open }, (levels) => this.#limiterOf(levels))
  }

  giveBack(): void {
    for (const it of this.#held.splice(0)) this.#shelf.leave(it)
  }

  #limiterOf(levels: readonly Level[]): Limiter | null {
    const all = levels.flatMap((level) => level.limits.map((limit, i) => this.#countedBy(level, limit, i)))
    return all.length < 2 ? (all[0] ?? null) : { take: (nowMs) => takeAll(all, nowMs) }
  }

  /** The first limit of a level goes on with the count of the one that stood there before. */
  #countedBy({ kind, name }: Level, limit: string, i: number): Limiter {
    const numbers = this.#limits.get(limit)
    if (numbers === undefined)
      throw new TypeError(`${kind} ${name} names limit ${limit}, which was not compiled`)
    const counted = this.#shelf.take(i === 0 ? `limit:${kind}:${name}` : `limit:${kind}:${name}:${limit}`)
    this.#held.push(counted)
    return limiterOf(counted.count, numbers)
  }
}

/** The first that refuses; what those before it took stays taken. */
function takeAll(all: readonly Limiter[], nowMs: number): ReturnType<Limiter['take']> {
  for (const it of all) {
    const refused = it.take(nowMs)
    if (refused !== null) return refused
  }
  return null
}

function isSame(a: Asked, b: Asked): boolean {
  return a.open === b.open && isSameMap(a.limits, b.limits) && isSameMap(a.tenants, b.tenants)
}

function isSameMap(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): boolean {
  if (a.size !== b.size) return false
  for (const [name, it] of a) if (b.get(name) !== it) return false
  return true
}

/** The limiter that a count has under certain numbers: as long as both stay, it does too. */
const knownLimiters = new WeakMap<RequestCount, { readonly numbers: LimitSpec; readonly it: Limiter }>()

function limiterOf(count: RequestCount, numbers: LimitSpec): Limiter {
  const known = knownLimiters.get(count)
  if (known?.numbers === numbers) return known.it
  const it = createLimiter(count, numbers)
  knownLimiters.set(count, { numbers, it })
  return it
}
