/** What caches and routes say of each other and of models. */
import type { Issue, SettingsTree } from '@changeover/reload'
import { cacheSpec } from '../cache/spec.ts'
import { routeSpec } from '../routing/spec.ts'
import { entriesOf } from '../settings/check.ts'
import { particularRoutes } from './particular-routes.ts'
import { at, dangling, namesOf } from './reference-issues.ts'

export function checkCacheReferences(tree: SettingsTree): readonly Issue[] {
  const caches = { what: 'cache', names: namesOf(tree, 'cache') }
  const models = { what: 'models', names: namesOf(tree, 'models') }
  const issues: Issue[] = []
  for (const [name, { cache }] of particularRoutes(entriesOf(tree, 'routes', routeSpec))) {
    if (cache !== undefined && !caches.names.includes(cache)) {
      issues.push(dangling(`${at('routes', name)}/cache`, cache, caches))
    }
  }
  for (const [name, { semantic }] of entriesOf(tree, 'cache', cacheSpec)) {
    if (semantic !== undefined && !models.names.includes(semantic.model)) {
      issues.push(dangling(`${at('cache', name)}/semantic/model`, semantic.model, models))
    }
  }
  return issues
}
