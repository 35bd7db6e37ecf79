/**
 * What each route of the admin API needs: the one place where that is said. A route that is not here is answered to
 * the owner alone, and a test fails.
 *
 * A request may say that it wants less or more than its route: a look instead of a change, an emergency in place of
 * the ordinary right, force past the quarantine. That is worked out here too, so that nothing else decides it.
 */
import type { Permission } from '../contract/access.ts'

/** `anyone`: whoever has proven who he is. */
export type Needed = Permission | 'anyone'

export const routePermissions: Readonly<Record<string, Needed>> = {
  'GET /openapi.json': 'anyone',
  'GET /v1/apis': 'read',
  'GET /v1/apis/{name}/subscriptions/{tenant}': 'read',
  'GET /v1/approvals': 'read',
  'GET /v1/audit': 'read',
  'GET /v1/bill': 'read',
  'GET /v1/blame': 'read',
  'GET /v1/caches': 'read',
  'GET /v1/calls': 'read',
  'GET /v1/calls/{id}': 'read',
  'GET /v1/calls/{id}/why': 'read',
  'GET /v1/instances': 'read',
  'GET /v1/keys': 'read',
  'GET /v1/limits': 'read',
  'GET /v1/plans': 'read',
  'GET /v1/plans/{id}': 'read',
  'GET /v1/reloads': 'read',
  'GET /v1/reloads/events': 'read',
  'GET /v1/reloads/{attempt}': 'read',
  'GET /v1/reloads/{attempt}/events': 'read',
  'GET /v1/repricings': 'read',
  'GET /v1/rollout': 'read',
  'GET /v1/settings': 'read',
  'GET /v1/settings/origin': 'read',
  'GET /v1/status': 'read',
  'GET /v1/subscriptions': 'read',
  'GET /v1/versions': 'read',
  'GET /v1/trust': 'read',
  'GET /v1/versions/{version}': 'read',
  'GET /v1/versions/{version}/envelope': 'read',
  'GET /v1/versions/{from}/diff/{to}': 'read',
  'GET /v1/whoami': 'anyone',
  'DELETE /v1/tenants/{tenant}/keys/{name}': 'change',
  'PATCH /v1/settings': 'change',
  'POST /v1/apis/{name}/subscriptions/{tenant}/approve': 'approve',
  'POST /v1/apis/{name}/subscriptions/{tenant}/refuse': 'approve',
  'POST /v1/apis/{name}/subscriptions/{tenant}/revoke': 'approve',
  'POST /v1/caches/{name}/clear': 'operate',
  'POST /v1/plan': 'plan',
  'POST /v1/plans/{id}/apply': 'change',
  'POST /v1/reloads': 'change',
  'POST /v1/reloads/{attempt}/abort': 'operate',
  'POST /v1/reloads/{attempt}/approve': 'approve',
  'POST /v1/reloads/{attempt}/pause': 'operate',
  'POST /v1/reloads/{attempt}/promote': 'operate',
  // Approvers say no, and authors take back what they offered: the desk tells them apart.
  'POST /v1/reloads/{attempt}/reject': 'anyone',
  'POST /v1/reloads/{attempt}/resume': 'operate',
  'POST /v1/repricings': 'operate',
  'POST /v1/rollback': 'operate',
  'POST /v1/tenants/{tenant}/keys': 'change',
  'POST /v1/tenants/{tenant}/keys/{name}/rotate': 'change',
  // Its signatures decide; this only says who may bring it.
  'POST /v1/trust': 'access',
  'POST /v1/versions/{version}/release': 'operate',
}

const REPRICING = 'POST /v1/repricings'

/** Routes on which somebody may say that it is an emergency. */
const URGENT: ReadonlySet<string> = new Set([
  'DELETE /v1/tenants/{tenant}/keys/{name}',
  'PATCH /v1/settings',
  'POST /v1/plans/{id}/apply',
  'POST /v1/reloads',
  'POST /v1/rollback',
  'POST /v1/tenants/{tenant}/keys',
  'POST /v1/tenants/{tenant}/keys/{name}/rotate',
])

/** What this request needs, all of it. `route` is a key of the table. */
export function neededFor(
  route: string,
  query: (name: string) => string | undefined,
): readonly Needed[] | null {
  const needed = Object.hasOwn(routePermissions, route) ? routePermissions[route] : undefined
  if (needed === undefined) return null
  const isSaid = (name: string): boolean => query(name) === 'true'
  if ((needed === 'change' || route === REPRICING) && isSaid('dryRun')) return ['plan']
  if (URGENT.has(route) && isSaid('emergency')) return ['emergency']
  return needed === 'change' && isSaid('force') ? ['change', 'operate'] : [needed]
}
