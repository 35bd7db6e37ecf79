/**
 * What routes say of models, of each other and of names: targets, fallbacks, mirrors, rules that hand over, aliases.
 * All that points nowhere, in a circle or at a name that is taken is told at once.
 */
import type { Issue, SettingsTree } from '@changeover/reload'
import { FAILURE_CLASSES } from '../contract/routing.ts'
import { type ModelSpec, modelSpec, type NeedsSpec, type RouteSpec, routeSpec } from '../routing/spec.ts'
import { entriesOf } from '../settings/check.ts'
import { quote, wrong } from '../settings/issue-texts.ts'
import { particularRoutes } from './particular-routes.ts'
import { at, dangling, namesOf } from './reference-issues.ts'

export function checkRouteReferences(tree: SettingsTree): readonly Issue[] {
  const routes = entriesOf(tree, 'routes', routeSpec)
  const models = entriesOf(tree, 'models', modelSpec)
  const particular = particularRoutes(routes)
  const more =
    particular.size === 0
      ? []
      : [...handovers(tree, routes), ...aliases(tree, particular), ...reach(particular, models)]
  return [...modelsOf(tree, routes), ...more]
}

type Routes = ReadonlyMap<string, RouteSpec>

/** Every place of a route that names a model. */
function* placesOf(name: string, route: RouteSpec): Generator<{ pointer: string; model: string }> {
  const here = at('routes', name)
  for (const [i, it] of route.targets.entries()) {
    yield { pointer: `${here}/targets/${i}/model`, model: it.model }
  }
  for (const [r, rule] of route.rules.entries()) {
    for (const [i, it] of (rule.targets ?? []).entries()) {
      yield { pointer: `${here}/rules/${r}/targets/${i}/model`, model: it.model }
    }
  }
  for (const [i, model] of route.fallback.entries()) yield { pointer: `${here}/fallback/${i}`, model }
  for (const kind of FAILURE_CLASSES) {
    for (const [i, model] of (route.fallbackFor?.[kind] ?? []).entries()) {
      yield { pointer: `${here}/fallbackFor/${kind}/${i}`, model }
    }
  }
  if (route.mirror !== undefined) yield { pointer: `${here}/mirror/model`, model: route.mirror.model }
}

/** Models that a route names, by its settings, which are the same object while they say the same. */
const knownModels = new WeakMap<RouteSpec, readonly string[]>()

function modelsIn(name: string, route: RouteSpec): readonly string[] {
  const known = knownModels.get(route)
  if (known !== undefined) return known
  const models = [...new Set(Array.from(placesOf(name, route), (it) => it.model))]
  knownModels.set(route, models)
  return models
}

function modelsOf(tree: SettingsTree, routes: Routes): readonly Issue[] {
  const models = { what: 'models', names: namesOf(tree, 'models') }
  const known = new Set(models.names)
  const issues: Issue[] = []
  routes.forEach((route, name) => {
    // Where each stands is worked out only for a route that names one which is not there.
    if (modelsIn(name, route).every((it) => known.has(it))) return
    for (const { pointer, model } of placesOf(name, route)) {
      if (!known.has(model)) issues.push(dangling(pointer, model, models))
    }
  })
  return issues
}

/** Rules that hand over to another route: it must be there, and the way must not come back. */
function handovers(tree: SettingsTree, routes: Routes): readonly Issue[] {
  const names = namesOf(tree, 'routes')
  const known = new Set(names)
  const issues: Issue[] = []
  for (const [name, route] of particularRoutes(routes)) {
    for (const [i, rule] of route.rules.entries()) {
      if (rule.route === undefined) continue
      const pointer = `${at('routes', name)}/rules/${i}/route`
      if (!known.has(rule.route)) issues.push(dangling(pointer, rule.route, { what: 'routes', names }))
      else if (leadsTo(rule.route, name, routes)) {
        issues.push(wrong(pointer, quote(rule.route), 'a route whose own rules do not lead back here'))
      }
    }
  }
  return issues
}

function leadsTo(from: string, to: string, routes: Routes): boolean {
  const seen = new Set<string>()
  const open = [from]
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === to) return true
    if (seen.has(name)) continue
    seen.add(name)
    for (const rule of routes.get(name)?.rules ?? []) if (rule.route !== undefined) open.push(rule.route)
  }
  return false
}

/** An alias goes before a model of the same name, as a route does; two routes cannot have the same. */
function aliases(tree: SettingsTree, routes: Routes): readonly Issue[] {
  if ([...routes.values()].every((it) => it.aliases.length === 0)) return []
  const taken = new Map(namesOf(tree, 'routes').map((it) => [it, at('routes', it)]))
  const issues: Issue[] = []
  for (const [name, route] of routes) {
    for (const [i, alias] of route.aliases.entries()) {
      const pointer = `${at('routes', name)}/aliases/${i}`
      const by = taken.get(alias)
      if (by === undefined) taken.set(alias, pointer)
      else issues.push(wrong(pointer, quote(alias), `a name of its own; ${by} has this one`))
    }
  }
  return issues
}

/** A route, or a rule of it, that requires what none of its targets is would refuse every request. */
function reach(routes: Routes, models: ReadonlyMap<string, ModelSpec>): readonly Issue[] {
  const issues: Issue[] = []
  const check = (pointer: string, names: readonly string[], needs: readonly (NeedsSpec | undefined)[]) => {
    const found = names.map((it) => models.get(it))
    if (found.some((it) => it === undefined || needs.every((need) => need === undefined || meets(it, need))))
      return
    issues.push(wrong(pointer, 'what none of the targets is', 'at least one target that meets it'))
  }
  for (const [name, route] of routes) {
    if (route.require === undefined && route.rules.every((it) => it.require === undefined)) continue
    const here = at('routes', name)
    const own = route.targets.map((it) => it.model)
    const spare = [...route.fallback, ...Object.values(route.fallbackFor ?? {}).flatMap((it) => it ?? [])]
    if (route.require !== undefined) check(`${here}/require`, [...own, ...spare], [route.require])
    for (const [i, rule] of route.rules.entries()) {
      if (rule.require === undefined) continue
      const among = [...(rule.targets?.map((it) => it.model) ?? own), ...spare]
      check(`${here}/rules/${i}/require`, among, [route.require, rule.require])
    }
  }
  return issues
}

function meets(model: ModelSpec, needs: NeedsSpec): boolean {
  if (needs.sensitive && !model.sensitive) return false
  return needs.regions === undefined || (model.region !== undefined && needs.regions.includes(model.region))
}
