/** The doctor asks the gateway once how it is, and reads the settings once. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { CommandContext } from '../command.ts'
import { checkGateway } from './gateway.ts'
import { checkProviders } from './providers.ts'
import { Seen } from './seen.ts'
import { checkSettings } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-doctor-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function gatewayThatFollows(path: string) {
  const asked: string[] = []
  const status = {
    source: { kind: 'file', place: 'changeover.yaml', path, writable: true },
    applied: { version: '1.1', digest: '' },
    handles: [],
    quarantine: [],
    gateway: { ready: true },
  }
  const client = {
    url: 'http://127.0.0.1:1',
    ask: (name: string) => {
      asked.push(name)
      return Promise.resolve(status)
    },
  }
  const context = { cwd: folder, env: {}, text: () => undefined, client: () => Promise.resolve(client) }
  return { asked, context: context as unknown as CommandContext }
}

describe('the doctor', () => {
  it('asks once and reads once, whatever number of checks look at it', async () => {
    const path = join(folder, 'changeover.yaml')
    writeFileSync(path, 'providers:\n  sim: { kind: simulated }\n')
    const { asked, context } = gatewayThatFollows(path)
    const seen = new Seen(context)
    expect(await checkSettings(context, seen)).toMatchObject([{ level: 'good' }])
    rmSync(path)
    expect(await checkGateway(context, seen)).toMatchObject([{ level: 'good' }])
    expect(await checkProviders(context, seen)).toMatchObject([
      { message: expect.stringContaining('is simulated') },
    ])
    expect(asked).toEqual(['readStatus'])
  })

  it('says once what cannot be read, and of the providers that they are not known', async () => {
    const { context } = gatewayThatFollows(join(folder, 'none.yaml'))
    const seen = new Seen(context)
    expect(await checkSettings(context, seen)).toMatchObject([{ level: 'unsure' }])
    expect(await checkProviders(context, seen)).toEqual([
      { level: 'unsure', message: 'not known without settings' },
    ])
  })
})
