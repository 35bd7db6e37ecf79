/** What every handle over files has in common: when it listens, and when it reads. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OfferDesk } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileSource } from './file.ts'
import { watchedHandle } from './watched.ts'

let directory: string
let path: string
let desk: OfferDesk

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'watched-'))
  path = join(directory, 'settings.yaml')
  desk = new OfferDesk()
})
afterEach(async () => {
  await desk.stop()
  await rm(directory, { recursive: true, force: true })
})

async function replace(text: string): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}

describe('a handle over files', () => {
  it('hears of a change that comes while it reads for the first time', async () => {
    await replace('one')
    const source = fileSource(path)
    let reads = 0
    const read = async () => {
      const reading = await source.read()
      reads += 1
      if (reads === 1) await replace('two')
      return reading
    }
    // So long that whatever is noticed was heard, not polled.
    desk.watch(watchedHandle({ ...source, read }, { quietMs: 5, pollMs: 3_600_000 }))
    await expect.poll(() => desk.texts(), { timeout: 10_000, interval: 5 }).toEqual(['one', 'two'])
    expect(desk.offers.map((it) => it.origin.trigger)).toEqual(['file', 'file'])
  })

  it('says of a change that nobody heard of that the poll has found it', async () => {
    await replace('one')
    const deaf = { ...fileSource(path), spots: () => Promise.resolve(new Map()) }
    desk.watch(watchedHandle(deaf, { quietMs: 5, pollMs: 20 }))
    await expect.poll(() => desk.texts(), { timeout: 10_000, interval: 5 }).toEqual(['one'])
    await replace('two')
    await expect.poll(() => desk.texts(), { timeout: 10_000, interval: 5 }).toEqual(['one', 'two'])
    expect(desk.offers.map((it) => it.origin.trigger)).toEqual(['file', 'poll'])
  })

  it('says so also where what the poll found was being written and is read again', async () => {
    await replace('one')
    const source = fileSource(path)
    let torn = 1
    const read = async () => {
      const reading = await source.read()
      const isTorn = reading?.bytes.toString() === 'two' && torn-- > 0
      return isTorn ? null : reading
    }
    const deaf = { ...source, read, spots: () => Promise.resolve(new Map()) }
    desk.watch(watchedHandle(deaf, { quietMs: 5, pollMs: 20 }))
    await expect.poll(() => desk.texts(), { timeout: 10_000, interval: 5 }).toEqual(['one'])
    await replace('two')
    await expect.poll(() => desk.texts(), { timeout: 10_000, interval: 5 }).toEqual(['one', 'two'])
    expect(desk.offers.map((it) => it.origin.trigger)).toEqual(['file', 'poll'])
  })
})
