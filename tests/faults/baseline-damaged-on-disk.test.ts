/** A state directory whose bytes have changed while nobody looked, and settings that would not help. */
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Gateway } from '../journeys/rig/gateway.ts'
import { until } from '../journeys/rig/until.ts'
import { ask } from './rig/client.ts'
import { instanceOf, untilInstance } from './rig/instance.ts'
import { settingsText } from './rig/settings.ts'

const BROKEN = 'providers: [this is not\n'

let provider: FakeProvider
let gateway: Gateway
let good: string

const blobs = (): string => join(gateway.statePath, 'reload', 'blobs')
const records = (): string => join(gateway.statePath, 'reload', 'records.jsonl')
/** The newest line that says what the baseline is. */
const baselineLine = (text: string): string => {
  const line = text.split('\n').findLast((it) => it.includes('"baseline":'))
  if (line === undefined) throw new Error('no line says what the baseline is')
  return line
}
const baselineBlob = async (): Promise<string> => {
  const read = JSON.parse(baselineLine(await readFile(records(), 'utf8'))) as {
    records: { baseline: { digest: string } }
  }
  return join(blobs(), read.records.baseline.digest.slice('sha256:'.length))
}
async function flipOneBit(path: string): Promise<void> {
  const bytes = await readFile(path)
  const middle = bytes.length >> 1
  bytes[middle] = (bytes[middle] ?? 0) ^ 1
  await writeFile(path, bytes)
}

/** Two versions, both confirmed, and a file that nobody can read: what comes back can only come from the disk. */
beforeEach(async () => {
  provider = await startFakeProvider()
  gateway = await Gateway.start({
    settings: settingsText({ origin: provider.origin }),
    mayBeRefused: true,
  })
  await gateway.patch({ models: { main: { model: 'second' } } })
  await untilInstance(gateway, 'a second baseline', ({ baseline }) => baseline?.version === '1.2')
  good = await gateway.settingsText()
  await gateway.stop()
  await writeFile(gateway.settingsPath, BROKEN)
})
afterEach(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await provider?.close()
})

describe('a baseline that is damaged on the disk', () => {
  it.each([
    ['by one bit', flipOneBit],
    ['by being cut short', (path: string) => truncate(path, 100)],
    ['by being gone', (path: string) => rm(path)],
  ] satisfies [string, (path: string) => Promise<void>][])(
    '%s gives way to the version before it, which says that it is not what should be',
    async (_, damage) => {
      await damage(await baselineBlob())
      await gateway.again()
      expect(await ask(gateway)).toMatchObject({ status: 200, version: '1.1' })
      expect(String(provider.requests.at(-1)?.body)).toContain('"first"')
      expect((await instanceOf(gateway)).state).toBe('degraded')
      await gateway.process.line('version 1.2 in the store is damaged and was not used')
    },
  )

  it('in its record is found by the line, and nothing older serves', async () => {
    const text = await readFile(records(), 'utf8')
    const line = baselineLine(text)
    await writeFile(records(), text.replace(line, line.replace('"1.2"', '"1.3"')))
    await gateway.again()
    expect(await ask(gateway)).toMatchObject({ status: 200, version: '1.2' })
    await gateway.process.line('the baseline in the store is damaged and was not used')
  })

  it('together with all before it leaves the gateway not ready, and it says what to mend', async () => {
    for (const name of await readdir(blobs())) await flipOneBit(join(blobs(), name))
    await gateway.again()
    const said = gateway.process.lines.join('\n')
    expect(said).toContain('not ready: no settings are in force')
    expect(said).toContain('mend changeover.yaml and save')
    expect(said).toMatch(/changeover\.yaml:\d+:\d+/)
    const ready = await fetch(`${gateway.adminUrl}/readyz`)
    expect([ready.status, await ready.text()]).toEqual([
      503,
      expect.stringContaining('no settings are in force yet'),
    ])
    expect((await fetch(`${gateway.adminUrl}/healthz`)).status).toBe(200)
    const refused = await ask(gateway)
    expect([refused.status, refused.text]).toEqual([503, expect.stringContaining('not_ready')])

    await gateway.edit(() => good)
    await until(async () => (await ask(gateway)).status === 200, { what: 'an answer' })
    expect((await ask(gateway)).version).toBe('1.3')
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(200)
  })
})
