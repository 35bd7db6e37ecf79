/** Somebody changes the state directory of a gateway that has nothing to do. */
import { readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from '../journeys/rig/gateway.ts'
import { until } from '../journeys/rig/until.ts'
import { ask } from './rig/client.ts'
import { metricOf, untilInstance } from './rig/instance.ts'
import { settingsText } from './rig/settings.ts'

let provider: FakeProvider
let gateway: Gateway

const state = (): string => join(gateway.statePath, 'reload')
const driftLines = async () => {
  const { lines } = await gateway.admin.ask('readAudit', { query: { limit: 1_000 } })
  return lines.filter((it) => it.event === 'config.drift')
}

beforeAll(async () => {
  provider = await startFakeProvider()
  gateway = await Gateway.start({
    settings: settingsText({ origin: provider.origin }),
    flags: ['--drift-ms', '100'],
  })
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await provider?.close()
})

describe('a gateway that is at rest', () => {
  it('looks, and finds nothing, when nobody has changed anything', async () => {
    // A look reads the store: the time since the last one falls.
    let before = 0
    await until(
      async () => {
        const lag = await metricOf(gateway, /^reload_store_lag_seconds/)
        const hasLooked = lag < before
        before = lag
        return hasLooked
      },
      { what: 'a look at the store' },
    )
    expect(await driftLines()).toEqual([])
  })

  it.each([
    ['its records are removed', () => rm(join(state(), 'records.jsonl'))],
    ['its records are overwritten', () => writeFile(join(state(), 'records.jsonl'), 'not ours\n')],
    ['its versions are removed', () => rm(join(state(), 'blobs'), { recursive: true })],
    ['all of its state is removed', () => rm(state(), { recursive: true, maxRetries: 5 })],
  ] satisfies [string, () => Promise<void>][])(
    'notices that %s, puts it right, and comes back after a crash',
    async (_, change) => {
      await untilInstance(gateway, 'rest', (it) => it.state === 'idle')
      const before = (await driftLines()).map((it) => it.attempt)
      await change()
      const isNew = (it: { attempt: string; status: string }): boolean =>
        it.status === 'success' && !before.includes(it.attempt)
      await until(async () => (await driftLines()).some(isNew), { what: 'a repair' })
      expect(await ask(gateway)).toMatchObject({ status: 200, version: '1.1' })
      await untilInstance(gateway, 'rest', (it) => it.state === 'idle')
      await gateway.process.line('version 1.1 had drifted: success')
      await gateway.process.kill('SIGKILL')
      await gateway.again()
      expect(await ask(gateway)).toMatchObject({ status: 200, version: '1.1' })
      await untilInstance(gateway, 'rest', (it) => it.state === 'idle')
      expect(await readdir(join(state(), 'blobs'))).not.toEqual([])
    },
  )
})
