/**
 * Routes compiled to what choosing needs: cumulative weights, targets, fallbacks, the prompt and the times.
 * A model can be called by its own name: that is a route of one target, unless a real route has the name.
 *
 * A route is made again only when its settings, one of its targets or its context changed.
 */

import { compileContext } from '../contexts/compile-context.ts'
import { resolveContext, versionsByName } from '../contexts/context-name.ts'
import type { ContextSpec } from '../contexts/spec.ts'
import type { CompiledContext, CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import { type ModelSpec, ROUTE_DEFAULTS, type RouteSpec } from '../routing/spec.ts'

export interface RouteInput {
  readonly routes: ReadonlyMap<string, RouteSpec>
  readonly models: ReadonlyMap<string, ModelSpec>
  readonly contexts: ReadonlyMap<string, ContextSpec>
  readonly targets: ReadonlyMap<string, CompiledTarget>
}

/** By the name that callers put into `model`: routes in the order of the settings, then models. */
export function compileRoutes(input: RouteInput): ReadonlyMap<string, CompiledRoute> {
  const compiled = new Map<string, CompiledRoute>()
  const contextOf = createContextFinder(input.contexts)
  for (const [name, settings] of input.routes) {
    const context = settings.context === undefined ? null : contextOf(settings.context)
    compiled.set(name, reuse(name, settings, partsOf(settings, input.targets, context)))
  }
  for (const [name, target] of input.targets) {
    if (!compiled.has(name)) compiled.set(name, reuseForModel(name, target))
  }
  return compiled
}

interface RouteParts {
  readonly targets: readonly CompiledTarget[]
  readonly fallback: readonly CompiledTarget[]
  readonly context: CompiledContext | null
}

const knownContexts = new WeakMap<ContextSpec, CompiledContext>()
const knownRoutes = new WeakMap<RouteSpec, { readonly parts: RouteParts; readonly it: CompiledRoute }>()
const knownForModels = new WeakMap<CompiledTarget, CompiledRoute>()

/** What a model that is called by its own name runs under. */
const MODEL_ROUTE: RouteSpec = {
  targets: [],
  fallback: [],
  retries: ROUTE_DEFAULTS,
  timeouts: ROUTE_DEFAULTS,
}

function createContextFinder(contexts: ReadonlyMap<string, ContextSpec>) {
  const versions = versionsByName(contexts.keys())
  return (asked: string): CompiledContext | null => {
    const id = resolveContext(versions, asked)
    const settings = id === null ? undefined : contexts.get(id)
    if (id === null || settings === undefined) return null
    const known = knownContexts.get(settings)
    if (known?.id === id) return known
    const compiled = Object.freeze(compileContext(id, settings))
    knownContexts.set(settings, compiled)
    return compiled
  }
}

function partsOf(
  settings: RouteSpec,
  targets: ReadonlyMap<string, CompiledTarget>,
  context: CompiledContext | null,
): RouteParts {
  const find = (model: string): CompiledTarget => {
    const target = targets.get(model)
    if (target === undefined) throw new TypeError(`route names model ${model}, which was not compiled`)
    return target
  }
  return {
    targets: settings.targets.map((it) => find(it.model)),
    fallback: settings.fallback.map(find),
    context,
  }
}

function reuse(name: string, settings: RouteSpec, parts: RouteParts): CompiledRoute {
  const known = knownRoutes.get(settings)
  if (known?.it.name === name && isSame(known.parts, parts)) return known.it
  const it = compileRoute(name, settings, parts)
  knownRoutes.set(settings, { parts, it })
  return it
}

function isSame(a: RouteParts, b: RouteParts): boolean {
  return a.context === b.context && isSameList(a.targets, b.targets) && isSameList(a.fallback, b.fallback)
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((it, i) => it === b[i])
}

function reuseForModel(name: string, target: CompiledTarget): CompiledRoute {
  const known = knownForModels.get(target)
  if (known?.name === name) return known
  const settings = { ...MODEL_ROUTE, targets: [{ model: name, weight: 1 }] }
  const it = compileRoute(name, settings, { targets: [target], fallback: [], context: null })
  knownForModels.set(target, it)
  return it
}

function compileRoute(name: string, settings: RouteSpec, parts: RouteParts): CompiledRoute {
  let until = 0
  const targets = parts.targets.map((target, i) => {
    until += settings.targets[i]?.weight ?? 0
    return Object.freeze({ target, until })
  })
  return Object.freeze({
    name,
    targets: Object.freeze(targets),
    totalWeight: until,
    fallback: Object.freeze([...parts.fallback]),
    context: parts.context,
    attempts: settings.retries.attempts,
    retryBaseMs: settings.retries.baseMs,
    retryMaxMs: settings.retries.maxMs,
    connectMs: settings.timeouts.connectMs,
    firstTokenMs: settings.timeouts.firstTokenMs,
    idleMs: settings.timeouts.idleMs,
    totalMs: settings.timeouts.totalMs,
    rule: ruleOf(name, settings),
  })
}

/** `support-chat: model-a=0%, model-b=100%` */
function ruleOf(name: string, settings: RouteSpec): string {
  const total = settings.targets.reduce((sum, it) => sum + it.weight, 0)
  const shares = settings.targets.map((it) => `${it.model}=${percent(it.weight / total)}%`)
  return `${name}: ${shares.join(', ')}`
}

function percent(share: number): number {
  return Number((share * 100).toFixed(2))
}
