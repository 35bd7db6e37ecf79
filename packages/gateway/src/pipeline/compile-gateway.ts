/**
 * Settings compiled to the one object that a request works with. Synchronous, pure but for what it takes
 * from `carry`, and cheap: what did not change is taken over as it is.
 */
import type { Carry, Clock, SettingsTree } from '@changeover/reload'
import { recordSpec } from '../calls/spec.ts'
import { openCatalogue, type ShippedCatalogue } from '../catalogue/catalogue.ts'
import { catalogueSpec } from '../catalogue/spec.ts'
import { contextSpec } from '../contexts/spec.ts'
import type { CompiledGateway, CompiledIdentity, CompiledRoute } from '../contract/compiled.ts'
import type { Limiter } from '../contract/limiter.ts'
import type { SecretValues } from '../contract/secret.ts'
import { compileIdentity } from '../identity/compile-identity.ts'
import { tenantSpec } from '../identity/spec.ts'
import { createLimiter, createRequestCount, type RequestCount } from '../policy/request-limit.ts'
import { type LimitSpec, limitSpec } from '../policy/spec.ts'
import { providerSpec } from '../providers/spec.ts'
import { modelSpec, routeSpec } from '../routing/spec.ts'
import { entriesOf, entryOf } from '../settings/check.ts'
import { isOpen } from './check-access.ts'
import { compileRoutes } from './compile-routes.ts'
import { compileTargets } from './compile-targets.ts'

export interface CompileInput {
  readonly settings: SettingsTree
  readonly version: string
  readonly shipped: ShippedCatalogue
  readonly secrets: SecretValues
  readonly carry: Carry
  readonly clock: Clock
}

/** The settings have been checked; what is missing here is a bug. */
export function compileGateway(input: CompileInput): CompiledGateway {
  const { settings } = input
  const models = entriesOf(settings, 'models', modelSpec)
  const targets = compileTargets({
    ...input,
    providers: entriesOf(settings, 'providers', providerSpec),
    models,
    catalogue: openCatalogue(input.shipped, entriesOf(settings, 'catalogue', catalogueSpec)),
  })
  const asked = entriesOf(settings, 'routes', routeSpec)
  const routes = compileRoutes({
    routes: asked,
    contexts: entriesOf(settings, 'contexts', contextSpec),
    models,
    targets,
    carry: input.carry,
  })
  const record = entryOf(settings, ['calls', 'record'], recordSpec)
  return Object.freeze({
    routes,
    identity: compileCallers(settings, input.carry),
    modelList: writeModelList(routes, asked),
    versionHeaders: Object.freeze(['x-changeover-version', input.version]),
    recordCalls: record?.enabled ?? true,
  })
}

/** The limiter that a count has under certain numbers: as long as both stay, it does too. */
const knownLimiters = new WeakMap<RequestCount, { readonly numbers: LimitSpec; readonly it: Limiter }>()

/** Counts are carried by who is counted, so that other numbers for a limit do not give anything back. */
function compileCallers(settings: SettingsTree, carry: Carry): CompiledIdentity {
  const limits = entriesOf(settings, 'limits', limitSpec)
  const tenants = entriesOf(settings, 'tenants', tenantSpec)
  return compileIdentity(tenants, isOpen(settings), (key, limit, keptAs) => {
    const numbers = limits.get(limit)
    if (numbers === undefined) throw new TypeError(`key ${key} names limit ${limit}, which was not compiled`)
    return limiterOf(carry.keep(keptAs, createRequestCount, letGo), numbers)
  })
}

const letGo = (): undefined => undefined

function limiterOf(count: RequestCount, numbers: LimitSpec): Limiter {
  const known = knownLimiters.get(count)
  if (known?.numbers === numbers) return known.it
  const it = createLimiter(count, numbers)
  knownLimiters.set(count, { numbers, it })
  return it
}

/** `GET /v1/models` in OpenAI's form. */
function writeModelList(
  routes: ReadonlyMap<string, CompiledRoute>,
  asked: ReadonlyMap<string, unknown>,
): string {
  const data = Array.from(routes, ([id, it]) => ({
    id,
    object: 'model',
    created: 0,
    owned_by: asked.has(it.name) ? 'changeover' : it.targets[0]?.target.providerName,
  }))
  return JSON.stringify({ object: 'list', data })
}
