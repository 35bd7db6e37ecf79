/** `/v1/calls`: finished calls, newest first. */
import { createRoute, z } from '@hono/zod-openapi'
import type { CallFilter } from '../../calls/questions.ts'
import { type AdminApp, json, refusal } from '../app.ts'
import { answered, recordedCall } from '../call-answers.ts'
import { Call, CallPage } from '../call-schemas.ts'
import type { AdminRooms } from '../rooms.ts'
import { writeCall } from '../write-json.ts'

const list = createRoute({
  method: 'get',
  path: '/v1/calls',
  operationId: 'listCalls',
  summary: 'Finished calls, newest first',
  request: {
    query: z.object({
      version: z.string().optional(),
      tenant: z.string().optional(),
      route: z.string().optional(),
      status: z
        .string()
        .regex(/^[1-5](?:\d\d|xx)$/, 'a status such as 502, or a class such as 5xx')
        .optional(),
      since: z.iso.datetime({ offset: true }).optional().describe('calls that began at or after it'),
      cursor: z
        .string()
        .regex(/^[0-9a-z]{1,13}$/, '`next` of the page before')
        .optional(),
      limit: z.coerce.number().int().min(1).max(500).default(50),
    }),
  },
  responses: { 200: json(CallPage, 'Calls'), default: refusal },
})

const one = createRoute({
  method: 'get',
  path: '/v1/calls/{id}',
  operationId: 'readCall',
  summary: 'One call, by the id of `x-changeover-call`',
  request: { params: z.object({ id: z.string() }) },
  responses: { 200: json(Call, 'The call'), default: refusal },
})

export function addCallRoutes(app: AdminApp, { calls }: AdminRooms): void {
  app.openapi(list, async (c) => {
    const { since, ...filter } = c.req.valid('query')
    const asked = { ...filter, ...(since === undefined ? {} : { since: Date.parse(since) }) }
    const page = await answered(calls.list(withoutHoles(asked)))
    return c.json({ calls: page.calls.map(writeCall), next: page.next }, 200)
  })
  app.openapi(one, async (c) => {
    const { id } = c.req.valid('param')
    return c.json(writeCall(await recordedCall(calls, id)), 200)
  })
}

function withoutHoles(filter: { [Name in keyof CallFilter]: CallFilter[Name] | undefined }): CallFilter {
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined))
}
