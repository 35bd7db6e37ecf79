/** How keys, tenants and their limits are seen to change under load. One entry a setting. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { OpenStream } from '../../../faults/rig/client.ts'
import { hashOf } from './own-settings.ts'
import type { Told } from './told-provider.ts'
import type { Seen, SettingChange } from './world.ts'

const HOUR_MS = 3_600_000
const status = async (seen: Seen, headers: Readonly<Record<string, string>> = {}) =>
  (await seen.ask('', { headers })).status
const withKey = (seen: Seen, key: string) => status(seen, { authorization: `Bearer ${key}` })
/** The first takes the only place. */
const inTurn = async (seen: Seen) => [await status(seen), await status(seen)]
const one = { requests: 1, perMs: HOUR_MS }
const queued = { targets: [{ model: 'a' }], concurrency: { max: 1, queue: { max: 9, waitMs: HOUR_MS } } }

export const tenantChanges: readonly SettingChange[] = [
  {
    setting: '/tenants/*/keys',
    effect: 'the next request may come with the new key; the old one goes on working',
    from: {},
    to: { tenant: { keys: { spare: { hash: hashOf('a-second-key') } } } },
    see: async (seen) => [await status(seen), await withKey(seen, 'a-second-key')],
    was: [200, 401],
    becomes: [200, 200],
  },
  {
    setting: '/tenants/*/keys/*/hash',
    effect:
      'the next request needs the new key; a stream that began with the old one is cut as its key was withdrawn',
    from: {},
    to: { tenant: { keys: { main: { hash: hashOf('another-key') } } } },
    see: async (seen) => [await status(seen), await withKey(seen, 'another-key')],
    was: [200, 401],
    becomes: [401, 200],
    streams: false,
  },
  {
    setting: '/tenants/*/keys/*/expires',
    effect: 'the next request is refused when its key has expired',
    from: {},
    to: { tenant: { keys: { main: { expires: '2020-01-01T00:00:00Z' } } } },
    see: (seen) => status(seen),
    was: 200,
    becomes: 401,
    streams: false,
  },
  {
    setting: '/tenants/*/keys/*/limit',
    effect: 'the next requests of the key are counted by the new limit',
    from: { limit: one },
    to: { tenant: { keys: { main: { limit: 'l' } } } },
    see: inTurn,
    was: [200, 200],
    becomes: [200, 429],
  },
  {
    setting: '/tenants/*/limit',
    effect: 'the next requests of keys without a limit of their own are counted by the new one',
    from: { limit: one },
    to: { tenant: { limit: 'l' } },
    see: inTurn,
    was: [200, 200],
    becomes: [200, 429],
  },
  {
    setting: '/tenants/*/allow',
    effect: 'the next request may ask for what is allowed now',
    from: { tenant: { allow: ['r'] } },
    to: { tenant: { allow: ['r', 'b'] } },
    see: async (seen) => (await seen.ask('', { model: `b${seen.index}` })).status,
    was: 403,
    becomes: 200,
  },
  {
    setting: '/tenants/*/keys/*/priority',
    effect: 'the next request waits as long as its new priority makes it',
    from: { route: queued },
    to: { tenant: { keys: { main: { priority: 0 } } } },
    see: (seen) => servedFirst(seen),
    was: 'who came second and has priority',
    becomes: 'who came first',
    streams: false,
  },
  {
    setting: '/tenants/*/teams/*/priority',
    effect: 'the next request of a key of the team waits as long as the new priority of the team makes it',
    from: { route: queued, tenant: { teams: { red: {} }, keys: { main: { team: 'red' } } } },
    to: { tenant: { teams: { red: { priority: 0 } } } },
    see: (seen) => servedFirst(seen),
    was: 'who came second and has priority',
    becomes: 'who came first',
    streams: false,
  },
  {
    setting: '/tenants/*/priority',
    effect: 'the next request of a key without a priority of its own waits as long as the new one makes it',
    from: { route: queued },
    to: { tenant: { priority: 0 } },
    see: (seen) => servedFirst(seen),
    was: 'who came second and has priority',
    becomes: 'who came first',
    streams: false,
  },
]

/** What was taken before the change stays taken: the stream that goes on is the one request. */
function limit(field: string, effect: string, values: readonly [number, number]): SettingChange {
  return {
    setting: `/limits/*/${field}`,
    effect,
    from: { tenant: { limit: 'l' }, limit: { ...one, [field]: values[0] } },
    to: { limit: { [field]: values[1] } },
    see: (seen) => status(seen),
    was: 429,
    becomes: 200,
  }
}

export const limitChanges: readonly SettingChange[] = [
  limit('requests', 'the next requests have as many as is said now; those taken before count', [1, 1000]),
  limit('perMs', 'what was taken drains at the new pace', [HOUR_MS, 1]),
  limit('burst', 'as many of the next requests may come at once as is said now', [1, 100]),
]

/** Two requests wait for one place: one that asks for the least priority, then one that takes its key's. */
async function servedFirst(seen: Seen): Promise<string> {
  const { gateway } = seen.world
  const asked = { model: `r${seen.index}`, content: 'one=forever', headers: seen.headers }
  const holder = await OpenStream.open(gateway, asked)
  await holder.chunks(1)
  const first = await waiting(seen, { 'x-changeover-priority': '1' })
  const second = await waiting(seen, {})
  holder.leave()
  const [a, b] = await Promise.all([serial(first.answer), serial(second.answer)])
  return a < b ? 'who came first' : 'who came second and has priority'
}

/** Comes back when the request waits: it was sent, and one that was sent after it has been answered. */
async function waiting(
  seen: Seen,
  headers: Readonly<Record<string, string>>,
): Promise<{ readonly answer: Promise<IncomingMessage> }> {
  const { gateway } = seen.world
  const sent = request(`${gateway.dataUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...seen.headers, ...headers },
    agent: false,
  })
  const answer = once(sent, 'response').then(([it]) => it as IncomingMessage)
  sent.end(JSON.stringify({ model: `r${seen.index}`, messages: [{ role: 'user', content: 'hello' }] }))
  await once(sent, 'finish')
  await seen.ask('', { model: `b${seen.index}` })
  return { answer }
}

async function serial(answer: Promise<IncomingMessage>): Promise<number> {
  let text = ''
  for await (const piece of (await answer).setEncoding('utf8')) text += String(piece)
  const { choices } = JSON.parse(text) as { choices: { message: { content: string } }[] }
  return (JSON.parse(choices[0]?.message.content ?? '{}') as Told).serial
}
