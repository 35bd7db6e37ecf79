/** The admin API as a listener of `node:http`: everything that is loaded only when somebody asks. */
import { getRequestListener } from '@hono/node-server'
import { createAdminApp } from '../control/admin-app.ts'
import type { AdminRooms } from '../control/rooms.ts'
import type { ApiListener } from '../server/admin-server.ts'

export function createApiListener(rooms: AdminRooms): ApiListener {
  const app = createAdminApp(rooms)
  return getRequestListener((request) => app.fetch(request))
}
