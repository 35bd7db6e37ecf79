/**
 * What each thing that a gateway does beside passing on costs: one at a time on top of nothing, and then all at once.
 *
 * Not here: how two settings are compared (`crossing.ts`).
 */
import { benchTenants } from './candidates/settings.ts'

export interface Cost {
  readonly name: string
  readonly says: string
  /** A merge patch on top of `BARE`. */
  readonly change: object
  /** Each request differs from all others. */
  readonly distinct?: boolean
  /** A floor holds it (`floors.json`). */
  readonly isHeld?: boolean
}

/** Whoever comes may call, nothing is counted, kept, looked at or recorded. */
const BARE = {
  access: { callers: 'anyone' },
  tenants: null,
  calls: { record: { enabled: false } },
  limits: null,
  budgets: null,
  cache: null,
  guardrails: null,
  routes: { bench: { cache: null, guardrails: null } },
}

const limits = { plenty: { requests: 1_000_000_000, perMs: 60_000 } }
const budgets = { plenty: { usd: 1_000_000, period: 'month' } }
const cache = { kept: { sampled: true } }
const guardrails = {
  usual: {
    guards: [
      { kind: 'secrets', action: 'mask' },
      { kind: 'pii', action: 'mask' },
    ],
  },
}
const record = { calls: { record: { enabled: true } } }
const known = { access: { callers: 'known' } }

export const costs: readonly Cost[] = [
  { name: 'keys', says: '1,000 keys, one of which calls', change: { ...known, tenants: benchTenants({}) } },
  {
    name: 'limits',
    says: 'keys, and a limit of requests for each',
    change: { ...known, limits, tenants: benchTenants({ limit: 'plenty' }) },
  },
  {
    name: 'budget',
    says: 'keys, and a budget in dollars for each tenant',
    change: { ...known, budgets, tenants: benchTenants({ budgets: ['plenty'] }) },
  },
  { name: 'record', says: 'a record of each call', change: record },
  {
    name: 'cache-hit',
    says: 'answered from the cache',
    change: { cache, routes: { bench: { cache: 'kept' } } },
  },
  {
    name: 'cache-miss',
    says: 'looked for in the cache, and kept',
    change: { cache, routes: { bench: { cache: 'kept' } } },
    distinct: true,
  },
  {
    name: 'guardrail',
    says: 'request and answer looked through for credentials and personal data',
    change: { guardrails, routes: { bench: { guardrails: ['usual'] } } },
  },
  {
    name: 'everything',
    says: 'keys, limit, budget, record, cache (missed), guardrail',
    change: {
      ...known,
      ...record,
      limits,
      budgets,
      cache,
      guardrails,
      tenants: benchTenants({ limit: 'plenty', budgets: ['plenty'] }),
      routes: { bench: { cache: 'kept', guardrails: ['usual'] } },
    },
    distinct: true,
    isHeld: true,
  },
]

/** The settings with nothing, as one patch from any other; or with one of these on top, as one patch from nothing. */
export function patchFor(cost: Cost | null): object {
  return cost === null ? BARE : merge(BARE, cost.change)
}

type Tree = Readonly<Record<string, unknown>>

function merge(below: Tree, above: object): Tree {
  const merged: Record<string, unknown> = { ...below }
  for (const [name, it] of Object.entries(above)) {
    const under = merged[name]
    merged[name] = isTree(under) && isTree(it) ? merge(under, it) : (it as unknown)
  }
  return merged
}

function isTree(it: unknown): it is Tree {
  return typeof it === 'object' && it !== null && !Array.isArray(it)
}
