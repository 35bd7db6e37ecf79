/**
 * The route that a call was led to by what it asked for, under another version than its own: for those who look at calls
 * that are over (a shadow rollout, a plan that replays the record).
 *
 * Not here: calls themselves, which have to say more when they are refused (`routed-call.ts`, `api-call.ts`).
 */
import { parseApiName } from '../apis/api-name.ts'
import type { Caller, CompiledContext, CompiledGateway, CompiledRoute } from '../contract/compiled.ts'
import { contextFor } from '../contract/context-for.ts'
import type { ErrorCode } from '../errors.ts'
import { isThereFor, mayCall } from '../routing/may-call.ts'
import { mayCallApi } from './api-access.ts'

export interface AskedRoute {
  /** Its rules have not been looked at. */
  readonly route: CompiledRoute
  /** In place of that of the route that rules lead to; `null` for that one's own. */
  readonly context: CompiledContext | null
}

export interface AskedOf {
  /** As in the record. */
  readonly endpoint: string | null
  readonly model: string
  readonly caller: Caller | null
}

/** Or the code of the refusal, and the route where there was one. */
export type Refused = { readonly code: ErrorCode; readonly route: CompiledRoute | null }

export function findAskedRoute(gateway: CompiledGateway, asked: AskedOf): AskedRoute | Refused {
  const { endpoint, model, caller } = asked
  if (endpoint?.startsWith('/apis/') === true) return findApiRoute(gateway, asked)
  const isRaw = endpoint?.startsWith('/providers/') === true
  const route = (isRaw ? gateway.passThrough : gateway.routes).get(model)
  if (route === undefined || !isThereFor(caller, route)) return { code: 'routing.no_such_model', route: null }
  return mayCall(caller, model, route) ? { route, context: null } : { code: 'identity.not_allowed', route }
}

/** Not whether a tenant has subscribed: that belongs to no version. */
function findApiRoute(gateway: CompiledGateway, { model, caller }: AskedOf): AskedRoute | Refused {
  const asked = parseApiName(model.slice('apis/'.length))
  const api = asked === null ? null : gateway.apis.find(asked.name, asked.version, caller?.tenant ?? null)
  if (api === null) return { code: 'apis.no_such_api', route: null }
  const route = gateway.routes.get(api.route) ?? null
  if (api.state === 'retired') return { code: 'apis.retired', route }
  if (!mayCallApi(caller, api)) return { code: 'identity.not_allowed', route }
  return route === null ? { code: 'routing.no_such_model', route } : { route, context: api.context }
}

/** The route that rules have led to, with the version of the prompt that a tenant has; `null` where it has none. */
export function routeFor(
  tenant: string | null,
  route: CompiledRoute,
  context: CompiledContext | null,
): CompiledRoute | null {
  const wanted = context ?? route.context
  const found = wanted === null ? null : contextFor(tenant, wanted)
  return wanted !== null && found === null ? null : underContext(route, found)
}

/** By context, then by route: the same as long as both are. */
const known = new WeakMap<CompiledContext, WeakMap<CompiledRoute, CompiledRoute>>()

/** The route, with another prompt than its own; as it is where there is none. */
export function underContext(route: CompiledRoute, context: CompiledContext | null): CompiledRoute {
  if (context === null || route.context === context) return route
  const ofContext = known.get(context) ?? new WeakMap<CompiledRoute, CompiledRoute>()
  known.set(context, ofContext)
  const made = ofContext.get(route) ?? Object.freeze({ ...route, context })
  ofContext.set(route, made)
  return made
}
