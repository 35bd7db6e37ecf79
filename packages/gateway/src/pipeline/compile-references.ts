/**
 * What one setting says of another: a model's provider, a route's models and context, a tenant's limits.
 * All that points nowhere is told at once, with the nearest name that exists.
 *
 * Also here, because they need all rooms or the version before: a published context does not change, and
 * no two keys are the same.
 *
 * Not here: what each entry looks like by itself (`settings/check.ts`). Entries that are wrong by
 * themselves are left out here, but their names count, so that one mistake is told once.
 */
import { type Issue, nearest, pointTo, type SettingsTree } from '@changeover/reload'
import { undeclaredVariables } from '../contexts/check-context.ts'
import {
  CONTEXT_RANGE_EXPECTED,
  nextFree,
  parseContextRange,
  resolveContext,
  versionsByName,
} from '../contexts/context-name.ts'
import { contextSpec } from '../contexts/spec.ts'
import { sayError as sayGatewayError } from '../errors.ts'
import { type TenantSpec, tenantSpec } from '../identity/spec.ts'
import { providerSpec } from '../providers/spec.ts'
import { modelSpec, type RouteSpec, routeSpec } from '../routing/spec.ts'
import { entriesOf } from '../settings/check.ts'
import { quote, wrong } from '../settings/issue-texts.ts'
import { sameJson } from '../settings/json-patch.ts'
import { checkRouteReferences } from './check-routes.ts'
import { at, dangling, type Known, namesOf, referenceIssue } from './reference-issues.ts'

export function checkReferences(tree: SettingsTree, previous: SettingsTree | null): readonly Issue[] {
  return [...checkModels(tree), ...checkContexts(tree, previous), ...checkRoutes(tree), ...checkTenants(tree)]
}

function checkModels(tree: SettingsTree): readonly Issue[] {
  const providers = namesOf(tree, 'providers')
  const known = new Set(providers)
  const issues: Issue[] = []
  for (const [name, model] of entriesOf(tree, 'models', modelSpec)) {
    if (known.has(model.provider)) continue
    issues.push(
      dangling(`${at('models', name)}/provider`, model.provider, { what: 'providers', names: providers }),
    )
  }
  return issues
}

function checkContexts(tree: SettingsTree, previous: SettingsTree | null): readonly Issue[] {
  const issues: Issue[] = []
  const versions = versionsByName([...namesOf(tree, 'contexts'), ...namesOf(previous ?? {}, 'contexts')])
  for (const [name, value] of Object.entries(tree.contexts ?? {})) {
    const before = previous?.contexts?.[name]
    if (before === undefined || sameJson(before, value)) continue
    const message = sayGatewayError('settings.context_changed', {
      context: name,
      next: nextFree(versions, name),
    })
    issues.push({ code: 'settings.context_changed', message, pointer: at('contexts', name) })
  }
  for (const [name, context] of entriesOf(tree, 'contexts', contextSpec)) {
    const declared = Object.keys(context.variables)
    for (const variable of undeclaredVariables(context)) {
      const meant = nearest(variable, declared)
      const issue = wrong(
        `${at('contexts', name)}/prompt`,
        quote(`{{${variable}}}`),
        declared.length === 0 ? 'the variable to be declared in variables' : `one of ${declared.join(', ')}`,
      )
      issues.push(meant === null ? issue : { ...issue, hint: `did you mean "{{${meant}}}"?` })
    }
  }
  return issues
}

function checkRoutes(tree: SettingsTree): readonly Issue[] {
  const versions = versionsByName(namesOf(tree, 'contexts'))
  const issues = [...checkRouteReferences(tree)]
  for (const [name, route] of entriesOf(tree, 'routes', routeSpec)) {
    issues.push(...checkContextOf(route, `${at('routes', name)}/context`, versions))
  }
  return issues
}

function aliasesOf(tree: SettingsTree): readonly string[] {
  return [...entriesOf(tree, 'routes', routeSpec).values()].flatMap((it) => it.aliases)
}

