/** How the rules of tenants, teams and keys are seen to change under load. One entry a setting. */
import { OpenStream } from '../../../faults/rig/client.ts'
import type { Tree } from '../settings-text.ts'
import { hashOf, merge, type OwnSettings } from './own-settings.ts'
import type { Seen, SettingChange } from './world.ts'

const HOUR_MS = 3_600_000
const FAR = '2099-01-01T00:00:00Z'
const status = async (seen: Seen, headers: Readonly<Record<string, string>> = {}) =>
  (await seen.ask('', { headers })).status
const withKey = (seen: Seen, key: string) => status(seen, { authorization: `Bearer ${key}` })
const inTurn = async (seen: Seen) => [await status(seen), await status(seen)]
const one = { requests: 1, perMs: HOUR_MS }

/** At each level: how it is written there, and what stands there from the start. */
const levels = [
  { at: '/tenants/*', who: 'the tenant', own: (it: Tree): Tree => it, from: {} },
  {
    at: '/tenants/*/teams/*',
    who: 'the team',
    own: (it: Tree): Tree => ({ teams: { red: it } }),
    from: { teams: { red: {} }, keys: { main: { team: 'red' } } },
  },
  { at: '/tenants/*/keys/*', who: 'the key', own: (it: Tree): Tree => ({ keys: { main: it } }), from: {} },
] as const

interface Rule {
  readonly field: string
  readonly effect: (who: string) => string
  /** Beside the tenant, and of the level itself. */
  readonly beside?: OwnSettings
  readonly from?: Tree
  readonly to: Tree
  readonly see: SettingChange['see']
  readonly was: unknown
  readonly becomes: unknown
  readonly streams?: false
}

const once = { calls: 1, period: 'total' }
const rules: readonly Rule[] = [
  {
    field: 'enabled',
    effect: (who) => `the next request is refused when ${who} is switched off`,
    to: { enabled: false },
    see: (seen) => status(seen),
    was: 200,
    becomes: 403,
    streams: false,
  },
  {
    field: 'allow',
    effect: (who) => `the next request may ask for what ${who} is allowed now`,
    from: { allow: ['b'] },
    to: { allow: ['r'] },
    see: (seen) => status(seen),
    was: 403,
    becomes: 200,
    streams: false,
  },
  {
    field: 'regions',
    effect: (who) => `the next request is answered only from where ${who} may be now`,
    beside: { a: { region: 'eu' }, b: { region: 'us' } },
    to: { regions: ['us'] },
    see: (seen) => status(seen),
    was: 200,
    becomes: 403,
  },
  {
    field: 'limits',
    effect: (who) => `the next requests of ${who}, taken together, are counted by the new limits`,
    beside: { limit: one },
    to: { limits: ['l'] },
    see: inTurn,
    was: [200, 200],
    becomes: [200, 429],
  },
  {
    field: 'budgets',
    effect: (who) => `the next requests of ${who}, taken together, are counted by the new budgets`,
    beside: { more: { budgets: { once } } },
    to: { budgets: ['once'] },
    see: inTurn,
    was: [200, 200],
    becomes: [200, 402],
  },
]

const levelChanges: readonly SettingChange[] = levels.flatMap((level) =>
  // What a tenant allows has its row beside its limit.
  rules
    .filter((it) => !(it.field === 'allow' && level.at === '/tenants/*'))
    .map(({ field, effect, beside = {}, from = {}, to, ...seen }) => ({
      setting: `${level.at}/${field}`,
      effect: effect(level.who),
      from: { ...beside, tenant: merge(level.from, level.own(from)) },
      to: { tenant: level.own(to) },
      ...seen,
    })),
)

const team = (it: Tree): Tree => ({ teams: { red: it } })
const inTeam: Tree = { teams: { red: {} }, keys: { main: { team: 'red' } } }

const teamChanges: readonly SettingChange[] = [
  {
    setting: '/tenants/*/teams/*/limit',
    effect: 'the next requests of keys of the team without a limit of their own are counted by the new one',
    from: { limit: one, tenant: inTeam },
    to: { tenant: team({ limit: 'l' }) },
    see: inTurn,
    was: [200, 200],
    becomes: [200, 429],
  },
  {
    setting: '/tenants/*/keys/*/team',
    effect: 'the next request is under the rules of the team that the key is in now',
    from: { tenant: team({ allow: ['b'] }) },
    to: { tenant: { keys: { main: { team: 'red' } } } },
    see: (seen) => status(seen),
    was: 200,
    becomes: 403,
  },
]

const previous = (key: string, expires: string): Tree => ({
  keys: { main: { previous: [{ hash: hashOf(key), expires }] } },
})

const keyChanges: readonly SettingChange[] = [
  {
    setting: '/tenants/*/keys/*/previous/#/hash',
    effect: 'the next request may come with the key that is named as replaced now',
    from: { tenant: previous('an-old-key-of-one', FAR) },
    to: { tenant: previous('an-old-key-of-two', FAR) },
    see: async (seen) => [await withKey(seen, 'an-old-key-of-one'), await withKey(seen, 'an-old-key-of-two')],
    was: [200, 401],
    becomes: [401, 200],
  },
  {
    setting: '/tenants/*/keys/*/previous/#/expires',
    effect: 'the next request with the replaced key is refused when that has expired',
    from: { tenant: previous('an-old-key-of-three', FAR) },
    to: { tenant: previous('an-old-key-of-three', '2020-01-01T00:00:00Z') },
    see: (seen) => withKey(seen, 'an-old-key-of-three'),
    was: 200,
    becomes: 401,
  },
]

/** A key is made, and withdrawn while a stream runs by it. */
async function withdrawnUnderStream(seen: Seen): Promise<'cut' | 'goes on'> {
  const { gateway } = seen.world
  const change = async (brief: object | null): Promise<void> => {
    await gateway.patch({ tenants: { [`t${seen.index}`]: { keys: { brief } } } })
    await gateway.idle()
  }
  await change({ hash: hashOf('a-brief-key') })
  const headers = { authorization: 'Bearer a-brief-key' }
  const asked = { model: `r${seen.index}`, content: 'one=forever', headers }
  const stream = await OpenStream.open(gateway, asked)
  await stream.chunks(3)
  await change(null)
  const end = await seen.soon(() => stream.end)
  stream.leave()
  return end === null ? 'goes on' : 'cut'
}

const revocationChange: SettingChange = {
  setting: '/access/revokedWithinMs',
  effect: 'calls of the next key that is withdrawn are cut within the time said now',
  from: { more: { access: { revokedWithinMs: 'finish' } } },
  to: { more: { access: { revokedWithinMs: 0 } } },
  see: withdrawnUnderStream,
  was: 'goes on',
  becomes: 'cut',
}

export const callerChanges: readonly SettingChange[] = [
  ...levelChanges,
  ...teamChanges,
  ...keyChanges,
  revocationChange,
]
