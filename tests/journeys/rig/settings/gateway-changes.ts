/** How settings that are there once for the gateway are seen to change under load: who may call, what is recorded. */
import type { Tree } from '../settings-text.ts'
import { until } from '../until.ts'
import type { Saw, Seen, SettingChange } from './world.ts'

const record = (it: Tree): { more: Tree } => ({ more: { calls: { record: it } } })

async function isThere(seen: Seen, saw: Saw): Promise<boolean> {
  return (await seen.world.gateway.ask(`/v1/calls/${saw.call}`)).status === 200
}

async function isRecorded(seen: Seen): Promise<true | null> {
  const saw = await seen.ask()
  return await seen.soon(async () => (await isThere(seen, saw)) || null)
}

/** Others are recorded after it: then it is looked who has to go. */
async function isForgotten(seen: Seen): Promise<true | null> {
  const saw = await seen.ask()
  await seen.record(saw)
  return await seen.soon(async () => {
    await seen.ask()
    return !(await isThere(seen, saw)) || null
  })
}

/** Of what is said of a call: the words that are kept. */
async function commentKept(seen: Seen): Promise<string | null> {
  const { gateway } = seen.world
  const { call } = await seen.ask()
  await fetch(`${gateway.dataUrl}/v1/feedback`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ call, score: 1, comment: 'well said' }),
  })
  const kept = async () => (await gateway.admin.ask('readCall', { params: { id: call } })).feedback ?? null
  return (await until(kept, { what: 'the feedback' })).comment
}

export const gatewayChanges: readonly SettingChange[] = [
  {
    setting: '/access/callers',
    effect: 'the next request needs a key, or none any more',
    from: { more: { access: { callers: 'known' } } },
    to: { more: { access: { callers: 'anyone' } } },
    see: async (seen) => (await seen.ask()).status,
    was: 401,
    becomes: 200,
    streams: false,
  },
  {
    setting: '/calls/record/enabled',
    effect: 'the next call is recorded, or no more',
    from: record({ enabled: false }),
    to: record({ enabled: true }),
    see: isRecorded,
    was: null,
    becomes: true,
  },
  {
    setting: '/calls/record/keepDays',
    effect: 'records that are older than is said now go with the next calls',
    from: record({ keepDays: 30 }),
    to: record({ keepDays: 0.000_000_1 }),
    see: isForgotten,
    was: null,
    becomes: true,
  },
  {
    setting: '/calls/record/comments',
    effect: 'what is said of the next call is kept with its words, or no more',
    from: record({ comments: false }),
    to: record({ comments: true }),
    see: commentKept,
    was: null,
    becomes: 'well said',
  },
  {
    setting: '/calls/record/maxRows',
    effect: 'records beyond as many as is said now go with the next calls',
    from: record({ keepDays: 30, maxRows: 1000 }),
    to: record({ maxRows: 1 }),
    see: isForgotten,
    was: null,
    becomes: true,
  },
  {
    setting: '/rollout/observe/bakeMs',
    effect: 'the version that says so is observed as long as it says',
    from: {},
    to: { more: { rollout: { observe: { bakeMs: 600_000 } } } },
    see: async (seen) => (await seen.world.gateway.admin.ask('readStatus')).state,
    was: 'idle',
    becomes: 'observing',
    settles: false,
  },
]
