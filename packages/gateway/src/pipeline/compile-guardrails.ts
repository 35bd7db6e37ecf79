/**
 * The guardrails of the settings: which of them look at whose calls.
 *
 * A tenant's are added to those of the route and can take none away. What a route and a tenant have together is put together with
 * the first call that needs it: there are as many pairs as there are routes times tenants.
 */
import { type Clock, type Issue, pointTo, ReloadError, type SettingsTree } from '@changeover/reload'
import type { CompiledGuards, GuardIndex } from '../contract/guards.ts'
import type { SecretValues } from '../contract/secret.ts'
import { compileGuards, type GuardTools } from '../guardrails/compile-guards.ts'
import { compileAhead, findFaults, type GuardEngines, loadEngines } from '../guardrails/find-faults.ts'
import { type GuardrailSpec, guardrailSpec } from '../guardrails/spec.ts'
import { tenantSpec } from '../identity/spec.ts'
import { routeSpec } from '../routing/spec.ts'
import { entriesOf } from '../settings/check.ts'
import { checkUnlessClean } from '../settings/clean-sections.ts'
import { wrong } from '../settings/issue-texts.ts'
import { particularRoutes } from './particular-routes.ts'
import { at, dangling, namesOf } from './reference-issues.ts'

/** Loads what the guards need. Throws `prepare.failed` with an issue for each that cannot be compiled. */
export async function loadGuards(settings: SettingsTree, version: string): Promise<GuardEngines> {
  const engines = await loadGuardEngines(settings)
  const issues = checkGuardrails(settings, engines)
  if (issues.length === 0) return engines
  throw new ReloadError('prepare.failed', { participant: 'gateway', version }, { issues })
}

/** With what takes long to compile compiled. */
export async function loadGuardEngines(settings: SettingsTree): Promise<GuardEngines> {
  const guardrails = entriesOf(settings, 'guardrails', guardrailSpec)
  const engines = await loadEngines(guardrails.values())
  await compileAhead(guardrails.values(), engines)
  return engines
}

/** Guards that cannot be compiled, as far as the engines are loaded. */
export function checkGuardrails(settings: SettingsTree, engines: GuardEngines): readonly Issue[] {
  const faults = findFaults(entriesOf(settings, 'guardrails', guardrailSpec), engines)
  return faults.map(({ guardrail, steps, found, expected }) =>
    wrong(
      steps.reduce<string>((to, it) => pointTo(to, it), at('guardrails', guardrail)),
      found.slice(0, 200),
      expected,
    ),
  )
}

/** Routes and tenants that name guardrails which are not there. */
export function checkGuardrailReferences(tree: SettingsTree): readonly Issue[] {
  const routes = particularRoutes(entriesOf(tree, 'routes', routeSpec))
  return [...unknownGuardrails(tree, 'routes', routes), ...ofTenants(tree)]
}

const ofTenants = checkUnlessClean(['guardrails', 'tenants'], (tree) =>
  unknownGuardrails(tree, 'tenants', entriesOf(tree, 'tenants', tenantSpec)),
)

function unknownGuardrails(
  tree: SettingsTree,
  kind: string,
  entries: ReadonlyMap<string, Named>,
): readonly Issue[] {
  const names = namesOf(tree, 'guardrails')
  const known = new Set(names)
  const issues: Issue[] = []
  for (const [entry, { guardrails }] of entries) {
    for (const [i, name] of guardrails.entries()) {
      if (known.has(name)) continue
      const pointer = `${at(kind, entry)}/guardrails/${i}`
      issues.push(dangling(pointer, name, { what: 'guardrails', names }))
    }
  }
  return issues
}

interface Named {
  readonly guardrails: readonly string[]
}

export interface GuardInput {
  readonly settings: SettingsTree
  readonly secrets: SecretValues
  readonly clock: Clock
  /** `null` where nothing will be looked at, as in a replay. */
  readonly engines: GuardEngines | null
}

/** `null` where nobody names a guardrail. */
export function compileGuardrails({ settings, secrets, clock, engines }: GuardInput): GuardIndex | null {
  if (engines === null) return null
  const guardrails = entriesOf(settings, 'guardrails', guardrailSpec)
  const routes = namesBy(particularRoutes(entriesOf(settings, 'routes', routeSpec)))
  const tenants = namesBy(entriesOf(settings, 'tenants', tenantSpec))
  if (routes.size === 0 && tenants.size === 0) return null
  const tools: GuardTools = {
    ...engines,
    secret: (reference) => secrets.fill(reference),
    fetch: (...it) => fetch(...it),
    now: () => clock.monotonic(),
    wallNow: () => clock.now(),
  }
  return new Guards({ guardrails, routes, tenants, tools })
}

function namesBy(entries: ReadonlyMap<string, Named>): ReadonlyMap<string, readonly string[]> {
  const known = namedGuardrails.get(entries)
  if (known !== undefined) return known
  const named = new Map<string, readonly string[]>()
  for (const [name, { guardrails }] of entries) if (guardrails.length > 0) named.set(name, guardrails)
  namedGuardrails.set(entries, named)
  return named
}

/** By entries as `entriesOf` gives them: the same for a section that stays the same. */
const namedGuardrails = new WeakMap<ReadonlyMap<string, Named>, ReadonlyMap<string, readonly string[]>>()

interface GuardNames {
  readonly guardrails: ReadonlyMap<string, GuardrailSpec>
  readonly routes: ReadonlyMap<string, readonly string[]>
  readonly tenants: ReadonlyMap<string, readonly string[]>
  readonly tools: GuardTools
}

const NONE: readonly string[] = Object.freeze([])

class Guards implements GuardIndex {
  readonly #it: GuardNames
  readonly #made = new Map<string, CompiledGuards | null>()

  constructor(it: GuardNames) {
    this.#it = it
    // Whatever cannot be compiled has to show now, and not with a call.
    for (const name of it.guardrails.keys()) this.#compile([name])
  }

  of(route: string, tenant: string | null): CompiledGuards | null {
    const { routes, tenants } = this.#it
    const own = routes.get(route) ?? NONE
    const added = tenant === null ? NONE : (tenants.get(tenant) ?? NONE)
    if (own.length === 0 && added.length === 0) return null
    return this.#compile(added.length === 0 ? own : [...new Set([...own, ...added])])
  }

  #compile(names: readonly string[]): CompiledGuards | null {
    const key = names.join(' ')
    const known = this.#made.get(key)
    if (known !== undefined) return known
    const { guardrails, tools } = this.#it
    const settings = names.flatMap((name) => {
      const found = guardrails.get(name)
      return found === undefined ? [] : [{ name, settings: found }]
    })
    const made = compileGuards(settings, tools)
    this.#made.set(key, made)
    return made
  }
}

/** References that webhooks are signed with, with the steps to where they stand. */
export function* referencesOfGuardrails(
  settings: SettingsTree,
): Generator<{ readonly text: string; readonly steps: readonly string[] }> {
  for (const [name, { guards }] of entriesOf(settings, 'guardrails', guardrailSpec)) {
    for (const [i, { signWith }] of guards.entries()) {
      if (signWith === undefined) continue
      yield { text: signWith, steps: ['guardrails', name, 'guards', String(i), 'signWith'] }
    }
  }
}
