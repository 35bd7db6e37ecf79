/**
 * Routes compiled to what choosing needs: cumulative weights, targets, fallbacks, the prompt and the times, and the
 * plan of what a route does beyond that (`compile-plan.ts`).
 * A model can be called by its own name: that is a route of one target, unless a real route has the name.
 *
 * A route is made again only when its settings, or something that they name, changed.
 */

import type { Carry } from '@changeover/reload'
import { compileContext } from '../contexts/compile-context.ts'
import { resolveContext, versionsByName } from '../contexts/context-name.ts'
import type { ContextSpec } from '../contexts/spec.ts'
import type { AnswerCache } from '../contract/answer-cache.ts'
import type { CompiledContext, CompiledRoute, CompiledTarget } from '../contract/compiled.ts'
import { PLAIN_PLAN } from '../contract/routing.ts'
import { ROUTE_DEFAULTS, ROUTING_DEFAULTS } from '../routing/defaults.ts'
import type { ModelSpec, RouteSpec, RuleSpec } from '../routing/spec.ts'
import { byStrategy, choiceText, sharesText } from './choice-text.ts'
import { compilePlan, type PlanParts, partsOfPlan } from './compile-plan.ts'
import { particularRoutes } from './particular-routes.ts'

export interface RouteInput {
  readonly routes: ReadonlyMap<string, RouteSpec>
  readonly models: ReadonlyMap<string, ModelSpec>
  readonly contexts: ReadonlyMap<string, ContextSpec>
  readonly targets: ReadonlyMap<string, CompiledTarget>
  readonly caches: ReadonlyMap<string, AnswerCache>
  readonly carry: Carry
}

/** By the name that callers put into `model`: routes and their aliases in the order of the settings, then models. */
export function compileRoutes(input: RouteInput): ReadonlyMap<string, CompiledRoute> {
  const work = new RouteWork(input)
  const compiled = new Map<string, CompiledRoute>()
  input.routes.forEach((_, name) => {
    compiled.set(name, work.route(name))
  })
  for (const [name, { aliases }] of particularRoutes(input.routes)) {
    for (const alias of aliases) if (!compiled.has(alias)) compiled.set(alias, work.route(name))
  }
  for (const [name, target] of input.targets) {
    if (!compiled.has(name)) compiled.set(name, routeForModel(name, target))
  }
  return compiled
}

interface RouteParts {
  readonly targets: readonly CompiledTarget[]
  readonly fallback: readonly CompiledTarget[]
  readonly context: CompiledContext | null
  readonly cache: AnswerCache | null
  readonly plan: PlanParts
}

const knownContexts = new WeakMap<ContextSpec, CompiledContext>()
interface KnownRoute {
  readonly parts: RouteParts
  readonly it: CompiledRoute
  /** What its parts were found in. */
  readonly among: Pick<RouteInput, 'targets' | 'contexts'>
}

const knownRoutes = new WeakMap<RouteSpec, KnownRoute>()
const knownForModels = new WeakMap<CompiledTarget, CompiledRoute>()

/** One compilation: a route that others hand requests over to is made once. */
class RouteWork {
  readonly #input: RouteInput
  readonly #contextOf: (asked: string) => CompiledContext | null
  readonly #made = new Map<string, CompiledRoute>()

  constructor(input: RouteInput) {
    this.#input = input
    this.#contextOf = createContextFinder(input.contexts)
  }

  /** Routes that hand over in a circle were refused before. */
  route(name: string): CompiledRoute {
    const made = this.#made.get(name)
    if (made !== undefined) return made
    const settings = this.#input.routes.get(name)
    if (settings === undefined) throw new TypeError(`a rule names route ${name}, which was not compiled`)
    const before = this.#asBefore(name, settings)
    if (before !== null) return before
    const it = this.#compile(name, settings)
    this.#made.set(name, it)
    return it
  }

  /** One that names nothing that could be another now. A plan holds on to things, and is looked at each time. */
  #asBefore(name: string, settings: RouteSpec): CompiledRoute | null {
    const known = knownRoutes.get(settings)
    if (known === undefined || known.it.name !== name || known.parts.plan.length > 0) return null
    const { targets, contexts } = this.#input
    const isSame = known.among.targets === targets && known.among.contexts === contexts
    return isSame && known.parts.cache === this.#cacheOf(settings) ? known.it : null
  }

  #compile(name: string, settings: RouteSpec): CompiledRoute {
    const parts = this.#partsOf(name, settings)
    const known = knownRoutes.get(settings)
    const isSameRoute = known?.it.name === name && isSame(known.parts, parts)
    const it = isSameRoute ? known.it : compileRoute(name, settings, parts)
    const { targets, contexts } = this.#input
    knownRoutes.set(settings, { parts, it, among: { targets, contexts } })
    return it
  }

  #cacheOf({ cache }: RouteSpec): AnswerCache | null {
    return cache === undefined ? null : (this.#input.caches.get(cache) ?? null)
  }

  #partsOf(name: string, settings: RouteSpec): RouteParts {
    const target = (model: string) => this.#target(model)
    const find = { target, route: (other: string) => this.route(other), carry: this.#input.carry }
    return {
      targets: settings.targets.map((it) => this.#target(it.model)),
      fallback: settings.fallback.map(target),
      context: settings.context === undefined ? null : this.#contextOf(settings.context),
      cache: this.#cacheOf(settings),
      plan: partsOfPlan(name, settings, find),
    }
  }

  #target(model: string): CompiledTarget {
    const target = this.#input.targets.get(model)
    if (target === undefined) throw new TypeError(`route names model ${model}, which was not compiled`)
    return target
  }
}

