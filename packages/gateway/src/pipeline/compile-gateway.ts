/**
 * Settings compiled to the one object that a request works with. Synchronous, pure but for what it takes
 * from `carry`, and cheap: what did not change is taken over as it is.
 */
import type { Carry, Clock, SettingsTree } from '@changeover/reload'
import { cacheSpec } from '../cache/spec.ts'
import { recordSpec } from '../calls/spec.ts'
import { openCatalogue, type ShippedCatalogue } from '../catalogue/catalogue.ts'
import { catalogueSpec } from '../catalogue/spec.ts'
import { contextSpec } from '../contexts/spec.ts'
import type { CompiledGateway, CompiledRoute } from '../contract/compiled.ts'
import type { CounterStore } from '../contract/counters.ts'
import type { SecretValues } from '../contract/secret.ts'
import type { GuardEngines } from '../guardrails/find-faults.ts'
import { REVOKED_WITHIN_MS, revokedWithinSpec } from '../identity/spec.ts'
import type { Counters } from '../policy/allowance.ts'
import { providerSpec } from '../providers/spec.ts'
import { isThereFor } from '../routing/may-call.ts'
import { modelSpec, routeSpec } from '../routing/spec.ts'
import { entriesOf, entryOf } from '../settings/check.ts'
import { policySpec } from '../settings/rollout-spec.ts'
import { compileCaches } from './compile-caches.ts'
import { compileCallers } from './compile-callers.ts'
import { compileGuardrails } from './compile-guardrails.ts'
import { compilePassThrough } from './compile-pass-through.ts'
import { compileRoutes, createContextFinder } from './compile-routes.ts'
import { compileTargets } from './compile-targets.ts'
import { particularRoutes } from './particular-routes.ts'
import { compilePublished } from './published-apis.ts'
import { askedNamesOf } from './recorded-ask.ts'

export interface CompileInput {
  readonly settings: SettingsTree
  readonly version: string
  readonly shipped: ShippedCatalogue
  readonly secrets: SecretValues
  readonly carry: Carry
  readonly clock: Clock
  /** What guards work with; left out where nobody is answered, as in a replay. */
  readonly guards?: GuardEngines
  /** What callers have taken, where it outlives this process. */
  readonly counters?: Counters | undefined
  /** Where counts of several processes are kept. */
  readonly shared?: CounterStore | null
}

/** The settings have been checked; what is missing here is a bug. */
export function compileGateway(input: CompileInput): CompiledGateway {
  const { settings } = input
  const models = entriesOf(settings, 'models', modelSpec)
  const targetInput = {
    ...input,
    providers: entriesOf(settings, 'providers', providerSpec),
    models,
    catalogue: openCatalogue(input.shipped, entriesOf(settings, 'catalogue', catalogueSpec)),
  }
  const targets = compileTargets(targetInput)
  const caches = compileCaches({ ...input, targets, caches: entriesOf(settings, 'cache', cacheSpec) })
  const asked = entriesOf(settings, 'routes', routeSpec)
  const particular = particularRoutes(asked)
  const contexts = entriesOf(settings, 'contexts', contextSpec)
  const routes = compileRoutes({
    routes: asked,
    contexts,
    models,
    targets,
    caches,
    carry: input.carry,
  })
  const record = entryOf(settings, ['calls', 'record'], recordSpec)
  return Object.freeze({
    routes,
    caches,
    passThrough: compilePassThrough(targetInput),
    apis: compilePublished({ settings, routes, contextOf: createContextFinder(contexts) }),
    guards: compileGuardrails({ ...input, engines: input.guards ?? null }),
    identity: compileCallers(settings, input),
    revokedWithin: entryOf(settings, ['access', 'revokedWithinMs'], revokedWithinSpec) ?? REVOKED_WITHIN_MS,
    modelList: writeModelList(routes, asked),
    hidesRoutes: [...particular.keys()].some((it) => isHidden(routes.get(it))),
    versionHeaders: Object.freeze(['x-changeover-version', input.version]),
    recordCalls: record?.enabled ?? true,
    shadowCopies: entryOf(settings, ['rollout', 'policy'], policySpec)?.copies ?? 0,
    keepComments: record?.comments ?? false,
    askedNames: askedNamesOf(particular.values()),
  })
}

/** The last list: what it was written of, and its text. Most changes leave it as it is. */
let lastList: {
  readonly ids: readonly string[]
  readonly owners: readonly unknown[]
  readonly text: string
} = {
  ids: [],
  owners: [],
  text: '',
}

/** `GET /v1/models` in OpenAI's form. */
function writeModelList(
  routes: ReadonlyMap<string, CompiledRoute>,
  asked: ReadonlyMap<string, unknown>,
): string {
  const ownerOf = (it: CompiledRoute) =>
    asked.has(it.name) ? 'changeover' : it.targets[0]?.target.providerName
  if (isLastList(routes, ownerOf)) return lastList.text
  const ids = [...routes.keys()]
  const owners = Array.from(routes.values(), ownerOf)
  const data = ids.map((id, i) => ({ id, object: 'model', created: 0, owned_by: owners[i] }))
  lastList = { ids, owners, text: JSON.stringify({ object: 'list', data }) }
  return lastList.text
}

function isLastList(
  routes: ReadonlyMap<string, CompiledRoute>,
  ownerOf: (it: CompiledRoute) => unknown,
): boolean {
  const { ids, owners, text } = lastList
  if (text === '' || routes.size !== ids.length) return false
  let [isSame, i] = [true, 0]
  routes.forEach((it, id) => {
    isSame &&= id === ids[i] && ownerOf(it) === owners[i]
    i += 1
  })
  return isSame
}

/** Only a route that takes its prompt from a context can be hidden. */
function isHidden(route: CompiledRoute | undefined): boolean {
  return route !== undefined && !isThereFor(null, route)
}
