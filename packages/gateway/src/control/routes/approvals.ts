/** `/v1/approvals` and the word of people on what waits; `/v1/whoami`. */
import { createRoute, z } from '@hono/zod-openapi'
import type { WaitingChange as Waiting } from '../../access/approval-desk.ts'
import { GatewayError } from '../../errors.ts'
import { type AdminApp, identityOf, json, refusal } from '../app.ts'
import { demand, grantsOf } from '../guard-routes.ts'
import type { AdminRooms } from '../rooms.ts'
import { ApprovalPage, ApproveRequest, ReasonRequest, WaitingChange, WhoAmI } from '../schemas.ts'
import { writeWaiting } from '../write-json.ts'

const attemptParams = z.object({ attempt: z.string().describe('`rl_…`') })

const list = createRoute({
  method: 'get',
  path: '/v1/approvals',
  operationId: 'listApprovals',
  summary: 'What waits for the word of people, with all that it would change',
  responses: { 200: json(ApprovalPage, 'What waits'), default: refusal },
})

const approve = createRoute({
  method: 'post',
  path: '/v1/reloads/{attempt}/approve',
  operationId: 'approveReload',
  summary: 'Agree to a change that waits; it goes on when enough have',
  description:
    'Counted are different people with the roles that the policy in force asks for; the author never is one of them. ' +
    'With `digest`, refused when it is not what waits.',
  request: {
    params: attemptParams,
    body: { required: false, content: { 'application/json': { schema: ApproveRequest } } },
  },
  responses: {
    200: json(WaitingChange, 'Counted; nothing is missing any more when it goes on'),
    default: refusal,
  },
})

const reject = createRoute({
  method: 'post',
  path: '/v1/reloads/{attempt}/reject',
  operationId: 'rejectReload',
  summary: 'Say no to a change that waits, or take back what one has offered oneself',
  request: {
    params: attemptParams,
    body: { required: false, content: { 'application/json': { schema: ReasonRequest } } },
  },
  responses: { 200: json(WaitingChange, 'As it was when it ended'), default: refusal },
})

const whoami = createRoute({
  method: 'get',
  path: '/v1/whoami',
  operationId: 'whoAmI',
  summary: 'Who the token is, and what that person may',
  responses: { 200: json(WhoAmI, 'The person'), default: refusal },
})

export function addApprovalRoutes(app: AdminApp, rooms: AdminRooms): void {
  const write = (it: Waiting) =>
    writeWaiting(it, rooms.plans.list().find((plan) => plan.applied === it.attempt)?.id ?? null)
  app.openapi(list, (c) => c.json({ approvals: rooms.access.desk.waiting().map(write) }, 200))
  app.openapi(approve, (c) => {
    const { attempt } = c.req.valid('param')
    const { note = '', digest } = c.req.valid('json')
    const said = { note, ...(digest === undefined ? {} : { digest }) }
    return c.json(write(rooms.access.desk.approve(attempt, identityOf(c), said)), 200)
  })
  app.openapi(reject, (c) => {
    const { attempt } = c.req.valid('param')
    const { reason = '' } = c.req.valid('json')
    const identity = identityOf(c)
    const waiting = rooms.access.desk.waiting().find((it) => it.attempt === attempt)
    if (waiting === undefined) throw new GatewayError('access.not_waiting', { attempt })
    if (!waiting.authors.includes(identity.person)) demand(rooms, identity, 'approve')
    return c.json(write(rooms.access.desk.reject(attempt, identity, reason)), 200)
  })
  app.openapi(whoami, (c) => {
    const identity = identityOf(c)
    const grants = grantsOf(rooms.access.inForce(), identity)
    const may = [...new Set(grants.flatMap((it) => [...it.may]))]
    return c.json({ person: identity.person, by: identity.by, roles: grants.map((it) => it.role), may }, 200)
  })
}
