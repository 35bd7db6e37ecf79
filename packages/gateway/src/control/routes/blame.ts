/** `/v1/blame`: which reload moved a metric. */
import { createRoute, z } from '@hono/zod-openapi'
import { BLAME_METRICS } from '../../calls/blame-rows.ts'
import { readWindow } from '../../cause/blame-window.ts'
import { createBlameFinder } from '../../cause/find-blame.ts'
import { type AdminApp, json, refusal } from '../app.ts'
import { answered } from '../call-answers.ts'
import { Blame } from '../cause-schemas.ts'
import type { AdminRooms } from '../rooms.ts'
import { wordsOf, writeBlame } from '../write-blame.ts'

const read = createRoute({
  method: 'get',
  path: '/v1/blame',
  operationId: 'blame',
  summary: 'Which reload moved a metric, by how much, and how sure that is; or that nothing can be concluded',
  description:
    'Ranks the reloads of a window by how much they moved the metric: where a canary ran, by candidate and baseline at ' +
    'the same time, else by what came before and after. Worked out in a thread of its own.',
  request: {
    query: z.object({
      metric: z.enum(BLAME_METRICS).default('error_rate'),
      window: z.string().optional().describe('such as `30m`, `1h`, `24h`, `7d`; default `1h`'),
      since: z.string().optional().describe('an instant, in place of `window`'),
      until: z.string().optional().describe('an instant; default now'),
    }),
  },
  responses: { 200: json(Blame, 'The reloads, the most suspicious first'), default: refusal },
})

export function addBlameRoutes(app: AdminApp, rooms: AdminRooms): void {
  const { provenance, clock } = rooms
  const finder = createBlameFinder({ provenance, clock, readable: () => rooms.calls.readable() })
  app.openapi(read, async (c) => {
    const { metric, ...text } = c.req.valid('query')
    const window = readWindow(text, rooms.clock.now())
    const found = await answered(finder.find(metric, window))
    return c.json(writeBlame(window, found, await wordsOf(rooms.reloader, found)), 200)
  })
}
