import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { settingsText } from '../settings/edit.ts'
import { FileChangedError, keepAside, ownFile, readOwnFile, replaceOwnFile } from './own-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-own-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

const newFile = (text: string): string => {
  const path = join(mkdtempSync(join(folder, 'f-')), `settings-${files++}.yaml`)
  writeFileSync(path, text)
  return path
}
const drafts = (path: string): string[] => readdirSync(join(path, '..')).filter((it) => it.endsWith('.next'))

describe('the own file as its changer sees it', () => {
  it('is read once as long as nobody writes it, and read before it is replaced', async () => {
    const path = newFile('before')
    const own = ownFile(path, 'settings.yaml', settingsText)
    const first = await own.read()
    expect(await own.read()).toBe(first)
    const written = Buffer.from('after')
    await own.replace(first, written)
    expect(await own.read()).toBe(written)
    expect(own.isWritten(statSync(path, { bigint: true }))).toBe(true)
    const { mtime } = statSync(path)
    writeFileSync(path, 'AFTER')
    // As if it had been in the same tick of the clock.
    utimesSync(path, mtime, mtime)
    await expect(own.replace(written, Buffer.from('more'))).rejects.toThrow(FileChangedError)
    writeFileSync(path, 'by hand')
    expect(own.isWritten(statSync(path, { bigint: true }))).toBe(false)
    expect(Buffer.from((await own.read()) ?? []).toString()).toBe('by hand')
    rmSync(path)
    expect(await own.read()).toBeNull()
  })
})

describe('a file that holds an envelope', () => {
  const sealed = JSON.stringify({ payloadType: 'application/x', payload: '', signatures: [] })

  it('is not ours to write, until a text is there again', async () => {
    const path = newFile(sealed)
    const own = ownFile(path, 'next.json', settingsText)
    expect(await own.isWritable()).toBe(false)
    writeFileSync(path, 'models: {}\n')
    expect(await own.isWritable()).toBe(true)
  })

  it('is not written over, neither by a rollback', () => {
    const own = ownFile(newFile(sealed), 'next.json', settingsText)
    expect(() => own.write({}, Buffer.from(sealed))).toThrow('"next.json" cannot be changed for you')
    expect(own.write({}, null).byteLength).toBeGreaterThan(0)
  })
})

describe('the own file', () => {
  it('is replaced whole, keeps its mode, and leaves nothing beside it', async () => {
    const path = newFile('before')
    chmodSync(path, 0o640)
    await replaceOwnFile(path, Buffer.from('before'), Buffer.from('after'))
    expect(readFileSync(path, 'utf8')).toBe('after')
    expect(statSync(path).mode & 0o777).toBe(0o640)
    expect(drafts(path)).toEqual([])
  })

  it('is cleared of drafts that killed processes left, and of no others', async () => {
    const path = newFile('before')
    const draft = (pid: number | string, of = basename(path)): string =>
      join(path, '..', `.${of}.${pid}.next`)
    const dead = spawnSync(process.execPath, ['--version']).pid
    for (const it of [draft(dead), draft(process.ppid), draft(dead, 'other.yaml')]) writeFileSync(it, 'half')
    await replaceOwnFile(path, Buffer.from('before'), Buffer.from('after'))
    expect(drafts(path).sort()).toEqual(
      [draft(process.ppid), draft(dead, 'other.yaml')].map((it) => basename(it)).sort(),
    )
  })

  it('is not touched when somebody wrote it meanwhile', async () => {
    const path = newFile('before')
    writeFileSync(path, 'by hand')
    await expect(replaceOwnFile(path, Buffer.from('before'), Buffer.from('after'))).rejects.toThrow(
      FileChangedError,
    )
    await expect(replaceOwnFile(path, null, Buffer.from('after'))).rejects.toThrow(FileChangedError)
    expect(readFileSync(path, 'utf8')).toBe('by hand')
    expect(drafts(path)).toEqual([])
  })

  it('stays a link when it is one: what it points to is replaced', async () => {
    const target = newFile('before')
    const link = `${target}.link`
    symlinkSync(target, link)
    await replaceOwnFile(link, Buffer.from('before'), Buffer.from('after'))
    expect(readFileSync(target, 'utf8')).toBe('after')
    expect(readFileSync(link, 'utf8')).toBe('after')
  })

  it('is made when there was none, and read as absent before', async () => {
    const path = `${newFile('')}.new`
    expect(await readOwnFile(path)).toBeNull()
    await replaceOwnFile(path, null, Buffer.from('first'))
    expect(readFileSync(path, 'utf8')).toBe('first')
  })

  it('keeps a copy that only its owner can read', async () => {
    const path = newFile('text')
    const kept = await keepAside(path, Buffer.from('text'), 'before-1.4')
    expect(kept).toBe(`${path}.before-1.4`)
    expect(readFileSync(kept, 'utf8')).toBe('text')
    expect(statSync(kept).mode & 0o777).toBe(0o600)
  })
})
