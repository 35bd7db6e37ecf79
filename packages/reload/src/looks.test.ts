/** Which looks are asked on the spot, and that each says the same either way. */
import { closeSync } from 'node:fs'
import { mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Looks } from './looks.ts'

const [EXT4, NFS] = [0xef53, 0x6969]
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(await realpath(tmpdir()), 'looks-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

/** Its first look is by way of a thread, and so is the asking at the second. */
async function isNear(looks: Looks, path: string): Promise<boolean> {
  await looks.isNear(path)
  return await looks.isNear(path)
}

describe('a look on the spot', () => {
  it('is taken from the second time on, at what is there and at what is to come', async () => {
    const asked: string[] = []
    const looks = new Looks(async (path) => {
      asked.push(path)
      return EXT4
    })
    const [there, toCome] = [join(directory, 'there'), join(directory, 'to-come')]
    await writeFile(there, 'x')
    expect(await looks.isNear(there)).toBe(false)
    expect(asked).toEqual([])
    expect(await looks.isNear(there)).toBe(true)
    expect(asked).toContain('/')
    const before = asked.length
    expect([await isNear(looks, toCome), await isNear(looks, there)]).toEqual([true, true])
    expect(asked.length).toBe(before)
  })

  it('is never taken where the file or a directory above it is on another file system than a machine has', async () => {
    const file = join(directory, 'file')
    await writeFile(file, 'x')
    for (const far of [file, directory, dirname(directory)]) {
      const looks = new Looks(async (path) => (path === far ? NFS : EXT4))
      expect(await isNear(looks, file)).toBe(false)
      expect(await looks.open(file)).toBeNull()
      expect((await looks.at(file))?.size).toBe(1n)
      expect((await looks.atName(file))?.isFile()).toBe(true)
    }
    const looks = new Looks(() => Promise.reject(new Error('nobody knows')))
    expect(await isNear(looks, file)).toBe(false)
  })

  it('is never taken through a link, which may lead anywhere', async () => {
    const [file, link, folder] = [join(directory, 'file'), join(directory, 'link'), join(directory, 'folder')]
    await writeFile(file, 'x')
    await symlink(file, link)
    await symlink(directory, folder)
    const looks = new Looks(async () => EXT4)
    expect(await isNear(looks, link)).toBe(false)
    expect(await isNear(looks, join(folder, 'file'))).toBe(false)
    expect((await looks.atName(link))?.isSymbolicLink()).toBe(true)
    expect((await looks.at(link))?.isFile()).toBe(true)
  })

  const isLinux = process.platform === 'linux'
  it.runIf(isLinux)('is not taken again where a link to another device was put in the way', async () => {
    const file = join(directory, 'file')
    await writeFile(file, 'x')
    const looks = new Looks(async () => EXT4)
    expect(await isNear(looks, file)).toBe(true)
    await symlink('/proc/self/status', join(directory, 'next'))
    await rename(join(directory, 'next'), file)
    expect((await looks.at(file))?.isFile()).toBe(true)
    expect(await isNear(looks, file)).toBe(false)
  })

  it('says what a look through a thread says, of nothing and of what cannot be', async () => {
    const file = join(directory, 'file')
    await writeFile(file, 'x')
    const [near, far] = [new Looks(async () => EXT4), new Looks(async () => NFS)]
    const absent = join(directory, 'absent')
    const within = join(file, 'within')
    for (const path of [file, absent, within, directory]) {
      for (const looks of [near, far]) await looks.isNear(path)
      const answers = await Promise.all(
        [near, far].map(async (looks) => ({
          at: await looks.at(path).then((it) => it?.ino ?? null, codeOf),
          atName: await looks.atName(path).then((it) => it?.ino ?? null, codeOf),
          mayFill: await looks.mayFill(path),
        })),
      )
      expect(answers[0]).toEqual(answers[1])
    }
  })

  it('tells what keeps it from finding anything, also where it was near before', async () => {
    const [folder, within] = [join(directory, 'folder'), join(directory, 'folder', 'file')]
    await mkdir(folder)
    await writeFile(within, 'x')
    const looks = new Looks(async () => EXT4)
    expect(await isNear(looks, within)).toBe(true)
    await rm(folder, { recursive: true })
    expect([await looks.at(within), await looks.atName(within)]).toEqual([null, null])
    await writeFile(folder, 'in its place')
    await expect(looks.at(within)).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(looks.atName(within)).rejects.toMatchObject({ code: 'ENOTDIR' })
    await expect(looks.open(within)).rejects.toMatchObject({ code: 'ENOTDIR' })
  })

  it('opens what is near, and says that there is nothing by the error of the system', async () => {
    const looks = new Looks(async () => EXT4)
    const file = join(directory, 'file')
    await writeFile(file, 'four')
    for (const path of [file, directory, join(directory, 'absent')]) await looks.isNear(path)
    const opened = await looks.open(file)
    expect(opened?.sizeBytes).toBe(4)
    opened?.close()
    expect(() => closeSync(opened?.file ?? 0)).toThrow('EBADF')
    await expect(looks.open(join(directory, 'absent'))).rejects.toMatchObject({ code: 'ENOENT' })
    await mkdir(join(directory, 'made'))
    const folder = await looks.open(directory)
    expect(folder).not.toBeNull()
    folder?.close()
  })

  it('remembers no more paths than it is likely to be asked for', async () => {
    const looks = new Looks(async () => EXT4)
    expect(await isNear(looks, directory)).toBe(true)
    for (let i = 0; i < 1_000; i += 1) await looks.isNear(join(directory, String(i)))
    expect(await looks.isNear(directory)).toBe(false)
  })
})

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code
}
