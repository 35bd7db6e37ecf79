/** The file handle: the common suite, and the ways in which editors, tools and Kubernetes replace a file. */
import { appendFileSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, open, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { handleConformance, OfferDesk } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Clock } from '../contract/clock.ts'
import { ENVELOPE_TYPE } from '../contract/payload.ts'
import { systemClock } from '../system-clock.ts'
import { fileHandle, fileSource } from './file.ts'

const PATIENCE = { timeout: 10_000, interval: 5 }
/** So long that whatever is noticed was heard, not polled. */
const NEVER_MS = 3_600_000

let directory: string
let path: string
let desk: OfferDesk

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'file-handle-'))
  path = join(directory, 'settings.yaml')
  desk = new OfferDesk()
})
afterEach(async () => {
  await desk.stop()
  await rm(directory, { recursive: true, force: true })
})

const newestIs = (text: string) => expect.poll(() => desk.texts().at(-1), PATIENCE).toBe(text)

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text)
  await rename(`${file}.new`, file)
}

handleConformance({
  name: 'file',
  async create(text, clock) {
    const home = await mkdtemp(join(tmpdir(), 'file-handle-'))
    const file = join(home, 'settings.yaml')
    await writeFile(file, text)
    return {
      handle: fileHandle(file, { quietMs: 10, pollMs: 200, clock }),
      write: (it) => replace(file, it),
      async breakReads() {
        await rm(file)
        await mkdir(file)
      },
      healReads: () => rm(file, { recursive: true }),
      empty: () => writeFile(file, ''),
      dispose: () => rm(home, { recursive: true, force: true }),
    }
  },
})

describe('a file that its writer has offered already', () => {
  it('is not read when it was heard of, and what comes after it is new, also what was there before', async () => {
    await writeFile(path, 'first')
    let asked = 0
    const isKnown = ({ size }: { size: bigint }) => {
      asked += 1
      return size === 7n
    }
    desk.watch(fileHandle(path, { quietMs: 5, pollMs: NEVER_MS, isKnown }))
    await newestIs('first')
    await replace(path, 'written')
    await expect.poll(() => asked, PATIENCE).toBeGreaterThan(0)
    await replace(path, 'first')
    await expect.poll(() => desk.texts(), PATIENCE).toEqual(['first', 'first'])
  })

  it('is read at the next poll all the same', async () => {
    await writeFile(path, 'first')
    desk.watch(fileHandle(path, { quietMs: 5, pollMs: 50, isKnown: () => true }))
    await newestIs('first')
    await replace(path, 'written')
    await newestIs('written')
  })
})

describe('a file handle hears of', () => {
  const ways: Record<string, (text: string) => Promise<void>> = {
    'a rename over the file': (text) => replace(path, text),
    'a write in place': (text) => writeFile(path, text),
    'a truncation, and the text in pieces': async (text) => {
      const file = await open(path, 'w')
      for (const letter of text) await file.write(letter)
      await file.close()
    },
    'a deletion, and a new file': async (text) => {
      await rm(path)
      await writeFile(path, text)
    },
    'a move to a backup, a new file, and the end of the backup, as vim does': async (text) => {
      await rename(path, `${path}~`)
      await writeFile(path, text)
      await rm(`${path}~`)
    },
  }
  it.each(Object.entries(ways))('%s, each time', async (_name, write) => {
    await writeFile(path, 'at first')
    desk.watch(fileHandle(path, { quietMs: 150, pollMs: NEVER_MS }))
    await newestIs('at first')
    for (const text of ['the second', 'the third', 'the fourth']) {
      await write(text)
      await newestIs(text)
    }
    expect(desk.texts().filter((it) => !it.startsWith('the ') && it !== 'at first')).toEqual([])
  })

  it.each([
    ['is removed at once', true],
    ['stays', false],
  ])(
    'a swap of the ..data link of a mounted ConfigMap whose old version %s, each time',
    async (_what, isRemoved) => {
      const publish = async (number: number) => {
        await mkdir(join(directory, `..v${number}`))
        await writeFile(join(directory, `..v${number}`, 'settings.yaml'), `version ${number}`)
        await symlink(`..v${number}`, join(directory, '..data_tmp'))
        await rename(join(directory, '..data_tmp'), join(directory, '..data'))
        if (isRemoved && number > 1) await rm(join(directory, `..v${number - 1}`), { recursive: true })
      }
      await publish(1)
      await symlink(join('..data', 'settings.yaml'), path)
      desk.watch(fileHandle(path, { quietMs: 20, pollMs: NEVER_MS }))
      for (const number of [1, 2, 3, 4]) {
        if (number > 1) await publish(number)
        await newestIs(`version ${number}`)
      }
      expect(desk.texts()).toEqual(['version 1', 'version 2', 'version 3', 'version 4'])
    },
  )

  it('a change behind a link that leads to another directory', async () => {
    await mkdir(join(directory, 'elsewhere'))
    const target = join(directory, 'elsewhere', 'actual.yaml')
    await writeFile(target, 'one')
    await symlink(target, path)
    desk.watch(fileHandle(path, { quietMs: 10, pollMs: NEVER_MS }))
    await newestIs('one')
    await replace(target, 'two')
    await newestIs('two')
  })

  it('a file that was not there at first', async () => {
    desk.watch(fileHandle(path, { quietMs: 10, pollMs: NEVER_MS }))
    await expect.poll(() => desk.troubles.map((it) => it.code), PATIENCE).toEqual(['handle.read_failed'])
    await writeFile(path, 'here')
    await newestIs('here')
  })
})

