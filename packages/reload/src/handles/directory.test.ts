/** The directory handle: the common suite, and sets of files that change together. */
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { handleConformance, OfferDesk } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { directoryHandle, SETTINGS_DIRECTORY_TYPE, type SettingsDirectory } from './directory.ts'

const PATIENCE = { timeout: 10_000, interval: 5 }
const NEVER_MS = 3_600_000

let directory: string
let desk: OfferDesk

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'directory-handle-'))
  desk = new OfferDesk()
})
afterEach(async () => {
  await desk.stop()
  await rm(directory, { recursive: true, force: true })
})

const put = async (path: string, text: string) => {
  await mkdir(join(directory, path, '..'), { recursive: true })
  await writeFile(join(directory, path), text)
}
const filesIn = (bytes: Uint8Array | undefined) =>
  (JSON.parse(Buffer.from(bytes ?? []).toString()) as SettingsDirectory).files
const newest = () => {
  const offered = desk.offers.at(-1)
  return offered === undefined ? null : filesIn(offered.bytes).map((it) => `${it.path}=${it.text}`)
}
const newestIs = (...files: string[]) => expect.poll(newest, PATIENCE).toEqual(files)

handleConformance({
  name: 'directory',
  async create(text, clock) {
    const home = await mkdtemp(join(tmpdir(), 'directory-handle-'))
    const root = join(home, 'settings')
    const file = join(root, 'main.yaml')
    await mkdir(root)
    await writeFile(file, text)
    return {
      handle: directoryHandle(root, { quietMs: 10, pollMs: 200, clock }),
      async write(it) {
        await writeFile(join(root, '.main.yaml.new'), it)
        await rename(join(root, '.main.yaml.new'), file)
      },
      async breakReads() {
        await rename(root, join(home, 'away'))
        await writeFile(root, 'not a directory')
      },
      async healReads() {
        await rm(root)
        await rename(join(home, 'away'), root)
      },
      empty: () => rm(file),
      unwrap: (bytes) => filesIn(bytes)[0]?.text ?? '',
      dispose: () => rm(home, { recursive: true, force: true }),
    }
  },
})

describe('a directory handle', () => {
  it('offers all settings files below, sorted, and nothing else', async () => {
    await put('z.toml', 'z')
    await put('routes/b.yml', 'b')
    await put('routes/a.json', 'a')
    await put('notes.txt', 'no')
    await put('.git/config.yaml', 'no')
    await put('.hidden.yaml', 'no')
    await put('a.yaml~', 'no')
    desk.watch(directoryHandle(directory))
    await newestIs('routes/a.json=a', 'routes/b.yml=b', 'z.toml=z')
    expect(desk.offers[0]?.origin).toMatchObject({
      trigger: 'file',
      source: directory,
      mediaType: SETTINGS_DIRECTORY_TYPE,
    })
  })

  it('hears of files and directories that come and go', async () => {
    await put('a.yaml', 'a')
    desk.watch(directoryHandle(directory, { quietMs: 20, pollMs: NEVER_MS }))
    await newestIs('a.yaml=a')
    await put('deep/er/b.yaml', 'b')
    await newestIs('a.yaml=a', 'deep/er/b.yaml=b')
    await put('deep/er/b.yaml', 'b again')
    await newestIs('a.yaml=a', 'deep/er/b.yaml=b again')
    await rm(join(directory, 'deep'), { recursive: true })
    await newestIs('a.yaml=a')
  })

  it('offers a set that was written together once, when it has come to rest', async () => {
    for (let i = 0; i < 5; i += 1) await put(`part-${i}.yaml`, 'old')
    desk.watch(directoryHandle(directory, { quietMs: 300, pollMs: NEVER_MS }))
    await newestIs(...Array.from({ length: 5 }, (_, i) => `part-${i}.yaml=old`))
    for (let i = 0; i < 5; i += 1) await put(`part-${i}.yaml`, 'new')
    await newestIs(...Array.from({ length: 5 }, (_, i) => `part-${i}.yaml=new`))
    expect(desk.offers).toHaveLength(2)
  })

  it('never mixes two versions of a mounted ConfigMap, and hears of each', async () => {
    const names = ['a.yaml', 'b.yaml', 'c.yaml']
    const publish = async (number: number) => {
      await mkdir(join(directory, `..v${number}`))
      for (const name of names) await writeFile(join(directory, `..v${number}`, name), String(number))
      await symlink(`..v${number}`, join(directory, '..data_tmp'))
      await rename(join(directory, '..data_tmp'), join(directory, '..data'))
    }
    await publish(0)
    for (const name of names) await symlink(join('..data', name), join(directory, name))
    desk.watch(directoryHandle(directory, { quietMs: 1, pollMs: NEVER_MS }))
    for (let number = 0; number < 30; number += 1) {
      if (number > 0) await publish(number)
      if (number % 5 === 0) await newestIs(...names.map((it) => `${it}=${number}`))
    }
    await newestIs(...names.map((it) => `${it}=29`))
    const mixed = desk.offers.filter((it) => new Set(filesIn(it.bytes).map((file) => file.text)).size > 1)
    expect(mixed).toEqual([])
  })

  it('takes one empty file among others for one that is being written, and names it', async () => {
    await put('a.yaml', 'a')
    await put('b.yaml', '')
    desk.watch(directoryHandle(directory, { quietMs: 5, pollMs: NEVER_MS }))
    await expect
      .poll(() => desk.troubles.map((it) => it.message), PATIENCE)
      .toEqual([
        `"${join(directory, 'b.yaml')}" is empty, which is not taken for a deletion; nothing changes`,
      ])
    expect(desk.offers).toEqual([])
    await put('b.yaml', 'b')
    await newestIs('a.yaml=a', 'b.yaml=b')
  })

  it('reports text that is not UTF-8, and files beyond the limit', async () => {
    await writeFile(join(directory, 'a.yaml'), Buffer.from([0xff, 0xfe, 0x61]))
    desk.watch(directoryHandle(directory, { quietMs: 5, maxBytes: 10, pollMs: NEVER_MS }))
    await expect.poll(() => desk.troubles.map((it) => it.code), PATIENCE).toEqual(['handle.read_failed'])
    await put('a.yaml', '123456')
    await put('b.yaml', '12345')
    await expect.poll(() => desk.troubles.at(-1)?.code, PATIENCE).toBe('handle.too_large')
    await put('b.yaml', '1234')
    await newestIs('a.yaml=123456', 'b.yaml=1234')
  })

  it('does not follow a link that leads back up for ever', async () => {
    await put('a.yaml', 'a')
    await symlink('.', join(directory, 'loop'))
    desk.watch(directoryHandle(directory))
    await expect.poll(() => newest()?.[0], PATIENCE).toBe('a.yaml=a')
    expect(newest()?.length).toBeLessThan(20)
  })
})
