/**
 * The admin API as a listener of `node:http`: everything that is loaded only when somebody asks. What the server has
 * proven of the sender goes with the request itself, where no header can reach it.
 */
import { getRequestListener } from '@hono/node-server'
import { loadShipped } from '../catalogue/catalogue.ts'
import type { Identity } from '../contract/access.ts'
import { createAdminApp } from '../control/admin-app.ts'
import type { AdminRooms } from '../control/rooms.ts'
import { createPlanShelf } from '../plan/plan-shelf.ts'
import { createPlanner } from '../plan/planner.ts'
import type { ApiListener } from '../server/admin-server.ts'

/** What only the admin API needs is made here: a gateway that nobody asks does without. */
export type RunningRooms = Omit<AdminRooms, 'planner' | 'plans'>

export function createApiListener(rooms: RunningRooms): ApiListener {
  const planner = createPlanner({ ...rooms, shipped: loadShipped })
  const app = createAdminApp({ ...rooms, planner, plans: createPlanShelf() })
  const identities = new WeakMap<object, Identity>()
  const listener = getRequestListener((request, { incoming }) => {
    const identity = identities.get(incoming)
    return app.fetch(request, identity === undefined ? {} : { identity })
  })
  return (request, response, identity) => {
    identities.set(request, identity)
    return listener(request, response)
  }
}
