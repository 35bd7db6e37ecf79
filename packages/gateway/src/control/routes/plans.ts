/** `/v1/plan` and `/v1/plans`: looking before a change, and applying what was looked at. */
import { ENVELOPE_TYPE } from '@changeover/reload'
import { createRoute, z } from '@hono/zod-openapi'
import { streamSSE } from 'hono/streaming'
import { GatewayError } from '../../errors.ts'
import type { LookOptions } from '../../plan/planner.ts'
import {
  type AdminApp,
  type AdminContext,
  json,
  originOf,
  overrideMsOf,
  rawBody,
  readBytes,
  refusal,
} from '../app.ts'
import { changeQuery, settingsTypes } from '../change-query.ts'
import type { ChangeHint } from '../changer.ts'
import { makePlan, type Offered, type PlanBody, readReplayAsk } from '../make-plan.ts'
import { Plan, PlanPage } from '../plan-schemas.ts'
import { problemOf } from '../problem.ts'
import type { AdminRooms } from '../rooms.ts'
import { Receipt } from '../schemas.ts'
import { sendChanged } from '../send-changed.ts'
import { jsonPatchType, mergePatchType, readPatch } from './settings.ts'

const replayText = z
  .string()
  .optional()
  .describe(
    'how many of the newest calls are replayed, or of which time: `10000`, `1h`, `off`; default 10000',
  )

const plan = createRoute({
  method: 'post',
  path: '/v1/plan',
  operationId: 'plan',
  summary: 'What a change would do',
  description:
    'The change is built beside the running version, all the way to the swap, and let go; recorded calls are replayed ' +
    'through both. Takes whole settings, an envelope, or a patch, by content type. With `accept: text/event-stream` ' +
    'it tells how far it is (`progress`) and then answers (`plan`, or `problem`); leaving ends the work.',
  request: { query: changeQuery.extend({ replay: replayText }) },
  ...rawBody('what would be offered', [...settingsTypes, ENVELOPE_TYPE, mergePatchType, jsonPatchType]),
  responses: { 200: json(Plan, 'The plan, also when it would be refused'), default: refusal },
})

const list = createRoute({
  method: 'get',
  path: '/v1/plans',
  operationId: 'listPlans',
  summary: 'The last plans, newest first; a restart forgets them',
  request: {
    query: z.object({ attempt: z.string().optional().describe('only the one that this reload applied') }),
  },
  responses: { 200: json(PlanPage, 'Plans'), default: refusal },
})

const planParams = z.object({ id: z.string().describe('`pl_…`') })

const one = createRoute({
  method: 'get',
  path: '/v1/plans/{id}',
  operationId: 'readPlan',
  summary: 'One of the last plans',
  request: { params: planParams },
  responses: { 200: json(Plan, 'The plan'), default: refusal },
})

const apply = createRoute({
  method: 'post',
  path: '/v1/plans/{id}/apply',
  operationId: 'applyPlan',
  summary: 'Offer what was planned, exactly',
  description:
    'Refused with `plan.moved` when another version came into force since, or began its rollout where changes queue: ' +
    'the plan says nothing of that one. A plan that was made during such a rollout waits for its end, and is refused ' +
    'with `verify.conflict` when the version on trial was taken back.',
  request: { params: planParams, query: changeQuery.omit({ override: true }) },
  responses: { 200: json(Receipt, 'Taken'), default: refusal },
})

export function addPlanRoutes(app: AdminApp, rooms: AdminRooms): void {
  app.openapi(plan, async (c) => {
    const replay = readReplayAsk(c.req.valid('query').replay)
    const offered = await readOffered(rooms, c)
    const options = { replay, signal: c.req.raw.signal }
    // What is streamed is described in words: a route has one kind of answer.
    if (c.req.header('accept')?.includes('text/event-stream') === true)
      return streamPlan(c, rooms, { offered, options }) as never
    return c.json(await makePlan(rooms, offered, options), 200)
  })
  app.openapi(list, (c) => {
    const { attempt } = c.req.valid('query')
    const kept = rooms.plans.list().filter((it) => attempt === undefined || it.applied === attempt)
    return c.json({ plans: kept.map((it) => ({ ...it.body, applied: it.applied })) }, 200)
  })
  app.openapi(one, (c) => {
    const kept = findPlan(rooms, c.req.valid('param').id)
    return c.json({ ...kept.body, applied: kept.applied }, 200)
  })
  app.openapi(apply, async (c) => sendChanged(c, await applyPlan(c, rooms, c.req.valid('param').id)))
}

async function readOffered(rooms: AdminRooms, c: AdminContext): Promise<Offered> {
  const origin = originOf(c)
  if (origin.mediaType !== mergePatchType && origin.mediaType !== jsonPatchType)
    return { bytes: await readBytes(c), origin }
  return await rooms.changer.draftPatch(await readPatch(c), origin, overrideMsOf(c) !== null)
}

function streamPlan(
  c: AdminContext,
  rooms: AdminRooms,
  { offered, options }: { offered: Offered; options: LookOptions },
): Response {
  return streamSSE(c, async (stream) => {
    const left = new AbortController()
    stream.onAbort(() => left.abort())
    const say = (event: string, data: unknown) => stream.writeSSE({ event, data: JSON.stringify(data) })
    try {
      const body: PlanBody = await makePlan(rooms, offered, {
        ...options,
        signal: left.signal,
        onProgress: (it) => void say('progress', it),
      })
      await say('plan', body)
    } catch (error) {
      if (!left.signal.aborted) await say('problem', problemOf(error))
    }
  })
}

function findPlan(rooms: AdminRooms, id: string) {
  const kept = rooms.plans.find(id)
  if (kept === null) throw new GatewayError('control.not_found', { what: `plan "${id}"` })
  return kept
}

async function applyPlan(c: AdminContext, rooms: AdminRooms, id: string) {
  const { base, offer, body } = findPlan(rooms, id)
  if (offer === null) throw new GatewayError('plan.not_kept', { plan: id, ok: body.ok })
  const origin = originOf(c)
  // One that waits for a rollout comes in over the version on trial, and was planned for that.
  const version = rooms.reloader.baseFor(origin)?.version ?? null
  if (version !== base)
    throw new GatewayError('plan.moved', { plan: id, base: base ?? 'nothing', version: version ?? 'nothing' })
  const { bytes, mediaType, source } = offer
  const hint = { ...offer.hint, ...(origin.hint as ChangeHint | undefined) }
  const asked = { ...origin, source, mediaType, hint, ...(base === null ? {} : { ifMatch: base }) }
  const changed = await rooms.changer.offer(bytes, asked)
  rooms.plans.apply(id, changed.receipt.attempt)
  return changed
}
