/** A key that leaked is replaced in its file: nobody may go on using the old one, whichever version a call holds. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from '../journeys/rig/gateway.ts'
import { until } from '../journeys/rig/until.ts'
import { ask, OpenStream } from './rig/client.ts'
import { instanceOf } from './rig/instance.ts'
import { settingsText } from './rig/settings.ts'

let provider: FakeProvider
let gateway: Gateway

const keyOf = (i: number): string | undefined => provider.requests.at(i)?.headers.authorization
const rotate = async (key: string): Promise<void> => {
  await writeFile(join(gateway.folder, 'key'), `${key}\n`)
  const before = gateway.process.lines.length
  gateway.process.send('SIGHUP')
  await until(
    () => gateway.process.lines.slice(before).some((it) => it.includes('secrets have new values')),
    {
      what: 'word of new secrets',
    },
  )
}

beforeAll(async () => {
  provider = await startFakeProvider()
  gateway = await Gateway.start({ settings: settingsText({ origin: provider.origin }) })
  await writeFile(join(gateway.folder, 'key'), 'key-one\n')
  const route = { retries: { attempts: 2, baseMs: 1, maxMs: 5_000 } }
  const credential = `\${file:${join(gateway.folder, 'key')}}`
  const text = settingsText({ origin: provider.origin, credential, route })
  await gateway.edit(() => text)
  await until(async () => (await gateway.version()) === '1.2', { what: 'the version with the credential' })
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await provider?.close()
})

describe('SIGHUP after a secret was replaced', () => {
  it('acts on the next call at once, without a new version', async () => {
    await ask(gateway)
    expect(keyOf(-1)).toBe('Bearer key-one')
    await rotate('key-two')
    const answer = await ask(gateway)
    expect([keyOf(-1), answer.version]).toEqual(['Bearer key-two', '1.2'])
  })

  it('acts on the next attempt of a call that began before, under a version that is gone', async () => {
    provider.script({ kind: 'refuse', status: 503, headers: { 'retry-after': '2' } })
    const count = provider.requests.length
    const call = ask(gateway)
    await until(() => provider.requests.length > count, { what: 'the first attempt' })
    expect((await gateway.patch({ models: { main: { model: 'second' } } })).status).toBe(200)
    await rotate('key-three')
    expect(await call).toMatchObject({ status: 200, version: '1.2' })
    expect([keyOf(-2), keyOf(-1)]).toEqual(['Bearer key-two', 'Bearer key-three'])
    expect(String(provider.requests.at(-1)?.body)).toContain('"first"')
  })

  it('leaves streams that flow alone', async () => {
    provider.script({ kind: 'endless' })
    const stream = await OpenStream.open(gateway)
    await stream.chunks(2)
    await rotate('key-four')
    await stream.chunks(stream.contents.length + 10)
    stream.leave()
    await ask(gateway)
    expect(keyOf(-1)).toBe('Bearer key-four')
  })

  it('keeps the last value when the file is gone or empty for the moment, and says so', async () => {
    await writeFile(join(gateway.folder, 'key'), '')
    gateway.process.send('SIGHUP')
    await gateway.process.line('its last value stays')
    await ask(gateway)
    expect(keyOf(-1)).toBe('Bearer key-four')
    expect((await instanceOf(gateway)).state).not.toBe('degraded')
  })
})
