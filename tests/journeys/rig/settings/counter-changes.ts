/**
 * How each setting of shared counts is seen to change under load: by what calls get while the server is away, and by
 * what the gateway says of it. What only the server would notice is read back; that it is so counted,
 * `faults/shared-budget.test.ts` shows with real ones.
 */
import type { Tree } from '../settings-text.ts'
import type { Seen, SettingChange } from './world.ts'

const HOUR_MS = 3_600_000
const redis = { url: 'redis://127.0.0.1:1' }
const postgres = { url: 'postgres://changeover@127.0.0.1:1/changeover' }

/** Every setting of the section, so that no row sees what another one left. */
const counters = (it: Tree = {}): { more: Tree } => {
  const { store = {}, ...rest } = it as { store?: Tree }
  const usual = { mode: 'exact', portion: 0.1, onUnreachable: 'local', localShare: 1, timeoutMs: 250 }
  const stored = { redis, postgres: null, prefix: 'changeover', ...store } as unknown as Tree
  return { more: { counters: { ...usual, ...rest, store: stored } } }
}

const storeInForce = async (seen: Seen) =>
  (await seen.world.gateway.admin.ask('readStatus')).counters?.store ?? null

const readBack = (name: string) => async (seen: Seen) => {
  const { counters: section } = (await seen.settings()) as unknown as { counters: Tree }
  return name.split('/').reduce<unknown>((at, step) => (at as Tree)[step], section)
}

/** Two requests, one after the other. */
const two = async (seen: Seen) => [(await seen.ask()).status, (await seen.ask()).status]
const limited = { tenant: { limit: 'l' }, limit: { requests: 20, perMs: HOUR_MS } }

function plain(
  name: string,
  effect: string,
  [was, becomes]: readonly [Tree[string], Tree[string]],
): SettingChange {
  const [outer = '', inner] = name.split('/')
  const at = (value: Tree[string]): { more: Tree } =>
    counters(inner === undefined ? { [outer]: value } : { [outer]: { [inner]: value } })
  return {
    setting: `/counters/${name}`,
    effect,
    from: at(was),
    to: at(becomes),
    see: readBack(name),
    was,
    becomes,
  }
}

export const counterChanges: readonly SettingChange[] = [
  {
    setting: '/counters/store/redis/url',
    effect: 'the next calls are counted in that Redis; those that are held are settled where they were',
    from: counters({ store: { redis: null, postgres } as unknown as Tree }),
    to: counters(),
    see: storeInForce,
    was: 'postgres',
    becomes: 'redis',
  },
  {
    setting: '/counters/store/postgres/url',
    effect: 'the next calls are counted in that PostgreSQL; those that are held are settled where they were',
    from: counters(),
    to: counters({ store: { redis: null, postgres } as unknown as Tree }),
    see: storeInForce,
    was: 'redis',
    becomes: 'postgres',
  },
  {
    setting: '/counters/store/redis/cluster',
    effect: 'the server is asked as a node of a cluster, or as one alone',
    from: counters({ store: { redis: { ...redis, cluster: false } } }),
    to: counters({ store: { redis: { ...redis, cluster: true } } }),
    see: readBack('store/redis/cluster'),
    was: false,
    becomes: true,
  },
  plain('store/prefix', 'the next calls are counted with the gateways that name the same', [
    'changeover',
    'other',
  ]),
  plain(
    'mode',
    'the next call asks the server, or takes from a portion; what is held in portions goes back',
    ['exact', 'leased'],
  ),
  plain('portion', 'the next portion is of that size', [0.1, 0.2]),
  plain('timeoutMs', 'the next call waits for the server no longer than that', [250, 100]),
  {
    setting: '/counters/onUnreachable',
    effect: 'while the server is away the next call is refused, or counted in its process',
    from: { ...limited, ...counters() },
    to: counters({ onUnreachable: 'refuse' }),
    see: async (seen) => (await two(seen))[0],
    was: 200,
    becomes: 503,
  },
  {
    setting: '/counters/localShare',
    effect:
      'while the server is away each process lets that share through; what it let through before counts',
    from: { ...limited, ...counters({ localShare: 0.05 }) },
    to: counters({ localShare: 0.5 }),
    see: two,
    was: [200, 429],
    becomes: [200, 200],
    streams: false,
  },
]
