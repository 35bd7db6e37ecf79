/** `/v1/reloads`: offering settings and following attempts. What people decide about one: `rollouts.ts`. */

import { ENVELOPE_TYPE } from '@changeover/reload'
import { createRoute, z } from '@hono/zod-openapi'
import { streamSSE } from 'hono/streaming'
import { may } from '../../access/may.ts'
import { GatewayError } from '../../errors.ts'
import {
  type AdminApp,
  type AdminContext,
  identityOf,
  json,
  originOf,
  overrideMsOf,
  rawBody,
  readBytes,
  refusal,
} from '../app.ts'
import { attemptsOfAudit, type NumberedEvent } from '../attempt-journal.ts'
import { changeQuery, settingsTypes } from '../change-query.ts'
import { grantsOf } from '../guard-routes.ts'
import { makePlan } from '../make-plan.ts'
import { Plan } from '../plan-schemas.ts'
import type { AdminRooms } from '../rooms.ts'
import { Attempt, AttemptPage, Receipt } from '../schemas.ts'
import { sendChanged } from '../send-changed.ts'
import { writeAttempt, writeAudited, writeEvent } from '../write-json.ts'

const attemptParams = z.object({ attempt: z.string().describe('`rl_…`') })
const heartbeatMs = 15_000

export function addReloadRoutes(app: AdminApp, rooms: AdminRooms): void {
  addOffer(app, rooms)
  // Before `/{attempt}`, which would take the word "events" for a name.
  addEvents(app, rooms)
  addHistory(app, rooms)
}

const offer = createRoute({
  method: 'post',
  path: '/v1/reloads',
  operationId: 'offerReload',
  summary: 'Offer settings, whole: as a person writes them, or sealed',
  description:
    'Answers at the swap, or when the offer is refused. `If-Match` names the version that the change was made for, ' +
    '`Idempotency-Key` makes the same offer safe to send twice, `traceparent` becomes the parent of the reload.',
  request: { query: changeQuery.extend({ dryRun: z.enum(['true', 'false']).optional() }) },
  ...rawBody('the settings, or an envelope', [...settingsTypes, ENVELOPE_TYPE]),
  responses: {
    200: json(z.union([Receipt, Plan]), 'Taken, or unchanged. With `dryRun`: a plan.'),
    default: refusal,
  },
})

function addOffer(app: AdminApp, rooms: AdminRooms): void {
  const { changer } = rooms
  app.openapi(offer, async (c) => {
    const bytes = await readBytes(c)
    const origin = originOf(c)
    const type = origin.mediaType ?? 'nothing'
    if (type !== ENVELOPE_TYPE && !settingsTypes.includes(type))
      throw new GatewayError('control.media_type', { found: type, expected: settingsTypes.join(', ') })
    if (c.req.valid('query').dryRun === 'true')
      return c.json(await makePlan(rooms, { bytes, origin }, { replay: null }), 200)
    const ttlMs = overrideMsOf(c)
    if (ttlMs !== null) return sendChanged(c, await changer.override({ bytes }, origin, ttlMs))
    return sendChanged(c, await changer.offer(bytes, origin))
  })
}

const history = createRoute({
  method: 'get',
  path: '/v1/reloads',
  operationId: 'listReloads',
  summary: 'Attempts, newest first',
  request: {
    query: z.object({
      limit: z.coerce.number().int().min(1).max(200).default(20),
      skipped: z.enum(['true', 'false']).default('false').describe('also those that had nothing to do'),
    }),
  },
  responses: { 200: json(AttemptPage, 'Attempts'), default: refusal },
})

const one = createRoute({
  method: 'get',
  path: '/v1/reloads/{attempt}',
  operationId: 'readReload',
  summary: 'One attempt, with the time of each stage',
  request: { params: attemptParams },
  responses: { 200: json(Attempt, 'The attempt'), default: refusal },
})

function addHistory(app: AdminApp, rooms: AdminRooms): void {
  app.openapi(history, async (c) => {
    const { limit, skipped } = c.req.valid('query')
    const found = (await allAttempts(rooms)).filter((it) => skipped === 'true' || it.status !== 'skipped')
    return c.json({ reloads: found.slice(0, limit) }, 200)
  })
  app.openapi(one, async (c) => {
    const { attempt } = c.req.valid('param')
    const report = rooms.journal.report(attempt)
    if (report !== null) return c.json(writeAttempt(report), 200)
    const audited = attemptsOfAudit(await rooms.reloader.audit()).find((it) => it.attempt === attempt)
    if (audited === undefined) throw new GatewayError('control.not_found', { what: `reload "${attempt}"` })
    return c.json(writeAudited(audited), 200)
  })
}

/** Those of this process with the times of their stages, then those that only the audit log knows. */
async function allAttempts(rooms: AdminRooms) {
  const known = rooms.journal.reports()
  const names = new Set(known.map((it) => it.attempt))
  const older = attemptsOfAudit(await rooms.reloader.audit({ limit: 1_000 }))
  return [...known.map(writeAttempt), ...older.filter((it) => !names.has(it.attempt)).map(writeAudited)].sort(
    (a, b) => (a.startedAt < b.startedAt ? 1 : -1),
  )
}

const eventsText = {
  description: 'Server-sent events: `event` is the state, `data` a `ReloadEvent`. `Last-Event-ID` resumes.',
  content: { 'text/event-stream': { schema: z.string() } },
} as const

const allEvents = createRoute({
  method: 'get',
  path: '/v1/reloads/events',
  operationId: 'followReloads',
  summary: 'Every change of state, as it happens',
  responses: { 200: eventsText, default: refusal },
})

const attemptEvents = createRoute({
  method: 'get',
  path: '/v1/reloads/{attempt}/events',
  operationId: 'followReload',
  summary: 'The changes of state of one attempt, from its first',
  request: { params: attemptParams },
  responses: { 200: eventsText, default: refusal },
})

function addEvents(app: AdminApp, rooms: AdminRooms): void {
  app.openapi(allEvents, (c) => streamEvents(c, rooms, rooms.journal.lastId, () => true))
  app.openapi(attemptEvents, (c) => {
    const { attempt } = c.req.valid('param')
    return streamEvents(c, rooms, 0, (it) => it.event.attempt === attempt)
  })
}

function streamEvents(
  c: AdminContext,
  { journal, clock, access }: AdminRooms,
  startId: number,
  isWanted: (event: NumberedEvent) => boolean,
): Response {
  const lastSeen = Number(c.req.header('last-event-id') ?? startId)
  const identity = identityOf(c)
  // Whoever may not look any more is told nothing more, the change that said so included.
  const mayLook = (): boolean => may(grantsOf(access.inForce(), identity), 'read')
  return streamSSE(c, async (stream) => {
    const waiting = [...journal.since(Number.isSafeInteger(lastSeen) ? lastSeen : startId)]
    let wake = (): void => undefined
    const stop = journal.follow((it) => {
      waiting.push(it)
      wake()
    })
    stream.onAbort(() => {
      stop()
      wake()
    })
    await stream.write(': following\n\n')
    while (!stream.aborted && mayLook()) {
      for (const it of waiting.splice(0).filter(isWanted)) {
        const data = JSON.stringify(writeEvent(it.event))
        await stream.writeSSE({ id: String(it.id), event: it.event.state, data })
      }
      const beat = Promise.withResolvers<boolean>()
      const timer = clock.after(heartbeatMs, () => beat.resolve(true))
      wake = () => beat.resolve(false)
      if (waiting.length > 0 || stream.aborted) wake()
      if (await beat.promise) await stream.write(': still here\n\n')
      timer.cancel()
    }
    stop()
  })
}
