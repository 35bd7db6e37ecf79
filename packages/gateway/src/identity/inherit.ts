/**
 * What of a tenant and a team holds for a key: the one place where the rules of three levels become one.
 *
 * Lists of what is allowed are cut to what every level names, so a key can only narrow; a level that names none allows
 * all that the one above does. What counts (limits, budgets) counts at each level for itself. What is one value is that
 * of the nearest level that says it.
 *
 * Not here: counting (`policy/`); levels are handed on as names.
 */
import type { Level } from '../contract/allowance.ts'
import type { KeySpec, TeamSpec, TenantSpec } from './spec.ts'

/** One level, named as its count is: `acme`, `acme/research`, `acme/ci`. */
export interface LevelRules {
  readonly kind: Level['kind']
  readonly name: string
  readonly rules: Pick<TenantSpec, 'enabled' | 'allow' | 'regions' | 'limits' | 'budgets'> &
    Pick<KeySpec | TeamSpec | TenantSpec, 'limit' | 'priority'>
}

export interface Inherited {
  readonly enabled: boolean
  /** `null` allows all. */
  readonly allow: ReadonlySet<string> | null
  readonly regions: ReadonlySet<string> | undefined
  readonly priority: number | undefined
  /** Those that count something, the tenant first. */
  readonly levels: readonly Level[]
}

/** `way` leads from the tenant to the key. */
export function inherit(way: readonly LevelRules[]): Inherited {
  const limit = nearest(way, (it) => it.rules.limit)
  const last = way.at(-1)
  const levels = way.map(({ kind, name, rules }) => {
    // The limit of each key counts that key, wherever it was named.
    const own = limit !== undefined && name === last?.name && kind === last.kind ? [limit] : []
    return { kind, name, limits: [...new Set([...own, ...rules.limits])], budgets: [...rules.budgets] }
  })
  return {
    enabled: way.every((it) => it.rules.enabled),
    allow: inAll(way.map((it) => it.rules.allow)) ?? null,
    regions: inAll(way.map((it) => it.rules.regions)),
    priority: nearest(way, (it) => it.rules.priority),
    levels: levels.filter((it) => it.limits.length + it.budgets.length > 0),
  }
}

/** What every list holds; `undefined` where there is no list at all. */
export function inAll(lists: readonly (readonly string[] | undefined)[]): ReadonlySet<string> | undefined {
  const [first, ...more] = lists.filter((it) => it !== undefined)
  if (first === undefined) return undefined
  return new Set(first.filter((name) => more.every((it) => it.includes(name))))
}

function nearest<T>(way: readonly LevelRules[], read: (it: LevelRules) => T | undefined): T | undefined {
  return way.map(read).findLast((it) => it !== undefined)
}

/** From the tenant to one of its keys. */
export function wayTo(tenantName: string, tenant: TenantSpec, keyName: string): readonly LevelRules[] {
  const key = tenant.keys[keyName]
  const own =
    key === undefined ? [] : [{ kind: 'key' as const, name: `${tenantName}/${keyName}`, rules: key }]
  return [...wayToTeam(tenantName, tenant, key?.team), ...own]
}

/** From the tenant to one of its teams, or no further than the tenant. */
export function wayToTeam(
  tenantName: string,
  tenant: TenantSpec,
  teamName: string | undefined,
): readonly LevelRules[] {
  const team =
    teamName !== undefined && Object.hasOwn(tenant.teams, teamName) ? tenant.teams[teamName] : undefined
  const top: LevelRules = { kind: 'tenant', name: tenantName, rules: tenant }
  return team === undefined ? [top] : [top, { kind: 'team', name: `${tenantName}/${teamName}`, rules: team }]
}
