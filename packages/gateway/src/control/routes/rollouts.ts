/** `/v1/rollout`, and what a person decides about one: on, hold, go on, back. */
import type { RolloutAsk, RolloutStatus } from '@changeover/reload'
import { createRoute, z } from '@hono/zod-openapi'
import { GatewayError } from '../../errors.ts'
import { type AdminApp, type AdminContext, json, originOf, refusal } from '../app.ts'
import { PromoteRequest, Rollout, RolloutPage } from '../rollout-schemas.ts'
import type { AdminRooms } from '../rooms.ts'
import { Done, ReasonRequest } from '../schemas.ts'
import { writeFreeze, writePolicy, writeProbes, writeRollout } from '../write-rollout.ts'

const attemptParams = z.object({ attempt: z.string().describe('`rl_…`') })
const reasonBody = { required: false, content: { 'application/json': { schema: ReasonRequest } } } as const

const show = createRoute({
  method: 'get',
  path: '/v1/rollout',
  operationId: 'readRollout',
  summary:
    'The rollout that goes on, side by side with what it is compared with; and how the next change comes in',
  responses: { 200: json(RolloutPage, 'The rollout and the policy'), default: refusal },
})

const promote = createRoute({
  method: 'post',
  path: '/v1/reloads/{attempt}/promote',
  operationId: 'promoteReload',
  summary: 'Move a rollout on; of a version that has all traffic, end its observation well',
  request: {
    params: attemptParams,
    body: { required: false, content: { 'application/json': { schema: PromoteRequest } } },
  },
  responses: { 200: json(Done, 'Promoted'), default: refusal },
})

const pause = createRoute({
  method: 'post',
  path: '/v1/reloads/{attempt}/pause',
  operationId: 'pauseReload',
  summary: 'Hold a rollout at its share; it is taken back all the same if it turns out worse',
  request: { params: attemptParams, body: reasonBody },
  responses: { 200: json(Rollout, 'Held'), default: refusal },
})

const resume = createRoute({
  method: 'post',
  path: '/v1/reloads/{attempt}/resume',
  operationId: 'resumeReload',
  summary: 'Let a rollout that was held go on with what was left of its step',
  request: { params: attemptParams },
  responses: { 200: json(Rollout, 'It goes on'), default: refusal },
})

const abort = createRoute({
  method: 'post',
  path: '/v1/reloads/{attempt}/abort',
  operationId: 'abortReload',
  summary: 'Take a version on trial back to the baseline at once, and quarantine it',
  request: { params: attemptParams, body: reasonBody },
  responses: { 200: json(Done, 'Taken back'), default: refusal },
})

export function addRolloutRoutes(app: AdminApp, rooms: AdminRooms): void {
  const { reloader } = rooms
  app.openapi(show, (c) => {
    const settings = reloader.current()?.settings ?? {}
    const rollout = reloader.rollout()
    const body = {
      rollout: rollout === null ? null : writeRollout(rollout, rooms),
      policy: writePolicy(settings),
      frozen: writeFreeze(settings, rooms.clock.now()),
      probes: writeProbes(settings),
    }
    return c.json(body, 200)
  })
  app.openapi(promote, async (c) => {
    const { attempt } = c.req.valid('param')
    const { to = 'next', reason } = c.req.valid('json')
    const { id, version, state } = rolloutOf(rooms, attempt)
    await reloader.promote(id, { to: state === 'baking' ? 'confirmed' : to }, askOf(c, reason))
    return c.json({ done: true as const, version }, 200)
  })
  app.openapi(pause, async (c) => {
    const { id } = rolloutOf(rooms, c.req.valid('param').attempt)
    const reason = c.req.valid('json').reason ?? 'held by an operator'
    return c.json(writeRollout(await reloader.pause(id, reason, askOf(c, reason)), rooms), 200)
  })
  app.openapi(resume, async (c) => {
    const { id } = rolloutOf(rooms, c.req.valid('param').attempt)
    return c.json(writeRollout(await reloader.resume(id, askOf(c, undefined)), rooms), 200)
  })
  app.openapi(abort, async (c) => {
    const { attempt } = c.req.valid('param')
    const { id, version } = rolloutOf(rooms, attempt)
    const reason = c.req.valid('json').reason ?? 'aborted by an operator'
    if ((await reloader.abort(id, reason, askOf(c, reason))) === null) throw notObserved(attempt)
    return c.json({ done: true as const, version }, 200)
  })
}

const OVER: ReadonlySet<string> = new Set(['complete', 'aborted', 'rolled_back', 'superseded'])

/** Throws `control.not_observed` for an attempt whose version is not on trial, `control.not_found` for none. */
function rolloutOf({ reloader, journal }: AdminRooms, attempt: string): RolloutStatus {
  const found = reloader.rollout()
  if (found?.attempt === attempt && !OVER.has(found.state)) return found
  if (found?.attempt !== attempt && journal.report(attempt) === null)
    throw new GatewayError('control.not_found', { what: `reload "${attempt}"` })
  throw notObserved(attempt)
}

function notObserved(attempt: string): GatewayError<'control.not_observed'> {
  return new GatewayError('control.not_observed', { attempt })
}

function askOf(c: AdminContext, reason: string | undefined): RolloutAsk {
  const { actor, trace, manual } = originOf(c, { reason })
  return {
    ...(actor === undefined ? {} : { actor }),
    ...(reason === undefined ? {} : { reason }),
    ...(trace === undefined ? {} : { trace }),
    ...(manual === undefined ? {} : { manual }),
  }
}
