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
import { neededFor, routePermissions } from './route-permissions.ts'

/** Must come before the routes. */
export function guardRoutes(app: AdminApp, rooms: AdminRooms): void {
  for (const route of Object.keys(routePermissions)) {
    const [method = '', path = ''] = route.split(' ')
    app.on(method, path.replaceAll(/\{(\w+)\}/g, ':$1'), async (c: AdminContext, next) => {
      for (const it of neededFor(route, (name) => c.req.query(name)) ?? []) demand(rooms, identityOf(c), it)
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