/** The newest version in a range, and behind one of some tenants what others have: each compiled once in its life. */
export function createContextFinder(contexts: ReadonlyMap<string, ContextSpec>) {
  const all = versionsByName(contexts.keys())
  const find = (asked: string, versions: typeof all): CompiledContext | null => {
    const id = resolveContext(versions, asked)
    const settings = id === null ? undefined : contexts.get(id)
    if (id === null || settings === undefined) return null
    const otherwise = settings.tenants === undefined ? null : find(asked, without(versions, id))
    const known = knownContexts.get(settings)
    if (known?.id === id && (known.otherwise ?? null) === otherwise) return known
    const compiled = Object.freeze(compileContext(id, settings, otherwise))
    knownContexts.set(settings, compiled)
    return compiled
  }
  return (asked: string): CompiledContext | null => find(asked, all)
}

function without(versions: ReturnType<typeof versionsByName>, id: string): typeof versions {
  const [name = '', version] = id.split('@')
  return new Map([[name, (versions.get(name) ?? []).filter((it) => it !== version)]])
}

function isSame(a: RouteParts, b: RouteParts): boolean {
  return (
    a.context === b.context &&
    a.cache === b.cache &&
    isSameList(a.targets, b.targets) &&
    isSameList(a.fallback, b.fallback) &&
    isSameList(a.plan, b.plan)
  )
}

function isSameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((it, i) => it === b[i])
}

/** A route that calls one target under a name, with nothing but defaults. */
export function routeForModel(name: string, target: CompiledTarget): CompiledRoute {
  const known = knownForModels.get(target)
  if (known?.name === name) return known
  const it = Object.freeze({
    name,
    targets: Object.freeze([Object.freeze({ target, until: 1 })]),
    totalWeight: 1,
    fallback: Object.freeze([]),
    context: null,
    attempts: ROUTE_DEFAULTS.attempts,
    retryBaseMs: ROUTE_DEFAULTS.baseMs,
    retryMaxMs: ROUTE_DEFAULTS.maxMs,
    connectMs: ROUTE_DEFAULTS.connectMs,
    firstTokenMs: ROUTE_DEFAULTS.firstTokenMs,
    idleMs: ROUTE_DEFAULTS.idleMs,
    totalMs: ROUTE_DEFAULTS.totalMs,
    unsupported: ROUTING_DEFAULTS.unsupported,
    rule: `${name}: ${name}=100%`,
    choice: null,
    plan: PLAIN_PLAN,
    cache: null,
  })
  knownForModels.set(target, it)
  return it
}

function compileRoute(name: string, settings: RouteSpec, parts: RouteParts): CompiledRoute {
  let until = 0
  const targets = parts.targets.map((target, i) => {
    until += settings.targets[i]?.weight ?? 0
    return Object.freeze({ target, until })
  })
  const plain: CompiledRoute = {
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
    unsupported: settings.unsupported,
    rule: ruleOf(name, settings),
    choice: choiceText(settings.targets, settings.strategy),
    plan: PLAIN_PLAN,
    cache: parts.cache,
  }
  const plan = compilePlan(settings, { route: plain, parts: parts.plan })
  return Object.freeze({ ...plain, plan })
}

/** `support-chat: model-a=0%, model-b=100%`; then how it chooses, where not by weight alone, and its rules. */
function ruleOf(name: string, settings: RouteSpec): string {
  const rules = settings.rules.map((it) => `; when ${it.when.slice(0, SHOWN_CHARS)}: ${takerText(it)}`)
  return `${name}: ${sharesText(settings.targets)}${byStrategy(settings.strategy)}${rules.join('')}`
}

/** Of a condition; more of it is in the settings. */
const SHOWN_CHARS = 80

function takerText({ route, targets, strategy, require }: RuleSpec): string {
  if (route !== undefined) return `route ${route}`
  const taken = targets === undefined ? 'the same' : sharesText(targets)
  const chosen = strategy === undefined ? taken : `${taken} by ${strategy}`
  return require === undefined ? chosen : `${chosen}, as required`
}
