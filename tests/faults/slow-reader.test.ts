/** Callers who ask for streams and do not read them. */
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from '../journeys/rig/gateway.ts'
import { residentBytes } from '../journeys/rig/process-memory.ts'
import { until } from '../journeys/rig/until.ts'
import { ask, OpenStream } from './rig/client.ts'
import { settingsText } from './rig/settings.ts'

const READERS = 40
const MB = 1024 * 1024

let provider: FakeProvider
let gateway: Gateway

beforeAll(async () => {
  provider = await startFakeProvider()
  gateway = await Gateway.start({ settings: settingsText({ origin: provider.origin }) })
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await provider?.close()
})

describe('a caller who does not read', () => {
  it('makes the provider wait, and the gateway keeps little for it', async () => {
    await ask(gateway)
    const before = await residentBytes(gateway.process.pid)
    provider.script(
      ...Array.from(
        { length: READERS },
        () => ({ kind: 'endless', eventMs: 0, padBytes: 64 * 1024 }) as const,
      ),
    )
    const readers = await Promise.all(Array.from({ length: READERS }, () => OpenStream.openUnread(gateway)))
    const streams = provider.requests.slice(-READERS)
    await until(() => streams.every((it) => it.waiting), { what: 'providers that wait for their readers' })
    const held = (await residentBytes(gateway.process.pid)) - before
    // Buffers of two sockets and a little between them, for each, and what is not yet collected. Without the wait
    // it would be as much in a second.
    expect(held).toBeLessThan(READERS * 4 * MB)
    expect((await ask(gateway)).status).toBe(200)
    for (const it of readers) it.leave()
    await until(() => streams.every((it) => it.left), { what: 'providers that were told to stop' })
  })
})