function checkContextOf(
  route: RouteSpec,
  pointer: string,
  versions: ReadonlyMap<string, readonly string[]>,
): readonly Issue[] {
  if (route.context === undefined || resolveContext(versions, route.context) !== null) return []
  const asked = parseContextRange(route.context)
  if (asked === null) return [wrong(pointer, quote(route.context), CONTEXT_RANGE_EXPECTED)]
  const published = versions.get(asked.name)
  if (published === undefined) {
    return [dangling(pointer, asked.name, { what: 'contexts', names: [...versions.keys()] })]
  }
  const expected = `one of ${published.map((it) => `${asked.name}@${it}`).join(', ')} to be in the range`
  return [{ ...referenceIssue(pointer, route.context, expected) }]
}

/** Providers that raw requests may go to, as tenants name them. */
function passThroughOf(tree: SettingsTree): readonly string[] {
  const providers = [...entriesOf(tree, 'providers', providerSpec)]
  return providers.flatMap(([name, it]) => (it.passThrough ? [`providers/${name}`] : []))
}

function checkTenants(tree: SettingsTree): readonly Issue[] {
  const issues: Issue[] = []
  const limits = { what: 'limits', names: namesOf(tree, 'limits') }
  const callable = {
    what: 'routes or models',
    names: [
      ...namesOf(tree, 'routes'),
      ...aliasesOf(tree),
      ...namesOf(tree, 'models'),
      ...passThroughOf(tree),
    ],
  }
  const knownLimits = new Set(limits.names)
  const knownModels = new Set(callable.names)
  const tenants = entriesOf(tree, 'tenants', tenantSpec)
  for (const [name, tenant] of tenants) {
    const here = at('tenants', name)
    if (tenant.limit !== undefined && !knownLimits.has(tenant.limit)) {
      issues.push(dangling(`${here}/limit`, tenant.limit, limits))
    }
    for (const [i, model] of (tenant.allow ?? []).entries()) {
      if (!knownModels.has(model)) issues.push(dangling(`${here}/allow/${i}`, model, callable))
    }
  }
  return areKeysFine(tenants, knownLimits) ? issues : [...issues, ...checkKeys(tenants, limits, knownLimits)]
}

type Tenants = ReadonlyMap<string, TenantSpec>

/** What there is to check in a tenant's keys. */
interface KeyFacts {
  readonly hashes: readonly string[]
  readonly limits: readonly string[]
}

/** By settings, which are the same object while they say the same. */
const knownFacts = new WeakMap<TenantSpec, KeyFacts>()

function factsOf(tenant: TenantSpec): KeyFacts {
  const known = knownFacts.get(tenant)
  if (known !== undefined) return known
  const keys = Object.values(tenant.keys)
  const limits = new Set(keys.flatMap((it) => (it.limit === undefined ? [] : [it.limit])))
  const facts = { hashes: keys.map((it) => it.hash), limits: [...limits] }
  knownFacts.set(tenant, facts)
  return facts
}

/** The short way, for the thousand keys that stand behind every reload; the long one says what is wrong. */
function areKeysFine(tenants: Tenants, knownLimits: ReadonlySet<string>): boolean {
  const hashes = new Set<string>()
  let count = 0
  for (const tenant of tenants.values()) {
    const facts = factsOf(tenant)
    if (!facts.limits.every((it) => knownLimits.has(it))) return false
    for (const it of facts.hashes) hashes.add(it)
    count += facts.hashes.length
  }
  return hashes.size === count
}

function checkKeys(tenants: Tenants, limits: Known, knownLimits: ReadonlySet<string>): readonly Issue[] {
  const issues: Issue[] = []
  const hashes = new Map<string, string>()
  for (const [tenantName, tenant] of tenants) {
    for (const [name, key] of Object.entries(tenant.keys)) {
      const pointer = pointTo(`${at('tenants', tenantName)}/keys`, name)
      if (key.limit !== undefined && !knownLimits.has(key.limit)) {
        issues.push(dangling(`${pointer}/limit`, key.limit, limits))
      }
      const twin = hashes.get(key.hash)
      if (twin === undefined) hashes.set(key.hash, pointer)
      else issues.push(wrong(`${pointer}/hash`, `the hash that ${twin} has too`, 'a key of its own'))
    }
  }
  return issues
}
