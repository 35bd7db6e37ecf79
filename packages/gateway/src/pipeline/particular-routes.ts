/**
 * Routes that say more than which models answer: rules, aliases, conditions, prompts, caches, guards.
 *
 * In a long list most do not, and each version is asked by a dozen checks and compilers for those that do. They are found
 * once for a section that stays the same.
 */
import type { RouteSpec } from '../routing/spec.ts'

type Routes = ReadonlyMap<string, RouteSpec>

const known = new WeakMap<Routes, Routes>()

/** In the order of the settings. `routes` are as `entriesOf` gives them, and are not changed by anybody. */
export function particularRoutes(routes: Routes): Routes {
  const before = known.get(routes)
  if (before !== undefined) return before
  const found = new Map<string, RouteSpec>()
  // Without a pair for each: there may be a thousand.
  routes.forEach((route, name) => {
    if (isParticular(route)) found.set(name, route)
  })
  known.set(routes, found)
  return found
}

function isParticular(it: RouteSpec): boolean {
  if (it.rules.length > 0 || it.aliases.length > 0 || it.guardrails.length > 0) return true
  if (it.require !== undefined || it.cache !== undefined || it.context !== undefined) return true
  return it.sticky.header !== undefined
}
