/** `/v1/apis` and `/v1/subscriptions`: what is published, who has asked for it, and letting tenants in and out. */
import { createRoute, z } from '@hono/zod-openapi'
import { newestFirst, parseApiName } from '../../apis/api-name.ts'
import { type ApiSpec, apiSpec } from '../../apis/spec.ts'
import type { Decision } from '../../apis/subscriptions.ts'
import type { Subscription as Kept } from '../../contract/apis.ts'
import { GatewayError } from '../../errors.ts'
import { entriesOf } from '../../settings/check.ts'
import {
  ListedApiPage,
  Subscription,
  SubscriptionHistory,
  SubscriptionPage,
  SubscriptionState,
} from '../api-schemas.ts'
import { type AdminApp, type AdminContext, identityOf, json, originOf, refusal } from '../app.ts'
import { grantsOf } from '../guard-routes.ts'
import type { AdminRooms } from '../rooms.ts'
import { ReasonRequest } from '../schemas.ts'

const place = z.object({ name: z.string().describe('of the API'), tenant: z.string() })

const list = createRoute({
  method: 'get',
  path: '/v1/apis',
  operationId: 'listApis',
  summary: 'The published APIs of the version in force, all of them or those of a name',
  request: { query: z.object({ name: z.string().optional() }) },
  responses: { 200: json(ListedApiPage, 'APIs by name and version'), default: refusal },
})

const subscriptions = createRoute({
  method: 'get',
  path: '/v1/subscriptions',
  operationId: 'listSubscriptions',
  summary: 'Who has asked for which API, and what became of it',
  request: { query: z.object({ api: z.string().optional(), state: SubscriptionState.optional() }) },
  responses: { 200: json(SubscriptionPage, 'Subscriptions by API and tenant'), default: refusal },
})

const one = createRoute({
  method: 'get',
  path: '/v1/apis/{name}/subscriptions/{tenant}',
  operationId: 'readSubscription',
  summary: 'One subscription, with every word that was said about it',
  request: { params: place },
  responses: { 200: json(SubscriptionHistory, 'The subscription'), default: refusal },
})

const approve = decision('approve', 'Let a tenant in; its next call is answered')
const refuse = decision('refuse', 'Say no to a tenant that has asked; it may ask again')
const revoke = decision(
  'revoke',
  'Put a tenant out; its next call is refused, whichever version it runs under',
)

function decision<Verb extends 'approve' | 'refuse' | 'revoke'>(verb: Verb, summary: string) {
  return createRoute({
    method: 'post',
    path: `/v1/apis/{name}/subscriptions/{tenant}/${verb}`,
    operationId: `${verb}Subscription`,
    summary,
    description:
      'Kept on the disk before it is answered, and written into the audit log. Asks for the permission to approve changes of ' +
      'APIs, and of this tenant where a role is bound to tenants.',
    request: {
      params: place,
      body: { required: false, content: { 'application/json': { schema: ReasonRequest } } },
    },
    responses: { 200: json(Subscription, 'As it is now'), default: refusal },
  })
}

export function addApiRoutes(app: AdminApp, rooms: AdminRooms): void {
  const book = rooms.subscriptions
  app.openapi(list, (c) => {
    const snapshot = rooms.reloader.current()
    if (snapshot === null) throw new GatewayError('gateway.not_ready', {})
    const { name } = c.req.valid('query')
    const apis = [...entriesOf(snapshot.settings, 'apis', apiSpec)]
      .flatMap(([id, it]) => writeApi(id, it) ?? [])
      .filter((it) => name === undefined || it.name === name)
    return c.json({ version: snapshot.version, apis: apis.toSorted(byNameAndVersion) }, 200)
  })
  app.openapi(subscriptions, (c) => {
    const { api, state } = c.req.valid('query')
    const asked = book.list(api).filter((it) => state === undefined || it.state === state)
    return c.json({ subscriptions: asked.map(write) }, 200)
  })
  app.openapi(one, async (c) => {
    const { name: api, tenant } = c.req.valid('param')
    const found = book.find(api, tenant)
    if (found === null) throw new GatewayError('apis.no_such_subscription', { api, tenant })
    const words = await book.history(api, tenant)
    return c.json(
      { subscription: write(found), words: words.map(({ at, ...it }) => ({ at: instant(at), ...it })) },
      200,
    )
  })
  app.openapi(approve, async (c) => c.json(await decide(c, c.req.valid('param'), 'approved'), 200))
  app.openapi(refuse, async (c) => c.json(await decide(c, c.req.valid('param'), 'refused'), 200))
  app.openapi(revoke, async (c) => c.json(await decide(c, c.req.valid('param'), 'revoked'), 200))

  async function decide(
    c: AdminContext,
    at: { readonly name: string; readonly tenant: string },
    to: Decision,
  ) {
    const { name: api, tenant } = at
    demandFor(rooms, c, tenant)
    const reason = ReasonRequest.parse((await c.req.json().catch(() => ({}))) as unknown).reason ?? ''
    const { actor = '', trigger } = originOf(c)
    const decided = await book.decide({ api, tenant, to, by: actor, reason })
    const said = reason === '' ? '' : `: ${reason}`
    rooms.reloader.note({
      who: actor,
      trigger,
      source: `/apis/${api}`,
      status: to,
      reason: `subscription of ${tenant} to ${api}${said}`,
      span: c.var.span.context,
    })
    return write(decided)
  }
}

/** Beside the permission of the route: by a role that has to do with APIs, and with this tenant. */
function demandFor({ access }: AdminRooms, c: AdminContext, tenant: string): void {
  const identity = identityOf(c)
  const inForce = access.inForce()
  const allowed = grantsOf(inForce, identity).some(
    ({ may, changes, tenants }) =>
      may.has('approve') && (changes?.has('apis') ?? true) && (tenants?.has(tenant) ?? true),
  )
  if (allowed) return
  const holders = inForce?.holdersOf('approve') ?? []
  throw new GatewayError('access.forbidden', { person: identity.person, permission: 'approve', holders })
}

function writeApi(id: string, it: ApiSpec) {
  const parsed = parseApiName(id)
  if (parsed === null) return null
  return {
    id,
    ...parsed,
    state: it.state,
    access: it.access,
    route: it.route,
    context: it.context ?? null,
    tenants: it.tenants ?? null,
    testers: it.testers,
    deprecatedAt: it.deprecatedAt ?? null,
    sunsetAt: it.sunsetAt ?? null,
    successor: it.successor ?? null,
    description: it.description ?? null,
  }
}

interface Named {
  readonly name: string
  readonly version: string
}

function byNameAndVersion(a: Named, b: Named): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return newestFirst(a, b)
}

function write({ askedAt, decidedAt, ...it }: Kept) {
  return { ...it, askedAt: instant(askedAt), decidedAt: decidedAt === null ? null : instant(decidedAt) }
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}
