/** `/v1/settings`: what is in force, and changing a part of it. */

import { type Json, stepsOf } from '@changeover/reload'
import { createRoute, z } from '@hono/zod-openapi'
import type { JSONValue } from 'hono/utils/types'
import { GatewayError } from '../../errors.ts'
import { readJson } from '../../settings/json.ts'
import { applyJsonPatch, applyMergePatch } from '../../settings/json-patch.ts'
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
import { changeQuery } from '../change-query.ts'
import { describeSource } from '../describe-source.ts'
import { makePlan } from '../make-plan.ts'
import { overrideInForce } from '../override.ts'
import { Plan } from '../plan-schemas.ts'
import type { AdminRooms } from '../rooms.ts'
import { Receipt, Settings } from '../schemas.ts'
import { sendChanged } from '../send-changed.ts'
import { writeOverride } from '../write-json.ts'

export const mergePatchType = 'application/merge-patch+json'
export const jsonPatchType = 'application/json-patch+json'

const read = createRoute({
  method: 'get',
  path: '/v1/settings',
  operationId: 'readSettings',
  summary: 'The settings in force; secrets are references',
  request: {
    query: z.object({ pointer: z.string().optional().describe('JSON pointer: only what stands there') }),
  },
  responses: { 200: json(Settings, 'Settings; `ETag` is their version'), default: refusal },
})

const patch = createRoute({
  method: 'patch',
  path: '/v1/settings',
  operationId: 'patchSettings',
  summary: 'Change a part of the settings',
  description:
    'The change goes through the same stages as any other, and is written back into the settings file, comments kept. ' +
    'Refused with `settings.read_only` where the settings come from elsewhere, unless it is an `override`.',
  request: { query: changeQuery.extend({ dryRun: z.enum(['true', 'false']).optional() }) },
  ...rawBody('a merge patch (RFC 7396) or a JSON patch (RFC 6902)', [mergePatchType, jsonPatchType]),
  responses: {
    200: json(z.union([Receipt, Plan]), 'Taken, or unchanged. With `dryRun`: a plan.'),
    default: refusal,
  },
})

export function addSettingsRoutes(app: AdminApp, rooms: AdminRooms): void {
  app.openapi(read, async (c) => {
    const snapshot = rooms.reloader.current()
    if (snapshot === null) throw new GatewayError('gateway.not_ready', {})
    c.header('etag', `"${snapshot.version}"`)
    const { pointer = '' } = c.req.valid('query')
    const { version } = snapshot
    const settings = readAt(snapshot.settings, pointer)
    const inForce = overrideInForce(rooms.reloader)
    const override = inForce === null ? null : writeOverride(inForce)
    const source = await describeSource(rooms)
    return c.json({ version, source, override, settings: settings as JSONValue }, 200)
  })
  app.openapi(patch, async (c) => {
    const change = await readPatch(c)
    const origin = originOf(c)
    const ttlMs = overrideMsOf(c)
    if (c.req.valid('query').dryRun === 'true') {
      const offered = await rooms.changer.draftPatch(change, origin, ttlMs !== null)
      return c.json(await makePlan(rooms, offered, { replay: null }), 200)
    }
    if (ttlMs !== null) return sendChanged(c, await rooms.changer.override({ change }, origin, ttlMs))
    return sendChanged(c, await rooms.changer.patch(change, origin))
  })
}

export async function readPatch(c: AdminContext): Promise<(tree: Json) => Json> {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase() ?? 'nothing'
  if (type !== mergePatchType && type !== jsonPatchType)
    throw new GatewayError('control.media_type', {
      found: type,
      expected: `${mergePatchType} or ${jsonPatchType}`,
    })
  const body = parseBody(await readBytes(c))
  return (tree) => (type === mergePatchType ? applyMergePatch(tree, body) : applyJsonPatch(tree, body))
}

/** As strictly as a settings file: a name that is given twice would be half a change, and depth has an end. */
function parseBody(bytes: Uint8Array): Json {
  const read = readJson(textOf(bytes), 'the body')
  if (read.ok) return read.document.value
  const [first] = read.issues
  const { line = 1, column = 1 } = first?.place ?? {}
  const found = `a mistake at ${line}:${column} (${first?.message ?? 'no JSON'})`
  throw new GatewayError('control.bad_request', { field: 'the body', found, expected: 'a patch in JSON' })
}

function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    const details = { field: 'the body', found: 'no UTF-8', expected: 'a patch in JSON' }
    throw new GatewayError('control.bad_request', details, { cause })
  }
}

function readAt(tree: Json, pointer: string): Json {
  const isPointer = pointer === '' || pointer.startsWith('/')
  let here: Json | undefined = isPointer ? tree : undefined
  for (const step of isPointer ? stepsOf(pointer) : []) {
    const holds = typeof here === 'object' && here !== null && Object.hasOwn(here, step)
    here = holds ? (here as { readonly [key: string]: Json })[step] : undefined
  }
  if (here === undefined) throw new GatewayError('control.not_found', { what: `setting at "${pointer}"` })
  return here
}