describe('a file handle', () => {
  it('finds by its poll what it could not hear: a directory that came later, and one that was replaced', async () => {
    const late = join(directory, 'late', 'settings.yaml')
    desk.watch(fileHandle(late, { quietMs: 5, pollMs: 20 }))
    await expect.poll(() => desk.troubles.length, PATIENCE).toBe(1)
    await mkdir(join(directory, 'late'))
    await writeFile(late, 'one')
    await newestIs('one')
    await rm(join(directory, 'late'), { recursive: true })
    await mkdir(join(directory, 'late'))
    await writeFile(late, 'two')
    await newestIs('two')
  })

  it('reports a trouble when it begins, and not again while it lasts', async () => {
    let sleeps = 0
    const after: Clock['after'] = (ms, run) => {
      sleeps += 1
      return systemClock.after(ms, run)
    }
    desk.watch(fileHandle(path, { quietMs: 1, pollMs: 1, clock: { ...systemClock, after } }))
    await expect.poll(() => sleeps, PATIENCE).toBeGreaterThan(5)
    await mkdir(path)
    await expect.poll(() => sleeps, PATIENCE).toBeGreaterThan(10)
    expect(desk.troubles).toHaveLength(1)
  })

  it('takes what is in no way a regular file for unreadable, without waiting on it', async () => {
    await mkdir(path)
    desk.watch(fileHandle(path))
    await expect
      .poll(() => desk.troubles[0]?.cause, PATIENCE)
      .toMatchObject({
        message: `"${path}" is no regular file`,
      })
  })

  it('does not read a file beyond its limit', async () => {
    await writeFile(path, 'x'.repeat(101))
    desk.watch(fileHandle(path, { maxBytes: 100, pollMs: 20 }))
    await expect.poll(() => desk.troubles.map((it) => it.code), PATIENCE).toEqual(['handle.too_large'])
    await writeFile(path, 'x'.repeat(100))
    await newestIs('x'.repeat(100))
  })

  it('takes blanks for empty', async () => {
    await writeFile(path, ' \r\n\t\n')
    desk.watch(fileHandle(path))
    await expect.poll(() => desk.troubles.map((it) => it.code), PATIENCE).toEqual(['handle.empty'])
  })

  it('waits until a long write has come to rest', async () => {
    await writeFile(path, 'before')
    desk.watch(fileHandle(path, { quietMs: 100, pollMs: NEVER_MS }))
    await newestIs('before')
    const text = Array.from({ length: 200 }, (_, i) => `line ${i}\n`)
    await writeFile(path, '')
    for (const line of text) await appendFile(path, line)
    await newestIs(text.join(''))
    expect(desk.texts().at(-1)).toBe(await readFile(path, 'utf8'))
  })

  it('does not take for settings what changed while it was read', async () => {
    await writeFile(path, 'x'.repeat(30_000_000))
    const source = fileSource(path)
    const now = { isRead: false }
    const reading = source.read().finally(() => {
      now.isRead = true
    })
    // In each turn, so that one of them is between the first look and the last, however busy the machine is.
    while (!now.isRead) {
      appendFileSync(path, 'y')
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect((await reading) === null).toBe(true)
    expect((await source.read())?.bytes.length).toBeGreaterThan(30_000_000)
  })

  it('says what it is, from what file, and by whom', async () => {
    await writeFile(path, 'a: 1')
    desk.watch(fileHandle(path))
    await newestIs('a: 1')
    expect(desk.offers[0]?.origin).toEqual({
      trigger: 'file',
      source: path,
      position: 'sha256:16c3c6d78678d53d39ab2c7a5a7bc4596567b46a1a57000a2d707334f779b824',
      mediaType: 'application/yaml',
      actor: 'file:settings.yaml',
    })
  })

  it.each([
    ['a.yaml', 'x: 1', 'application/yaml'],
    ['a.yml', 'x: 1', 'application/yaml'],
    ['a.toml', 'x = 1', 'application/toml'],
    ['A.JSON', '{"x":1}', 'application/json'],
    ['a.txt', 'x', 'application/octet-stream'],
    ['a.envelope.json', '{}', ENVELOPE_TYPE],
    ['a.json', ' {"payload":"","payloadType":"t","signatures":[]}', ENVELOPE_TYPE],
    ['a.json', '{"payload":{"x":1}}', 'application/json'],
  ])('takes %s holding %j for %s', async (name, text, mediaType) => {
    await writeFile(join(directory, name), text)
    desk.watch(fileHandle(join(directory, name)))
    await newestIs(text)
    expect(desk.offers[0]?.origin.mediaType).toBe(mediaType)
  })
})
