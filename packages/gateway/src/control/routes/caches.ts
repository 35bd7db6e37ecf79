/** `/v1/caches`: what caches hold and have saved, and how to make them forget. */
import { createRoute, z } from '@hono/zod-openapi'
import type { AnswerCache } from '../../contract/answer-cache.ts'
import { GatewayError } from '../../errors.ts'
import { type AdminApp, json, refusal } from '../app.ts'
import type { AdminRooms } from '../rooms.ts'

const Cache = z
  .object({
    name: z.string(),
    kind: z.enum(['exact', 'semantic']),
    store: z.enum(['memory', 'redis']),
    entries: z.number().int().nullable().describe('answers; null where they are not in this process'),
    bytes: z.number().int().nullable(),
    waiting: z.number().int().describe('requests that wait for the answer of another, just now'),
    messages: z.number().int().describe('messages that are remembered for comparison'),
    outcomes: z.object({
      exact: z.number().int(),
      semantic: z.number().int(),
      joined: z.number().int(),
      miss: z.number().int(),
      bypass: z.number().int(),
    }),
    savedMicroUsd: z.number().describe('what answers had cost that were given again'),
    evicted: z.number().int().describe('answers that went for want of room'),
    failures: z.number().int().describe('times that the store could not be reached'),
  })
  .openapi('Cache')

const list = createRoute({
  method: 'get',
  path: '/v1/caches',
  operationId: 'listCaches',
  summary: 'Caches of the version in force: what they hold, how often they answered, what that saved',
  description: 'Counted in this process, since it started.',
  responses: {
    200: json(z.object({ caches: z.array(Cache).readonly() }).openapi('CachePage'), 'Caches'),
    default: refusal,
  },
})

const clear = createRoute({
  method: 'post',
  path: '/v1/caches/{name}/clear',
  operationId: 'clearCache',
  summary: 'Forget the answers of a cache: all, or those of a tenant, of a route, of both',
  request: {
    params: z.object({ name: z.string() }),
    query: z.object({ tenant: z.string().optional(), route: z.string().optional() }),
  },
  responses: {
    200: json(z.object({ cleared: z.number().int() }).openapi('CacheCleared'), 'How many there were'),
    default: refusal,
  },
})

export function addCacheRoutes(app: AdminApp, { caches }: AdminRooms): void {
  const known = (): ReadonlyMap<string, AnswerCache> => caches?.() ?? new Map()
  app.openapi(list, (c) =>
    c.json({ caches: Array.from(known(), ([name, { facts }]) => ({ name, ...facts })) }, 200),
  )
  app.openapi(clear, async (c) => {
    const { name } = c.req.valid('param')
    const { tenant, route } = c.req.valid('query')
    const cache = known().get(name)
    if (cache === undefined) throw new GatewayError('control.not_found', { what: `cache "${name}"` })
    const which = { ...(tenant === undefined ? {} : { tenant }), ...(route === undefined ? {} : { route }) }
    return c.json({ cleared: await cache.clear(which) }, 200)
  })
}
