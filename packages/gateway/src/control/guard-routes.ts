/**
 * Lets a request through to its route when whoever sent it may: before its body is read, and by the roles of that
 * moment.
 *
 * Not here: which route needs what (`route-permissions.ts`), and what a change may touch, which is known only when
 * it has been read (`access/approval-desk.ts`).
 */
import type { CompiledAccess } from '../access/compile-access.ts'
import { may } from '../access/may.ts'
import { builtInGrants } from '../access/roles.ts'
import type { Grant, Identity, Permission } from '../contract/access.ts'
import { GatewayError } from '../errors.ts'
import { type AdminApp, type AdminContext, identityOf } from './app.ts'
import type { AdminRooms } from './rooms.ts'
import { type Needed, neededFor, routePermissions } from './route-permissions.ts'

/** Must come before the routes. */
export function guardRoutes(app: AdminApp, rooms: AdminRooms): void {
  for (const route of Object.keys(routePermissions)) {
    const [method = '', path = ''] = route.split(' ')
    app.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), async (c: AdminContext, next) => {
      authenticate(rooms, c, neededFor(route, (name) => c.req.query(name)) ?? [])
      c.set('isGuarded', true)
      await next()
    })
  }
  app.use(async (c, next) => {
    if (c.get('isGuarded') !== true && identityOf(c).by !== 'owner')
      throw new GatewayError('request.no_such_path', { path: c.req.path })
    await next()
  })
}

/** Reading leaves no trace, so that a console that polls does not drown the rest. */
function authenticate(rooms: AdminRooms, c: AdminContext, needed: readonly Needed[]): void {
  const identity = identityOf(c)
  const { span: parent } = c.var
  if (parent === undefined) return demandAll(rooms, identity, needed)
  parent.set({ 'user.id': identity.person })
  const attributes = { 'user.id': identity.person }
  const span = rooms.telemetry.tracer.start('reload.authenticate', { parent: parent.context, attributes })
  try {
    demandAll(rooms, identity, needed)
  } catch (error) {
    span.fail('access.forbidden', error)
    const message = `${identity.person} may not ${c.req.method} ${c.req.path}`
    rooms.telemetry.logger.log({ level: 'warn', room: 'control', message, span: span.context })
    throw error
  } finally {
    span.end()
  }
}

function demandAll(rooms: AdminRooms, identity: Identity, needed: readonly Needed[]): void {
  for (const it of needed) demand(rooms, identity, it)
}

/** Throws `access.forbidden`, which names who may. */
export function demand({ access }: AdminRooms, identity: Identity, permission: Permission | 'anyone'): void {
  if (permission === 'anyone') return
  const inForce = access.inForce()
  if (may(grantsOf(inForce, identity), permission)) return
  const holders = inForce?.holdersOf(permission) ?? ["whoever holds the owner's token"]
  throw new GatewayError('access.forbidden', { person: identity.person, permission, holders })
}

/** Before any settings are in force only the owner is anybody. */
export function grantsOf(access: CompiledAccess | null, identity: Identity): readonly Grant[] {
  if (access !== null) return access.grantsOf(identity)
  return identity.by === 'owner' ? [...builtInGrants.values()].filter((it) => it.role === 'owner') : []
}
