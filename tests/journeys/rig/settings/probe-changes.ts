/**
 * How settings of probes are seen to change: in what the gateway says the next version would be judged by. That it is so
 * judged, `boot/watch-trials.test.ts` shows.
 *
 * Nobody answers at the address, so no version of this world is blamed for what the probes say.
 */
import type { Tree } from '../settings-text.ts'
import type { SettingChange } from './world.ts'

const url = 'http://127.0.0.1:9/health'

interface Row {
  readonly field: 'url' | 'expectStatus' | 'everyMs' | 'timeoutMs' | 'failures'
  readonly effect: string
  readonly was: string | number
  readonly becomes: string | number
}

const rows: readonly Row[] = [
  {
    field: 'url',
    effect: 'this is asked while the next version is on trial',
    was: url,
    becomes: `${url}/deep`,
  },
  {
    field: 'expectStatus',
    effect: 'an answer with this status is well while the next version is on trial',
    was: 200,
    becomes: 204,
  },
  {
    field: 'everyMs',
    effect: 'it is asked so often while the next version is on trial',
    was: 1000,
    becomes: 250,
  },
  {
    field: 'timeoutMs',
    effect: 'an answer may take so long while the next version is on trial',
    was: 1000,
    becomes: 500,
  },
  {
    field: 'failures',
    effect: 'the next version is taken back after so many answers in a row that are not well',
    was: 3,
    becomes: 5,
  },
]

/** Each row has a probe of its own. */
export const probeChanges: readonly SettingChange[] = rows.map(({ field, effect, was, becomes }) => {
  const name = `own-${field}`
  const probe = (it: Tree): { more: Tree } => ({ more: { probes: { [name]: { url, ...it } } } })
  return {
    setting: `/probes/*/${field}`,
    effect,
    from: probe({}),
    to: probe({ [field]: becomes }),
    see: async ({ world: { gateway } }) =>
      (await gateway.admin.ask('readRollout')).probes[name]?.[field] ?? null,
    was,
    becomes,
  }
})
