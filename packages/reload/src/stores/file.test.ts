/** The file store: the common suite, what is on the disk, and two processes that want one directory. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { auditLine, storeConformance } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { StateStore } from '../contract/store.ts'
import { isReloadError } from '../errors.ts'
import { digestOf } from '../format/digest.ts'
import { Looks } from '../looks.ts'
import { fileStore } from './file.ts'
import { fileSystemOf, nodeFileSystem } from './file-system.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'file-store-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true, force: true })
})

const floor = (seq: number) => ({ version: `1.${seq}`, digest: digestOf(Buffer.from(String(seq))) })
const codeOf = (error: unknown) => (isReloadError(error) ? error.code : error)

// On the spot where the machine allows it, and never, as on a network's file system.
for (const [name, files] of [
  ['file', nodeFileSystem],
  ['file, far away', fileSystemOf(new Looks(async () => 0x6969))],
] as const)
  storeConformance({
    name,
    async create() {
      const path = join(await mkdtemp(join(tmpdir(), 'file-store-')), 'state')
      const store = fileStore(path, { files })
      return {
        store,
        reopen: async () => fileStore(path, { files }),
        dispose: async () => {
          await store.close()
          await rm(join(path, '..'), { recursive: true, force: true })
        },
      }
    },
  })

describe('a state directory', () => {
  it('can be read by its owner only', async () => {
    const store = fileStore(join(directory, 'state'))
    await store.putBlob(digestOf(Buffer.from('x')), Buffer.from('x'))
    await store.writeRecord('floor', floor(1))
    await store.appendAudit(auditLine('a'))
    const modes = new Map<string, string>()
    for (const entry of await readdir(join(directory, 'state'), { recursive: true })) {
      const name = entry.startsWith('lock.') ? 'lock' : entry
      modes.set(name, ((await stat(join(directory, 'state', entry))).mode & 0o777).toString(8))
    }
    expect(Object.fromEntries(modes)).toEqual({
      'audit.jsonl': '600',
      blobs: '700',
      [join('blobs', digestOf(Buffer.from('x')).slice(7))]: '600',
      lock: '600',
      'records.jsonl': '600',
    })
    expect((await stat(join(directory, 'state'))).mode & 0o777).toBe(0o700)
    await store.close()
  })

  it('holds records that a person can read and no flipped bit can change', async () => {
    const path = join(directory, 'records.jsonl')
    const store = fileStore(directory)
    await store.writeRecord('floor', floor(1))
    await store.writeRecord('applied', floor(1))
    const text = await readFile(path, 'utf8')
    const lines = text.trimEnd().split('\n')
    expect(lines.map((it) => JSON.parse(it))).toMatchObject([
      { records: { floor: floor(1) } },
      { records: { applied: floor(1) } },
    ])
    await writeFile(path, text.replace('"floor":{"version":"1.1"', '"floor":{"version":"1.3"'))
    await expect(store.readRecord('floor').catch(codeOf)).resolves.toBe('store.corrupt')
    expect(await store.readRecord('applied')).toEqual(floor(1))
    await store.writeRecord('floor', floor(2))
    expect(await store.readRecord('floor')).toEqual(floor(2))
    await store.close()
  })

  it('holds records that are read again only when their file looks otherwise than it did', async () => {
    const path = join(directory, 'records.jsonl')
    let readings = 0
    const read = (it: string) => {
      readings += it === path ? 1 : 0
      return nodeFileSystem.read(it)
    }
    const store = fileStore(directory, { files: { ...nodeFileSystem, read } })
    await store.writeRecord('floor', floor(1))
    const asked = async () => {
      const before = readings
      const floors = [await store.readRecord('floor'), await store.readRecord('floor')]
      expect(floors[0]).toEqual(floors[1])
      return [floors[0]?.version, await store.readRecord('intent'), readings - before]
    }
    expect([await asked(), await asked()]).toEqual([
      ['1.1', null, 2],
      ['1.1', null, 0],
    ])
    await store.writeRecord('floor', floor(2))
    expect([await asked(), await asked()]).toEqual([
      ['1.2', null, 2],
      ['1.2', null, 0],
    ])
    // A file system's clock may tick as seldom as a hundred times a second.
    await expect.poll(async () => Date.now() - (await stat(path)).mtimeMs).toBeGreaterThan(20)
    await writeFile(path, (await readFile(path, 'utf8')).replace('"version":"1.2"', '"version":"1.9"'))
    await expect(store.readRecord('floor').catch(codeOf)).resolves.toBe('store.corrupt')
    await expect(store.readRecord('floor').catch(codeOf)).resolves.toBe('store.corrupt')
    await rm(path)
    expect(await store.readRecord('floor')).toBeNull()
    await store.close()
  })

  it('holds records that it has written itself since, whatever the clock of the file system says', async () => {
    const stampOf = async (path: string) => String((await stat(path)).size)
    const store = fileStore(directory, { files: { ...nodeFileSystem, stampOf }, recordBytes: 0 })
    for (const seq of [1, 2]) {
      await store.writeRecord('floor', floor(seq))
      expect(await store.readRecord('floor')).toEqual(floor(seq))
    }
    await store.close()
  })

  it('takes the word of every record when a damaged line does not say which it was about', async () => {
    const path = join(directory, 'records.jsonl')
    const first = fileStore(directory)
    for (const name of ['floor', 'baseline', 'applied'] as const) await first.writeRecord(name, floor(1))
    await first.close()
    await writeFile(path, (await readFile(path, 'utf8')).replace('"baseline":', '"baselin\0":'))
    const store = fileStore(directory)
    for (const name of ['floor', 'baseline'] as const)
      await expect(store.readRecord(name).catch(codeOf)).resolves.toBe('store.corrupt')
    expect(await store.readRecord('applied')).toEqual(floor(1))
    await store.close()
  })

  it('says each record once when the lines have grown, and what is damaged stays so', async () => {
    const path = join(directory, 'records.jsonl')
    const first = fileStore(directory)
    await first.writeRecord('baseline', floor(1))
    await first.writeRecord('floor', floor(1))
    await first.close()
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replace('"baseline":{"version":"1.1"', '"baseline":{"version":"1.0"'),
    )
    const second = fileStore(directory, { recordBytes: 1_000 })
    for (let i = 2; i < 50; i += 1) await second.writeRecord('floor', floor(i))
    await second.clearRecord('intent')
    expect((await stat(path)).size).toBeLessThan(2_000)
    await second.close()
    const third = fileStore(directory)
    await expect(third.readRecord('baseline').catch(codeOf)).resolves.toBe('store.corrupt')
    expect([await third.readRecord('floor'), await third.readRecord('intent')]).toEqual([floor(49), null])
    await third.close()
  })

  it('sets several records by one line, all of them or none', async () => {
    const path = join(directory, 'records.jsonl')
    const store = fileStore(directory)
    await store.writeRecord('intent', { ...floor(1), attempts: 1, traceId: '', spanId: '', attempt: 'rl_1' })
    await store.writeRecords?.({ applied: floor(1), intent: null })
    const text = await readFile(path, 'utf8')
    expect(text.trimEnd().split('\n')).toHaveLength(2)
    expect([await store.readRecord('applied'), await store.readRecord('intent')]).toEqual([floor(1), null])
    await store.close()
    await writeFile(path, text.slice(0, -10))
    const again = fileStore(directory)
    expect([await again.readRecord('applied'), (await again.readRecord('intent'))?.attempts]).toEqual([
      null,
      1,
    ])
    await again.close()
  })

  it('has all records again in a new file when the old one was taken away', async () => {
    const store = fileStore(directory)
    await store.writeRecord('baseline', floor(1))
    await rm(join(directory, 'records.jsonl'))
    await store.writeRecord('floor', floor(2))
    await store.close()
    const again = fileStore(directory)
    expect([await again.readRecord('baseline'), await again.readRecord('floor')]).toEqual([
      floor(1),
      floor(2),
    ])
    await again.close()
  })

  it('has a damaged blob mended by whoever brings its bytes again', async () => {
    const store = fileStore(directory)
    const digest = digestOf(Buffer.from('good'))
    await store.putBlob(digest, Buffer.from('good'))
    await writeFile(join(directory, 'blobs', digest.slice(7)), 'goof')
    await store.putBlob(digest, Buffer.from('good'))
    expect(Buffer.from((await store.readBlob(digest)) ?? []).toString()).toBe('good')
    await store.close()
  })

  it('has no blob that somebody has taken or damaged since it was last seen', async () => {
    const store = fileStore(directory)
    const digest = digestOf(Buffer.from('good'))
    const path = join(directory, 'blobs', digest.slice(7))
    await store.putBlob(digest, Buffer.from('good'))
    const answers = [await store.hasBlob?.(digest), await store.hasBlob?.(digest)]
    await writeFile(path, 'damaged')
    answers.push(await store.hasBlob?.(digest))
    await store.putBlob(digest, Buffer.from('good'))
    answers.push(await store.hasBlob?.(digest))
    await rm(path)
    answers.push(await store.hasBlob?.(digest))
    expect(answers).toEqual([true, true, false, true, false])
    await store.close()
  })

  it('takes nothing for a digest that is not one', async () => {
    const store = fileStore(directory)
    await expect(store.readBlob('sha256:../../records.jsonl')).rejects.toThrow(
      'expected "sha256:" and 64 hex digits',
    )
    await store.close()
  })

  it('is left alone by a store that was closed', async () => {
    const store = fileStore(directory)
    await store.writeRecord('floor', floor(1))
    await store.close()
    await expect(store.writeRecord('floor', floor(2)).catch(codeOf)).resolves.toBe('store.closed')
    expect(await readdir(directory)).toEqual(['blobs', 'records.jsonl'])
  })
})

describe('a state directory that is taken away while its process runs', () => {
  const digest = digestOf(Buffer.from('x'))
  const changes: [string, (store: StateStore) => Promise<unknown>][] = [
    ['a blob', (store) => store.putBlob(digest, Buffer.from('x'))],
    ['a record', (store) => store.writeRecord('floor', floor(2))],
    ['a line of the audit log', (store) => store.appendAudit(auditLine('b'))],
    ['a sweep', (store) => store.sweep(new Set([digest]))],
  ]

  it.each(changes)('is made again for %s, locked, with all records at the next change', async (_, change) => {
    const path = join(directory, 'state')
    const store = fileStore(path)
    await store.writeRecord('baseline', floor(1))
    await store.putBlob(digest, Buffer.from('x'))
    await store.appendAudit(auditLine('a'))
    await rm(path, { recursive: true })
    await change(store)
    expect((await readdir(path)).filter((it) => it.startsWith('lock.'))).toHaveLength(1)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    await store.putBlob(digest, Buffer.from('x'))
    await store.appendAudit(auditLine('c'))
    await store.writeRecord('floor', floor(3))
    await store.close()
    const next = fileStore(path)
    expect([await next.readRecord('baseline'), await next.readRecord('floor')]).toEqual([floor(1), floor(3)])
    expect(await next.readBlob(digest)).not.toBeNull()
    expect((await next.readAudit()).at(-1)?.attempt).toBe('c')
    await next.close()
  })

  it('is made whole when only a part of it was taken', async () => {
    const store = fileStore(directory)
    await store.writeRecord('floor', floor(1))
    await rm(join(directory, 'blobs'), { recursive: true })
    await store.putBlob(digest, Buffer.from('x'))
    expect(await store.readBlob(digest)).not.toBeNull()
    expect(await store.readRecord('floor')).toEqual(floor(1))
    expect((await readdir(directory)).filter((it) => it.startsWith('lock.'))).toHaveLength(1)
    await store.close()
  })

  it('stays with another process that has come to the same place since', async () => {
    const path = join(directory, 'state')
    const alive = (pid: number) => ({
      self: { pid, started: '' },
      find: (it: number) => ({ pid: it, started: '' }),
    })
    const first = fileStore(path, { processes: alive(4_242) })
    await first.writeRecord('floor', floor(1))
    await rm(path, { recursive: true })
    const second = fileStore(path, { processes: alive(4_243) })
    await second.writeRecord('floor', floor(7))
    await rm(join(path, 'blobs'), { recursive: true })
    expect(await first.putBlob(digest, Buffer.from('x')).catch(codeOf)).toBe('store.locked')
    expect(await second.readRecord('floor')).toEqual(floor(7))
    await second.close()
    await first.close()
  })

  it('that cannot be made again fails each change with the reason, until it can', async () => {
    const path = join(directory, 'state')
    const store = fileStore(path)
    await store.writeRecord('floor', floor(1))
    await rm(path, { recursive: true })
    await writeFile(path, 'a file where the directory was')
    await expect(store.putBlob(digest, Buffer.from('x'))).rejects.toMatchObject({ code: 'ENOTDIR' })
    await rm(path)
    await store.putBlob(digest, Buffer.from('x'))
    expect(await store.readBlob(digest)).not.toBeNull()
    await store.close()
  })
})

describe('the audit log', () => {
  it('goes on in a new file at a size, keeps as many as it was told, and is read as one', async () => {
    const lineBytes = JSON.stringify(auditLine('a')).length + 1
    const store = fileStore(directory, { auditFileBytes: 2 * lineBytes, auditKeptFiles: 2 })
    for (const attempt of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'])
      await store.appendAudit(auditLine(attempt))
    const files = (await readdir(directory)).filter((it) => it.startsWith('audit')).sort()
    expect(files).toEqual(['audit.000003.jsonl', 'audit.000004.jsonl', 'audit.jsonl'])
    const read = async (limit: number) => (await store.readAudit({ limit })).map((it) => it.attempt).join('')
    expect([await read(1), await read(3), await read(99)]).toEqual(['i', 'ghi', 'efghi'])
    await store.close()
  })

  it.each([
    ['is torn', '{"at":"2026'],
    ['has no end', JSON.stringify(auditLine('b'))],
    ['is of zeros', '\0\0\0\0\n'],
  ])('drops its last line at opening when it %s', async (_what, tail) => {
    const first = fileStore(directory)
    await first.appendAudit(auditLine('a'))
    await first.close()
    await appendFile(join(directory, 'audit.jsonl'), tail)
    const store = fileStore(directory)
    await store.appendAudit(auditLine('c'))
    expect((await store.readAudit()).map((it) => it.attempt)).toEqual(['a', 'c'])
    await store.close()
    const lines = (await readFile(join(directory, 'audit.jsonl'), 'utf8')).trimEnd().split('\n')
    expect(lines).toEqual([JSON.stringify(auditLine('a')), JSON.stringify(auditLine('c'))])
  })

  it('begins anew when its directory was taken away and could not be made for a while, without anything between its lines', async () => {
    const path = join(directory, 'state')
    const store = fileStore(path)
    await store.appendAudit(auditLine('a'))
    await rm(path, { recursive: true })
    await writeFile(path, 'in its place')
    for (const attempt of ['b', 'c']) {
      await expect(store.appendAudit(auditLine(attempt))).rejects.toMatchObject({ code: 'ENOTDIR' })
    }
    await rm(path)
    for (const attempt of ['b', 'c']) await store.appendAudit(auditLine(attempt))
    expect((await store.readAudit()).map((it) => it.attempt)).toEqual(['b', 'c'])
    const text = await readFile(join(path, 'audit.jsonl'), 'utf8')
    expect(text.split('\n').map((it) => it.slice(0, 1))).toEqual(['{', '{', ''])
    await store.close()
  })

  it('leaves out a line that the disk has damaged in the middle', async () => {
    const store = fileStore(directory)
    for (const attempt of ['a', 'b', 'c']) await store.appendAudit(auditLine(attempt))
    const path = join(directory, 'audit.jsonl')
    await writeFile(path, (await readFile(path, 'utf8')).replace('"attempt":"b"', '"attempt":"b '))
    expect((await store.readAudit()).map((it) => it.attempt)).toEqual(['a', 'c'])
    await store.close()
  })
})

describe('the lock', () => {
  it('refuses a second store in the same process, and frees the directory at close', async () => {
    const first = fileStore(directory)
    await first.writeRecord('floor', floor(1))
    const second = fileStore(directory)
    const error = await second.readRecord('floor').catch((it: unknown) => it)
    expect(error).toMatchObject({ code: 'store.locked', details: { path: directory, pid: process.pid } })
    await first.close()
    expect(await second.readRecord('floor')).toEqual(floor(1))
    await second.close()
  })

  it('refuses while another process lives, paused or not, and is taken over when it is dead', async () => {
    const other = spawn(process.execPath, ['--eval', 'console.log("up"); setInterval(() => {}, 1000)'])
    await once(other.stdout, 'data')
    const self = { pid: other.pid ?? 0, started: '' }
    await fileStore(directory, { processes: { self, find: () => null } }).writeRecord('floor', floor(1))
    const store = fileStore(directory)
    const error = await store.readRecord('floor').catch((it: unknown) => it)
    expect(error).toMatchObject({ code: 'store.locked', details: { path: directory, pid: other.pid } })
    // One that is only paused may go on at any time, and write.
    other.kill('SIGSTOP')
    expect(await store.readRecord('floor').catch((it: unknown) => it)).toMatchObject({ code: 'store.locked' })
    other.kill('SIGKILL')
    await once(other, 'exit')
    expect(await store.readRecord('floor')).toEqual(floor(1))
    await store.close()
  })

  it('is taken over from an earlier process of the same number, as in a restarted container', async () => {
    const life = (started: string) => {
      const self = { pid: 1, started }
      return fileStore(directory, { processes: { self, find: () => self } })
    }
    await life('boot:100').writeRecord('floor', floor(1))
    const second = life('boot:900')
    expect(await second.readRecord('floor')).toEqual(floor(1))
    expect(await life('boot:900').readRecord('floor').catch(codeOf)).toBe('store.locked')
    await second.close()
  })

  it('goes to at most one of many that ask at once, and is free again for the next', async () => {
    const dead = { self: { pid: 2 ** 22 + 1, started: '' }, find: () => null }
    await fileStore(directory, { processes: dead }).writeRecord('floor', floor(1))
    const stores = Array.from({ length: 8 }, () => fileStore(directory))
    const answers = await Promise.all(stores.map((it) => it.readRecord('floor').catch(codeOf)))
    const refused = answers.filter((it) => it === 'store.locked')
    expect(refused.length).toBeGreaterThanOrEqual(7)
    for (const store of stores) await store.close()
    const next = fileStore(directory)
    expect(await next.readRecord('floor')).toEqual(floor(1))
    await next.close()
    expect((await readdir(directory)).filter((it) => it.startsWith('lock'))).toEqual([])
  })
})
