/**
 * Raw pass-through: for each provider that allows it a route of one target, whose model is `*`. Such a request may do
 * anything, so it is made once and never again.
 */
import type { CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import type { ProviderSpec } from '../providers/spec.ts'
import { type ModelSpec, modelSpec } from '../routing/spec.ts'
import { routeForModel } from './compile-routes.ts'
import { compileTargets, type TargetInput } from './compile-targets.ts'

const ANY_MODEL = '*'

export function compilePassThrough(input: TargetInput): ReadonlyMap<string, CompiledRoute> {
  const routes = new Map<string, CompiledRoute>()
  for (const [name, settings] of input.providers) {
    if (!settings.passThrough) continue
    const models = new Map([[ANY_MODEL, anyModelOf(name, settings)]])
    const target = compileTargets({ ...input, models, providers: new Map([[name, settings]]) }).get(ANY_MODEL)
    if (target !== undefined) routes.set(`providers/${name}`, routeOf(name, target))
  }
  return routes
}

const models = new WeakMap<ProviderSpec, ModelSpec>()
const routes = new WeakMap<CompiledTarget, CompiledRoute>()

/** The same object for the same settings, so that the target stays the same too. */
function anyModelOf(provider: string, settings: ProviderSpec): ModelSpec {
  let model = models.get(settings)
  if (model?.provider !== provider) {
    model = modelSpec.parse({ provider })
    models.set(settings, model)
  }
  return model
}

function routeOf(provider: string, target: CompiledTarget): CompiledRoute {
  let route = routes.get(target)
  if (route === undefined) {
    route = Object.freeze({ ...routeForModel(`providers/${provider}`, target), attempts: 1 })
    routes.set(target, route)
  }
  return route
}
