/**
 * What opens: callers of whom no key is asked any more, and people who may more than before by the admin API.
 *
 * Both are judged by what holds in the end, as the gateway itself works it out, and not by which lines differ: tenants that
 * go open the door as a word does, and a role that is widened gives more to everybody who has it.
 */
import { compileAccess } from '../../access/compile-access.ts'
import { type Grant, type Identity, PERMISSIONS, type Permission } from '../../contract/access.ts'
import type { SecretValues } from '../../contract/secret.ts'
import { accessOf } from '../../pipeline/access-participant.ts'
import { isOpen } from '../../pipeline/check-access.ts'
import { type Check, pointerOf, type Sections, warn } from './check.ts'

/** Who had to show a key need not any more. */
export const accessOpened: Check = ({ before, after }) => {
  if (isOpen(before.tree) || !isOpen(after.tree)) return []
  const isSaid = after.tree['access']?.['callers'] !== undefined
  const text = 'whoever reaches the port may call from now on: no key is asked for'
  return [
    warn('plan.access_opened', isSaid ? pointerOf('access', 'callers') : pointerOf('tenants'), { text }),
  ]
}

/** Who may do something by the admin API that they could not do before. */
export const adminWidened: Check = (look) => {
  if (!look.touches('access')) return []
  const were = new Map(holdersIn(look.before).map((it) => [it.key, it.grants]))
  return holdersIn(look.after).flatMap(({ key, who, pointer, grants }) => {
    const had = were.get(key) ?? []
    const more = PERMISSIONS.filter((it) => isMore(had, grants, it))
    if (more.length === 0) return []
    const isNew = had.every((it) => more.every((permission) => !it.may.has(permission)))
    const text = `${who} may ${more.join(', ')} by the admin API ${isNew ? 'from now on' : 'more widely than before'}`
    return [warn('plan.admin_widened', pointer, { text })]
  })
}

interface Holder {
  /** The same in both versions for one who is proven in the same way. */
  readonly key: string
  readonly who: string
  readonly pointer: string
  readonly grants: readonly Grant[]
}

/** Nobody is proven here: no token is looked at. */
const noSecrets: SecretValues = { generation: 0, fill: (text) => text }

function holdersIn({ tree }: Sections): readonly Holder[] {
  const settings = accessOf(tree)
  const { grantsOf } = compileAccess(settings, noSecrets)
  const people = Object.keys(settings.people).map((name): Holder => {
    const identity: Identity = { person: `user:${name}`, by: 'token', name, claimed: null }
    const pointer = pointerOf('access', 'people', name)
    return { key: pointer, who: name, pointer, grants: grantsOf(identity) }
  })
  const claimed = Object.entries(settings.oidc).flatMap(([provider, { roles, issuer, jwks, audience }]) =>
    Object.keys(roles).map((value): Holder => {
      const claim = { provider, values: [value] }
      const identity: Identity = { person: `user:${provider}/`, by: 'oidc', name: null, claimed: claim }
      const pointer = pointerOf('access', 'oidc', provider, 'roles', value)
      // Others who sign are others who come.
      const key = JSON.stringify([pointer, issuer, jwks, audience])
      return { key, who: `whoever is "${value}" at ${provider}`, pointer, grants: grantsOf(identity) }
    }),
  )
  return [...people, ...claimed]
}

/** Whether what is now allowed is not within what one of the roles before allowed. */
function isMore(had: readonly Grant[], has: readonly Grant[], permission: Permission): boolean {
  const allowing = (grants: readonly Grant[]) => grants.filter((it) => it.may.has(permission))
  return allowing(has).some((now) => !allowing(had).some((was) => isWithin(now, was)))
}

function isWithin(now: Grant, was: Grant): boolean {
  return isPart(now.changes, was.changes) && isPart(now.tenants, was.tenants)
}

/** `null` is all there is. */
function isPart(names: ReadonlySet<string> | null, whole: ReadonlySet<string> | null): boolean {
  return whole === null || (names !== null && [...names].every((it) => whole.has(it)))
}
