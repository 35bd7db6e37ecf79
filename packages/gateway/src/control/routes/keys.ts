/**
 * `/v1/keys` and the keys of a tenant: which there are, and making, replacing and withdrawing one. A key is in one answer,
 * once; what is kept is its hash, as a change of the settings like any other.
 */
import { createRoute, z } from '@hono/zod-openapi'
import type { CallLog } from '../../calls/call-log.ts'
import { GatewayError } from '../../errors.ts'
import { withKey, withoutKey, withRotatedKey } from '../../identity/key-changes.ts'
import { createKey } from '../../identity/key-text.ts'
import { type KeySpec, type TenantSpec, tenantSpec } from '../../identity/spec.ts'
import { entriesOf } from '../../settings/check.ts'
import { type AdminApp, type AdminContext, json, originOf, refusal } from '../app.ts'
import { changeQuery } from '../change-query.ts'
import type { Changed } from '../changer.ts'
import { CreatedKey, CreateKeyRequest, KeyPage, RotateKeyRequest } from '../key-schemas.ts'
import { problemOfReceipt } from '../problem.ts'
import type { AdminRooms } from '../rooms.ts'
import { Receipt } from '../schemas.ts'
import { sendChanged } from '../send-changed.ts'
import { sendProblem } from '../send-problem.ts'
import { writeChanged } from '../write-json.ts'

const query = changeQuery.pick({ reason: true, emergency: true, force: true })
const place = z.object({ tenant: z.string(), name: z.string().describe('of the key') })
const created = {
  200: json(CreatedKey, 'Taken; the key is told here and never again'),
  202: json(CreatedKey, 'The change waits; the key works when it is in force'),
  default: refusal,
}

const list = createRoute({
  method: 'get',
  path: '/v1/keys',
  operationId: 'listKeys',
  summary: 'The keys of all tenants, or of one, and when each was used last; never a key itself',
  request: { query: z.object({ tenant: z.string().optional() }) },
  responses: { 200: json(KeyPage, 'Keys by tenant and name'), default: refusal },
})

const create = createRoute({
  method: 'post',
  path: '/v1/tenants/{tenant}/keys',
  operationId: 'createKey',
  summary: 'Make a key for a tenant',
  request: {
    params: place.pick({ tenant: true }),
    query,
    body: { required: true, content: { 'application/json': { schema: CreateKeyRequest } } },
  },
  responses: created,
})

const rotate = createRoute({
  method: 'post',
  path: '/v1/tenants/{tenant}/keys/{name}/rotate',
  operationId: 'rotateKey',
  summary: 'Put a new key in the place of one that goes on working for a while',
  request: {
    params: place,
    query,
    body: { required: false, content: { 'application/json': { schema: RotateKeyRequest } } },
  },
  responses: created,
})

const revoke = createRoute({
  method: 'delete',
  path: '/v1/tenants/{tenant}/keys/{name}',
  operationId: 'revokeKey',
  summary: 'Withdraw a key, those that it replaced with it; calls that run by it are cut',
  description: 'Within the time that `access.revokedWithinMs` says, for calls of older versions too.',
  request: { params: place, query },
  responses: { 200: json(Receipt, 'Taken'), default: refusal },
})

export function addKeyRoutes(app: AdminApp, rooms: AdminRooms): void {
  const { changer, clock } = rooms
  app.openapi(list, async (c) => {
    const snapshot = rooms.reloader.current()
    if (snapshot === null) throw new GatewayError('gateway.not_ready', {})
    const tenants = entriesOf(snapshot.settings, 'tenants', tenantSpec)
    const used = await lastUsed(rooms.calls)
    const { tenant } = c.req.valid('query')
    const asked = [...tenants].filter(([name]) => tenant === undefined || name === tenant)
    const keys = asked.flatMap(([name, it]) => writeKeys({ name, it, used, nowMs: clock.now() }))
    return c.json({ version: snapshot.version, keys }, 200)
  })
  app.openapi(create, async (c) => {
    const { tenant } = c.req.valid('param')
    const { name, team, expires } = c.req.valid('json')
    const { key, hash } = createKey()
    const change = changer.patch(
      (tree) => withKey(tree, { tenant, name, hash, team, expires }),
      originFor(c, `create the key ${tenant}/${name}`),
    )
    return sendKey(c, await change, key)
  })
  app.openapi(rotate, async (c) => {
    const { tenant, name } = c.req.valid('param')
    const { overlapMs = DAY_MS, expires } = c.req.valid('json')
    const { key, hash } = createKey()
    const wish = { tenant, name, hash, expires, overlapMs, nowMs: clock.now() }
    const change = changer.patch(
      (tree) => withRotatedKey(tree, wish),
      originFor(c, `rotate the key ${tenant}/${name}`),
    )
    return sendKey(c, await change, key)
  })
  app.openapi(revoke, async (c) => {
    const { tenant, name } = c.req.valid('param')
    const origin = originFor(c, `revoke the key ${tenant}/${name}`)
    return sendChanged(c, await changer.patch((tree) => withoutKey(tree, { tenant, name }), origin))
  })
}

const DAY_MS = 86_400_000

function originFor(c: AdminContext, reason: string) {
  return originOf(c, { reason: c.req.query('reason') ?? reason })
}

/** Only with what was taken: a refusal tells no key, since nothing knows its hash. */
function sendKey(c: AdminContext, changed: Changed, key: string) {
  const refused = problemOfReceipt(changed.receipt)
  // The routes describe refusals as their default response, which the type of `json` cannot say.
  if (refused !== null) return sendProblem(refused) as never
  const receipt = writeChanged(changed)
  c.header('cache-control', 'no-store')
  if (receipt.version !== null) c.header('etag', `"${receipt.version}"`)
  return c.json({ key, receipt }, receipt.outcome === 'waiting' ? 202 : 200) as never
}

async function lastUsed(calls: CallLog): Promise<ReadonlyMap<string, number>> {
  return new Map((await calls.keysUsed()).map((it) => [it.key, it.lastAt]))
}

interface TenantAt {
  readonly name: string
  readonly it: TenantSpec
  readonly used: ReadonlyMap<string, number>
  readonly nowMs: number
}

function writeKeys({ name: tenant, it, used, nowMs }: TenantAt) {
  return Object.entries(it.keys).map(([name, key]) => {
    const lastAt = used.get(`${tenant}/${name}`)
    const team = key.team === undefined ? undefined : it.teams[key.team]
    const isOn = key.enabled && it.enabled && team?.enabled !== false
    return {
      tenant,
      name,
      team: key.team ?? null,
      state: stateOf(key, isOn, nowMs),
      expires: key.expires ?? null,
      previous: key.previous.map(({ expires }) => ({ expires })),
      lastUsedAt: lastAt === undefined ? null : new Date(lastAt).toISOString(),
    }
  })
}

function stateOf({ expires }: KeySpec, isOn: boolean, nowMs: number): 'active' | 'expired' | 'disabled' {
  if (!isOn) return 'disabled'
  return expires !== undefined && Date.parse(expires) <= nowMs ? 'expired' : 'active'
}
