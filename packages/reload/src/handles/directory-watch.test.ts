/** What a directory watch hears, and that it ends. */
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openWatches } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DirectoryWatch } from './directory-watch.ts'

const PATIENCE = { timeout: 10_000, interval: 5 }

let home: string
let changes: number
let watch: DirectoryWatch

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'directory-watch-'))
  changes = 0
  watch = new DirectoryWatch(() => {
    changes += 1
  })
})
afterEach(async () => {
  watch.close()
  await rm(home, { recursive: true, force: true })
})

describe('a directory watch', () => {
  it('hears of the names that matter, and of a volume that is swapped', async () => {
    await watch.follow(new Map([[home, new Set(['a.yaml'])]]))
    await writeFile(join(home, 'a.yaml'), 'x')
    await expect.poll(() => changes, PATIENCE).toBeGreaterThan(0)
    changes = 0
    await mkdir(join(home, '..data'))
    await expect.poll(() => changes, PATIENCE).toBeGreaterThan(0)
  })

  it('does not hear of the others', async () => {
    const heard: number[] = []
    for (const names of [new Set(['a.yaml']), null]) {
      await watch.follow(new Map([[home, names]]))
      changes = 0
      for (let i = 0; i < 20; i += 1) await writeFile(join(home, 'other.log'), String(i))
      const mark = changes
      await writeFile(join(home, '..marker'), 'x')
      await expect.poll(() => changes, PATIENCE).toBeGreaterThan(mark)
      heard.push(changes)
    }
    expect(heard[0]).toBeLessThan(10)
    expect(heard[1]).toBeGreaterThan(20)
  })

  it('goes over to a directory that took the place of another', async () => {
    const inner = join(home, 'inner')
    await mkdir(inner)
    await watch.follow(new Map([[inner, null]]))
    await rm(inner, { recursive: true })
    await mkdir(inner)
    await expect.poll(() => changes, PATIENCE).toBeGreaterThan(0)
    await watch.follow(new Map([[inner, null]]))
    changes = 0
    await writeFile(join(inner, 'a.yaml'), 'x')
    await expect.poll(() => changes, PATIENCE).toBeGreaterThan(0)
  })

  it('goes over when the other one was only moved away', async () => {
    const inner = join(home, 'inner')
    await mkdir(inner)
    await watch.follow(new Map([[inner, null]]))
    await rename(inner, join(home, 'away'))
    await mkdir(inner)
    await watch.follow(new Map([[inner, null]]))
    changes = 0
    await writeFile(join(inner, 'a.yaml'), 'x')
    await expect.poll(() => changes, PATIENCE).toBeGreaterThan(0)
  })

  it('goes over when a link leads to another directory than before', async () => {
    const link = join(home, 'current')
    for (const name of ['release-1', 'release-2']) await mkdir(join(home, name))
    await symlink('release-1', link)
    await watch.follow(new Map([[link, null]]))
    await rm(link)
    await symlink('release-2', link)
    await watch.follow(new Map([[link, null]]))
    await writeFile(join(home, 'release-2', 'a.yaml'), 'x')
    await expect.poll(() => changes, PATIENCE).toBeGreaterThan(0)
  })

  it('leaves directories that are no longer named, bears with those that are not there, and ends', async () => {
    const inner = join(home, 'inner')
    await mkdir(inner)
    const before = openWatches()
    await watch.follow(new Map([home, inner, join(home, 'absent')].map((it) => [it, null])))
    expect(openWatches()).toBe(before + 2)
    await watch.follow(new Map([[inner, null]]))
    expect(openWatches()).toBe(before + 1)
    watch.close()
    expect(openWatches()).toBe(before)
    await watch.follow(new Map([[inner, null]]))
    expect(openWatches()).toBe(before)
  })
})
