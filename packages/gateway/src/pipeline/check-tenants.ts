/**
 * Whether what tenants, teams and keys name exists, and whether a key is left anything to call: each with the place of
 * the setting that is wrong. And no two keys are the same, those that were replaced among them.
 *
 * What a tenant says is worked out once while it stays the same; what exists is looked at each time, because that
 * changes without the tenant.
 *
 * Not here: what each entry looks like by itself (`settings/check.ts`).
 */
import { type Issue, pointTo, type SettingsTree } from '@changeover/reload'
import { parseApiName } from '../apis/api-name.ts'
import { inAll, type LevelRules, wayTo, wayToTeam } from '../identity/inherit.ts'
import { type TenantSpec, tenantSpec } from '../identity/spec.ts'
import { tokensSpec } from '../identity/token-spec.ts'
import { providerSpec } from '../providers/spec.ts'
import { modelSpec, routeSpec } from '../routing/spec.ts'
import { entriesOf, entryOf } from '../settings/check.ts'
import { wrong } from '../settings/issue-texts.ts'
import { at, dangling, type Known, namesOf } from './reference-issues.ts'

type Tenants = ReadonlyMap<string, TenantSpec>
/** What can be named, by the field that names it. */
type NamedIn = 'allow' | 'regions' | 'limits' | 'budgets'
type NamesOfField = Known & { readonly has: ReadonlySet<string> }

export function checkTenants(tree: SettingsTree): readonly Issue[] {
  const tenants = entriesOf(tree, 'tenants', tenantSpec)
  const tokens = unknownTenants(tree)
  if (tenants.size === 0) return tokens
  const known = new KnownNames(tree)
  const named: Issue[] = []
  const own: Issue[] = []
  tenants.forEach((it, name) => {
    const facts = factsOf(name, it)
    for (const { field, pointer, value } of facts.names) {
      const names = known.in(field)
      if (!names.has.has(value)) named.push(dangling(pointer, value, names))
    }
    own.push(...facts.issues)
  })
  return [...named, ...own, ...tokens, ...(areKeysDifferent(tenants) ? [] : sameKeys(tenants))]
}

/** Tenants that tokens lead to. */
function unknownTenants(tree: SettingsTree): readonly Issue[] {
  const names = namesOf(tree, 'tenants')
  return Object.entries(entryOf(tree, ['access', 'tokens'], tokensSpec) ?? {}).flatMap(
    ([name, { tenant }]) => {
      if (tenant === undefined || names.includes(tenant)) return []
      const pointer = pointTo(at('access', 'tokens'), name)
      return [dangling(`${pointer}/tenant`, tenant, { what: 'tenants', names })]
    },
  )
}

/** What there is to be named, looked up when a tenant names something of it. */
class KnownNames {
  readonly #tree: SettingsTree
  readonly #found = new Map<NamedIn, NamesOfField>()

  constructor(tree: SettingsTree) {
    this.#tree = tree
  }

  in(field: NamedIn): NamesOfField {
    const known = this.#found.get(field)
    if (known !== undefined) return known
    const { what, names } = this.#look(field)
    const found = { what, names, has: new Set(names) }
    this.#found.set(field, found)
    return found
  }

  #look(field: NamedIn): Known {
    const tree = this.#tree
    if (field === 'limits' || field === 'budgets') return { what: field, names: namesOf(tree, field) }
    if (field === 'allow') return { what: 'routes, models or APIs', names: callableNames(tree) }
    const regions = [...entriesOf(tree, 'models', modelSpec).values()].flatMap((it) => it.region ?? [])
    return { what: 'regions of models', names: [...new Set(regions)] }
  }
}

function callableNames(tree: SettingsTree): readonly string[] {
  const aliases = [...entriesOf(tree, 'routes', routeSpec).values()].flatMap((it) => it.aliases)
  const passed = [...entriesOf(tree, 'providers', providerSpec)].flatMap(([name, it]) =>
    it.passThrough ? [`providers/${name}`] : [],
  )
  const published = namesOf(tree, 'apis').flatMap((it) => {
    const name = parseApiName(it)?.name
    return name === undefined ? [] : [`apis/${name}`]
  })
  return [
    ...namesOf(tree, 'routes'),
    ...aliases,
    ...namesOf(tree, 'models'),
    ...passed,
    ...new Set(published),
  ]
}

/** What there is to check in a tenant. */
interface TenantFacts {
  readonly names: readonly { readonly field: NamedIn; readonly pointer: string; readonly value: string }[]
  /** Wrong whatever else there is. */
  readonly issues: readonly Issue[]
  readonly hashes: readonly { readonly pointer: string; readonly hash: string }[]
}

/** By settings, which are the same object while they say the same. */
const knownFacts = new WeakMap<TenantSpec, TenantFacts & { readonly name: string }>()

