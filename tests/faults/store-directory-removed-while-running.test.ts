/** Somebody tidies up the state directory of a gateway that runs. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from '../journeys/rig/gateway.ts'
import { chainBreak, readAuditFiles } from './kill/audit-chain.ts'
import { ask, OpenStream } from './rig/client.ts'
import { untilInstance } from './rig/instance.ts'
import { settingsText } from './rig/settings.ts'

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

describe('a gateway whose state directory is removed', () => {
  it('serves on, takes changes, and has its state again with the next one', async () => {
    const state = join(gateway.statePath, 'reload')
    provider.script({ kind: 'endless' })
    const stream = await OpenStream.open(gateway)
    await stream.chunks(1)
    await rm(state, { recursive: true })

    expect(await ask(gateway)).toMatchObject({ status: 200, version: '1.1' })
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(200)
    await stream.chunks(stream.contents.length + 5)

    const taken = await gateway.patch({ models: { main: { model: 'third' } } })
    expect([taken.status, (await ask(gateway)).status]).toEqual([200, 200])
    expect(String(provider.requests.at(-1)?.body)).toContain('"third"')
    const { applied } = await untilInstance(gateway, 'rest', ({ state }) => state === 'idle')
    expect(await readdir(state)).toEqual(expect.arrayContaining(['audit.jsonl', 'blobs', 'records.jsonl']))
    await stream.chunks(stream.contents.length + 5)
    stream.leave()

    await gateway.stop()
    expect(chainBreakAfterFirst(await readAuditFiles(state))).toBeNull()
    await gateway.again()
    expect((await ask(gateway)).version).toBe(applied?.version)
  })
})

/** The chain goes on from lines that are gone. */
function chainBreakAfterFirst(lines: Awaited<ReturnType<typeof readAuditFiles>>): string | null {
  const [first] = lines
  if (first === undefined) return 'there is no line'
  const found = chainBreak(lines)
  return found === 'line 1 does not follow the line before it' ? null : found
}
