/** Routes, aliases, models, tenants, keys, contexts and providers that go, and that somebody used. */
import type { TenantSpec } from '../../identity/spec.ts'
import type { Use } from '../facts.ts'
import type { Warning } from '../look.ts'
import { type Check, type Look, pointerOf, sayUse, warn } from './check.ts'

export const removedInUse: Check = (look) => [
  ...routesOf(look),
  ...modelsOf(look),
  ...tenantsOf(look),
  ...contextsOf(look),
]

function routesOf(look: Look): Warning[] {
  const { before, after, facts } = look
  const stillThere = new Set(namesOf(look.after))
  const found: Warning[] = []
  for (const [name, route] of before.routes) {
    const pointer = pointerOf('routes', name)
    for (const asked of [name, ...route.aliases]) {
      const what = asked === name ? `route ${name}` : `the name ${asked} of route ${name}`
      if (!stillThere.has(asked)) found.push(...inUse(look, { what, pointer, use: facts.asked.get(asked) }))
      else if (asked === name && !after.routes.has(name))
        found.push(...hidden(look, { name, pointer, use: facts.asked.get(name) }))
    }
  }
  return found
}

/** What can be asked for as a model. */
function namesOf({ routes, models }: Look['after']): string[] {
  return [...[...routes].flatMap(([name, it]) => [name, ...it.aliases]), ...models.keys()]
}

function modelsOf(look: Look): Warning[] {
  const { before, facts } = look
  const stillThere = new Set(namesOf(look.after))
  const gone = [...before.models.keys()].filter((it) => !stillThere.has(it) && !before.routes.has(it))
  return gone.flatMap((name) =>
    inUse(look, { what: `model ${name}`, pointer: pointerOf('models', name), use: facts.asked.get(name) }),
  )
}

function tenantsOf(look: Look): Warning[] {
  const { before, after, facts } = look
  const found: Warning[] = []
  const hashes = new Set(
    [...after.tenants.values()].flatMap((it) =>
      // One that was replaced works on for a while.
      Object.values(it.keys).flatMap((key) => [key.hash, ...key.previous.map((old) => old.hash)]),
    ),
  )
  for (const [name, tenant] of before.tenants) {
    const pointer = pointerOf('tenants', name)
    const isGone = !after.tenants.has(name)
    if (isGone) found.push(...inUse(look, { what: `tenant ${name}`, pointer, use: facts.tenants.get(name) }))
    else found.push(...switchedOff(look, name, tenant))
    for (const [key, { hash }] of Object.entries(tenant.keys)) {
      // What was renamed, or moved to another tenant, still opens the door.
      if (isGone || hashes.has(hash)) continue
      const isReplaced = after.tenants.get(name)?.keys[key] !== undefined
      const what = isReplaced ? `the secret of key ${key} of tenant ${name}` : `key ${key} of tenant ${name}`
      const use = facts.keys.get(`${name}/${key}`)
      found.push(...inUse(look, { what, pointer: pointerOf('tenants', name, 'keys', key), use }))
    }
  }
  return found
}

/** What is switched off is as good as gone to whoever calls. */
function switchedOff(look: Look, name: string, was: TenantSpec): Warning[] {
  const { after, facts } = look
  const now = after.tenants.get(name)
  if (now === undefined) return []
  const pointer = pointerOf('tenants', name)
  if (was.enabled && !now.enabled)
    return inUse(look, { what: `tenant ${name}`, pointer, use: facts.tenants.get(name) })
  return Object.keys(now.keys).flatMap((key) => {
    const isOff = isOn(was, key) && !isOn(now, key)
    const what = `key ${key} of tenant ${name}`
    const use = facts.keys.get(`${name}/${key}`)
    return isOff ? inUse(look, { what, pointer: pointerOf('tenants', name, 'keys', key), use }) : []
  })
}

function isOn({ keys, teams }: TenantSpec, name: string): boolean {
  const key = keys[name]
  const team = key?.team === undefined ? undefined : teams[key.team]
  return key?.enabled === true && team?.enabled !== false
}

function contextsOf(look: Look): Warning[] {
  const { before, after, facts } = look
  const gone = [...before.contexts.keys()].filter((it) => !after.contexts.has(it))
  return gone.flatMap((name) => {
    const use = facts.contexts.get(name)
    return inUse(look, { what: `context ${name}`, pointer: pointerOf('contexts', name), use })
  })
}

interface Gone {
  readonly what: string
  readonly pointer: string
  readonly use: Use | undefined
}

function inUse(look: Look, { what, pointer, use }: Gone): Warning[] {
  if (use === undefined) return []
  const text = `${what} goes and is in use: ${sayUse(use, look)}`
  const numbers = { calls: use.calls, lastAt: use.lastAt }
  return [warn('plan.removed_in_use', pointer, { text, numbers, examples: use.examples })]
}

function hidden(look: Look, { name, pointer, use }: Omit<Gone, 'what'> & { name: string }): Warning[] {
  if (use === undefined) return []
  const text = `route ${name} goes; who asks for it gets ${name} by that name with nothing of the route: ${sayUse(use, look)}`
  const numbers = { calls: use.calls, lastAt: use.lastAt }
  return [warn('plan.removed_in_use', pointer, { text, numbers, examples: use.examples })]
}