function factsOf(name: string, tenant: TenantSpec): TenantFacts {
  const known = knownFacts.get(tenant)
  if (known?.name === name) return known
  const here = at('tenants', name)
  const levels = levelsOf(here, name, tenant)
  const facts = {
    name,
    names: levels.flatMap(({ pointer, rules }) => namesIn(pointer, rules)),
    issues: [...unknownTeams(here, tenant), ...levels.flatMap((it) => leftWithNothing(it))],
    hashes: hashesOf(here, tenant),
  }
  knownFacts.set(tenant, facts)
  return facts
}

interface LevelAt extends LevelRules {
  readonly pointer: string
  readonly way: readonly LevelRules[]
}

function levelsOf(here: string, name: string, tenant: TenantSpec): readonly LevelAt[] {
  const levels = (section: 'teams' | 'keys', wayOf: (entry: string) => readonly LevelRules[]): LevelAt[] =>
    Object.keys(tenant[section]).flatMap((entry) => {
      const way = wayOf(entry)
      const last = way.at(-1)
      return last === undefined ? [] : [{ ...last, way, pointer: pointTo(`${here}/${section}`, entry) }]
    })
  const top = { kind: 'tenant' as const, name, rules: tenant }
  return [
    { ...top, way: [top], pointer: here },
    ...levels('teams', (it) => wayToTeam(name, tenant, it)),
    ...levels('keys', (it) => wayTo(name, tenant, it)),
  ]
}

function namesIn(pointer: string, rules: LevelRules['rules']): TenantFacts['names'] {
  const list = (field: NamedIn, names: readonly string[] = []) =>
    names.map((value, i) => ({ field, pointer: `${pointer}/${field}/${i}`, value }))
  const limit =
    rules.limit === undefined
      ? []
      : [{ field: 'limits' as const, pointer: `${pointer}/limit`, value: rules.limit }]
  return [
    ...limit,
    ...list('allow', rules.allow),
    ...list('regions', rules.regions),
    ...list('limits', rules.limits),
    ...list('budgets', rules.budgets),
  ]
}

function unknownTeams(here: string, tenant: TenantSpec): readonly Issue[] {
  const names = Object.keys(tenant.teams)
  return Object.entries(tenant.keys).flatMap(([name, { team }]) => {
    if (team === undefined || names.includes(team)) return []
    return [dangling(`${pointTo(`${here}/keys`, name)}/team`, team, { what: 'teams of this tenant', names })]
  })
}

/** Lists that have nothing in common are a mistake: who is to call nothing is switched off. */
function leftWithNothing({ way, pointer, rules }: LevelAt): readonly Issue[] {
  return (['allow', 'regions'] as const).flatMap((field) => {
    const own = rules[field]
    const left = inAll(way.map((it) => it.rules[field]))
    if (own === undefined || own.length === 0 || left === undefined || left.size > 0) return []
    const above = inAll(way.slice(0, -1).map((it) => it.rules[field])) ?? []
    const expected = `one of ${[...above].join(', ')} among them, which is all that the levels above leave`
    return [wrong(`${pointer}/${field}`, `"${own.join('", "')}"`, expected)]
  })
}

function hashesOf(here: string, tenant: TenantSpec): TenantFacts['hashes'] {
  return Object.entries(tenant.keys).flatMap(([name, key]) => {
    const pointer = pointTo(`${here}/keys`, name)
    return [
      { pointer, hash: key.hash },
      ...key.previous.map(({ hash }, i) => ({ pointer: `${pointer}/previous/${i}`, hash })),
    ]
  })
}

/** The short way, for the thousand keys that stand behind every reload; the long one says what is wrong. */
function areKeysDifferent(tenants: Tenants): boolean {
  if (different.has(tenants)) return true
  const hashes = new Set<string>()
  let count = 0
  for (const [name, tenant] of tenants) {
    const facts = factsOf(name, tenant)
    for (const it of facts.hashes) hashes.add(it.hash)
    count += facts.hashes.length
  }
  if (hashes.size !== count) return false
  different.add(tenants)
  return true
}

/** Tenants, as `entriesOf` has given them out, which it does once for a section that stays the same. */
const different = new WeakSet<Tenants>()

function sameKeys(tenants: Tenants): readonly Issue[] {
  const pointers = new Map<string, string>()
  return [...tenants].flatMap(([name, tenant]) =>
    factsOf(name, tenant).hashes.flatMap(({ pointer, hash }) => {
      const twin = pointers.get(hash)
      if (twin !== undefined)
        return [wrong(`${pointer}/hash`, `the hash that ${twin} has too`, 'a key of its own')]
      pointers.set(hash, pointer)
      return []
    }),
  )
}
