/** `/v1/plan` and `/v1/rollback`: looking before a change, and going back after one. */

import { ENVELOPE_TYPE } from '@changeover/reload'
import { createRoute } from '@hono/zod-openapi'
import { type AdminApp, json, originOf, overrideMsOf, rawBody, readBytes, refusal } from '../app.ts'
import { changeQuery, settingsTypes } from '../change-query.ts'
import type { AdminRooms } from '../rooms.ts'
import { Plan, Receipt, RollbackRequest } from '../schemas.ts'
import { sendChanged } from '../send-changed.ts'
import { writePlan } from '../write-json.ts'
import { jsonPatchType, mergePatchType, readPatch } from './settings.ts'

const plan = createRoute({
  method: 'post',
  path: '/v1/plan',
  operationId: 'plan',
  summary: 'What a change would do',
  description:
    'The change is built beside the running version, all the way to the swap, and let go. Takes whole settings, ' +
    'an envelope, or a patch, by content type.',
  request: { query: changeQuery },
  ...rawBody('what would be offered', [...settingsTypes, ENVELOPE_TYPE, mergePatchType, jsonPatchType]),
  responses: { 200: json(Plan, 'The plan, also when it would be refused'), default: refusal },
})

const rollback = createRoute({
  method: 'post',
  path: '/v1/rollback',
  operationId: 'rollback',
  summary: 'Publish a new version that restores an older one',
  description:
    'Always possible: from memory, with store, disk and network gone. The settings file is written back too; what it ' +
    'held is kept beside it when it said something else.',
  request: { body: { required: false, content: { 'application/json': { schema: RollbackRequest } } } },
  responses: { 200: json(Receipt, 'Taken'), default: refusal },
})

export function addChangeRoutes(app: AdminApp, { reloader, changer }: AdminRooms): void {
  app.openapi(plan, async (c) => {
    const origin = originOf(c)
    if (origin.mediaType !== mergePatchType && origin.mediaType !== jsonPatchType)
      return c.json(writePlan(await reloader.plan(await readBytes(c), origin)), 200)
    const { bytes, mediaType } = await changer.draftPatch(await readPatch(c), overrideMsOf(c) !== null)
    return c.json(writePlan(await reloader.plan(bytes, { ...origin, mediaType })), 200)
  })
  app.openapi(rollback, async (c) => {
    const { to, reason } = c.req.valid('json')
    const { mediaType: _, ...origin } = originOf(c, { reason })
    return sendChanged(c, await changer.rollback({ ...origin, trigger: 'rollback', manual: true }, to))
  })
}
