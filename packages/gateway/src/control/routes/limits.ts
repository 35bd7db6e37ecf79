/** `/v1/limits`: how the limits and budgets of tenants, teams and keys stand. */
import { createRoute, z } from '@hono/zod-openapi'
import type { Standing } from '../../contract/allowance.ts'
import { GatewayError } from '../../errors.ts'
import { type AdminApp, json, refusal } from '../app.ts'
import { LimitPage } from '../limit-schemas.ts'
import type { AdminRooms } from '../rooms.ts'

const list = createRoute({
  method: 'get',
  path: '/v1/limits',
  operationId: 'listLimits',
  summary:
    'How the limits and budgets of all tenants, or of one, stand: what each has taken, and what is left',
  description: 'What calls under way hold is among what is used, until they are over.',
  request: { query: z.object({ tenant: z.string().optional() }) },
  responses: {
    200: json(LimitPage, 'Counts, of each tenant, then its teams, then its keys'),
    default: refusal,
  },
})

export function addLimitRoutes(app: AdminApp, { limits, reloader }: AdminRooms): void {
  app.openapi(list, async (c) => {
    const { tenant = null } = c.req.valid('query')
    const version = reloader.current()?.version ?? null
    if (version === null || limits === undefined) throw new GatewayError('gateway.not_ready', {})
    const counts = await standings(limits, tenant)
    return c.json({ version, counts: counts.map(writeStanding) }, 200)
  })
}

async function standings(
  limits: NonNullable<AdminRooms['limits']>,
  tenant: string | null,
): Promise<readonly Standing[]> {
  try {
    return await limits(tenant)
  } catch (cause) {
    throw new GatewayError('counters.unreachable', { store: 'place' }, { cause })
  }
}

function writeStanding({ endsMs, ...it }: Standing) {
  return { ...it, endsAt: endsMs === null ? null : new Date(endsMs).toISOString() }
}
