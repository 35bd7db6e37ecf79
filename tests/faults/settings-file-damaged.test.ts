/** Settings files as editors, deployments, full disks and mistakes leave them, under a gateway that runs. */
import { mkdir, readlink, rename, rm, symlink, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type FakeProvider, startFakeProvider } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Gateway } from '../journeys/rig/gateway.ts'
import { until } from '../journeys/rig/until.ts'
import { ask } from './rig/client.ts'
import { instanceOf } from './rig/instance.ts'
import { settingsText } from './rig/settings.ts'

let provider: FakeProvider
let gateway: Gateway
let models = 0

/** Settings with a model of their own, and a few words more, so that there is something to cut. */
function nextText(): { readonly text: string; readonly model: string } {
  models += 1
  const model = `model-${models}`
  return {
    model,
    text: `# settings ${models}\n${settingsText({ origin: provider.origin, model })}# the end\n`,
  }
}

/** The model that answers: what is in force, by its deeds. */
async function served(): Promise<string> {
  expect((await ask(gateway)).status).toBe(200)
  const { model } = JSON.parse(String(provider.requests.at(-1)?.body)) as { model: string }
  return model
}

async function comesIn(model: string): Promise<void> {
  await until(async () => (await served()) === model, { what: `answers of ${model}` })
}

const trouble = async () => (await instanceOf(gateway)).handles[0]?.trouble ?? null
const refusals = (): string[] =>
  gateway.process.lines.filter((it) => it.includes('"reload.status":"rejected"'))

/** One each: what comes in by itself comes in ten times at once, and then every three seconds. */
beforeEach(async () => {
  provider = await startFakeProvider()
  gateway = await Gateway.start({ settings: nextText().text })
})
afterEach(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await provider?.close()
})

describe('a settings file', () => {
  it('that is half written changes nothing, and comes in when it is whole', async () => {
    const [before, count] = [await served(), refusals().length]
    const { text, model } = nextText()
    // In the middle of a line, so that what is there can be nobody's wish.
    const half = text.slice(0, text.indexOf('targets') + 'targets'.length)
    await writeFile(gateway.settingsPath, half)
    await until(() => refusals().length > count, { what: 'a refusal' })
    await gateway.process.line(/changeover\.yaml:\d+:\d+/)
    expect(await served()).toBe(before)
    await writeFile(gateway.settingsPath, text)
    await comesIn(model)
  })

  it('that is cut off between two lines that belong together changes nothing that is in force', async () => {
    const before = await served()
    const { text } = nextText()
    const lines = text.split('\n')
    const ends = [3, 5, 7, 9].map((it) => `${lines.slice(0, it).join('\n')}\n`)
    for (const part of ends) {
      const count = refusals().length
      await writeFile(gateway.settingsPath, part)
      await until(() => refusals().length > count, { what: `a refusal of\n${part}` })
      expect(await served()).toBe(before)
    }
  })

  it('that is empty is no deletion, and is said', async () => {
    const before = await served()
    await truncate(gateway.settingsPath)
    await until(async () => (await trouble())?.code === 'handle.empty', { what: 'word of an empty file' })
    expect(await served()).toBe(before)
    const { text, model } = nextText()
    await writeFile(gateway.settingsPath, text)
    await comesIn(model)
    expect(await trouble()).toBeNull()
  })

  it('that is deleted is no deletion, and is said', async () => {
    const before = await served()
    await unlink(gateway.settingsPath)
    await until(async () => (await trouble())?.code === 'handle.read_failed', { what: 'word of a lost file' })
    expect(await served()).toBe(before)
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(200)
  })

  it('that is a directory for a while is no deletion, and is said', async () => {
    const before = await served()
    await rename(gateway.settingsPath, `${gateway.settingsPath}.aside`)
    await mkdir(gateway.settingsPath)
    await until(async () => (await trouble())?.code === 'handle.read_failed', { what: 'word of a directory' })
    expect(await served()).toBe(before)
    await rm(gateway.settingsPath, { recursive: true })
    await rename(`${gateway.settingsPath}.aside`, gateway.settingsPath)
  })

  it('that is far too large is refused without being read in', async () => {
    const before = await served()
    await truncate(gateway.settingsPath, 1024 * 1024 * 1024)
    await until(async () => (await trouble())?.code === 'handle.too_large', { what: 'word of its size' })
    expect(await served()).toBe(before)
  })

  it('that is replaced by rename comes in once, each time', async () => {
    for (let i = 0; i < 3; i += 1) {
      const { text, model } = nextText()
      await gateway.edit(() => text)
      await comesIn(model)
    }
  })

  it('that is touched, or replaced by the same bytes, brings in nothing', async () => {
    const text = await gateway.settingsText()
    const version = await gateway.version()
    await gateway.edit(() => text)
    await writeFile(gateway.settingsPath, text)
    const { text: next, model } = nextText()
    await gateway.edit(() => next)
    await comesIn(model)
    expect(seqOf(await gateway.version())).toBe(seqOf(version) + 1)
  })

  it('that is a link, as in a mounted ConfigMap, follows where the link leads', async () => {
    const at = (name: string): string => join(gateway.folder, name)
    const deploy = async (name: string, text: string): Promise<void> => {
      await mkdir(at(name))
      await writeFile(join(at(name), 'changeover.yaml'), text)
      await symlink(name, at('..data.next'))
      const old = await readlink(at('..data')).catch(() => null)
      await rename(at('..data.next'), at('..data'))
      if (old !== null) await rm(at(old), { recursive: true })
    }
    await deploy('..1', await gateway.settingsText())
    await rm(gateway.settingsPath)
    await symlink('..data/changeover.yaml', gateway.settingsPath)
    for (const name of ['..2', '..3', '..4']) {
      const { text, model } = nextText()
      await deploy(name, text)
      await comesIn(model)
    }
  })

  it('that stays wrong is refused each time, and the first that is right comes in above all of them', async () => {
    const version = await gateway.version()
    for (let i = 1; i <= 3; i += 1) {
      const bad = nextText().text.replace('bakeMs', 'bakeMss')
      await gateway.edit(() => bad)
      await until(() => refusals().length === i, { what: `refusal ${i}` })
    }
    const { text, model } = nextText()
    await gateway.edit(() => text)
    await comesIn(model)
    expect(seqOf(await gateway.version())).toBeGreaterThan(seqOf(version))
  })
})

function seqOf(version: string): number {
  return Number(version.split('.')[1])
}
