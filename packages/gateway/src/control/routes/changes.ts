/** `/v1/rollback`: going back after a change. Looking before one: `plans.ts`. */
import { createRoute } from '@hono/zod-openapi'
import { type AdminApp, json, originOf, refusal } from '../app.ts'
import { changeQuery } from '../change-query.ts'
import type { AdminRooms } from '../rooms.ts'
import { Receipt, RollbackRequest } from '../schemas.ts'
import { sendChanged } from '../send-changed.ts'

const rollback = createRoute({
  method: 'post',
  path: '/v1/rollback',
  operationId: 'rollback',
  summary: 'Publish a new version that restores an older one',
  description:
    'Always possible: from memory, with store, disk and network gone. The settings file is written back too; what it ' +
    'held is kept beside it when it said something else.',
  request: {
    query: changeQuery.pick({ emergency: true }),
    body: { required: false, content: { 'application/json': { schema: RollbackRequest } } },
  },
  responses: { 200: json(Receipt, 'Taken'), default: refusal },
})

export function addChangeRoutes(app: AdminApp, { changer }: AdminRooms): void {
  app.openapi(rollback, async (c) => {
    const { to, reason } = c.req.valid('json')
    const { mediaType: _, ...origin } = originOf(c, { reason })
    return sendChanged(c, await changer.rollback({ ...origin, trigger: 'rollback', manual: true }, to))
  })
}
