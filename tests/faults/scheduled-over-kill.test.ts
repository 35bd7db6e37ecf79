/** A change that waits for its time, and a gateway that is killed meanwhile, at once after it has said that it waits. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Gateway } from '../journeys/rig/gateway.ts'
import { until } from '../journeys/rig/until.ts'
import { ask } from './rig/client.ts'
import { settingsText } from './rig/settings.ts'

const HOUR_MS = 3_600_000

let provider: FakeProvider
let gateway: Gateway

beforeEach(async () => {
  provider = await startFakeProvider()
  gateway = await Gateway.start({ settings: settingsText({ origin: provider.origin }) })
})
afterEach(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await provider?.close()
})

/** The model that answers: what is in force, by its deeds. */
async function served(): Promise<string> {
  expect((await ask(gateway)).status).toBe(200)
  return (JSON.parse(String(provider.requests.at(-1)?.body)) as { model: string }).model
}

async function untilScheduled(): Promise<string> {
  return await until(
    async () => {
      const { rollout } = await gateway.admin.ask('readRollout')
      return rollout?.state === 'scheduled' ? rollout.version : null
    },
    { what: 'a version that waits for its time' },
  )
}

async function changeAt(atMs: number): Promise<void> {
  const change = { models: { main: { provider: 'upstream', model: 'second' } } }
  const answer = await gateway.ask(`/v1/settings?startAt=${new Date(atMs).toISOString()}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify(change),
  })
  expect(answer.status).toBe(202)
}

describe('a gateway that is killed while a change waits for its time', () => {
  it('comes back with it waiting, however often, and a person may still begin it', async () => {
    await changeAt(Date.now() + HOUR_MS)
    for (let kill = 1; kill <= 2; kill += 1) {
      await gateway.process.kill('SIGKILL')
      await gateway.again()
      expect([await untilScheduled(), await served()]).toEqual(['1.2', 'first'])
    }
    const { text } = await gateway.command(['rollout'])
    expect(text).toContain('1.2')
    const { reloads } = (await (await gateway.ask('/v1/reloads')).json()) as {
      reloads: { attempt: string }[]
    }
    const begun = await gateway.ask(`/v1/reloads/${reloads[0]?.attempt}/promote`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect(begun.status).toBe(200)
    await until(async () => (await served()) === 'second', { what: 'answers of the second model' })
    await until(async () => (await gateway.settingsText()).includes('second'), {
      what: 'a file that says so',
    })
    const { code, text: verified } = await gateway.command(['audit', '--verify'])
    expect([code, verified]).toEqual([0, expect.any(String)])
  }, 120_000)

  it('begins it when it comes back, where its time was over meanwhile', async () => {
    const atMs = Date.now() + 3_000
    await changeAt(atMs)
    await gateway.process.kill('SIGKILL')
    await until(() => Date.now() > atMs, { what: 'the time of the change' })
    await gateway.again()
    await until(async () => (await served()) === 'second', { what: 'answers of the second model' })
    await until(async () => (await gateway.settingsText()).includes('second'), {
      what: 'a file that says so',
    })
    await gateway.idle()
    await gateway.process.kill('SIGKILL')
    await gateway.again()
    expect([await served(), await gateway.version()]).toEqual(['second', '1.2'])
  }, 120_000)
})
