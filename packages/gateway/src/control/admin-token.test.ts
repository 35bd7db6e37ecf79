import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadAdminToken } from './admin-token.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-token-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const newFolder = (): string => mkdtempSync(join(folder, 's-'))

describe('the admin token', () => {
  it('is made once, for its owner alone, and is the same the next time', async () => {
    const state = newFolder()
    const first = await loadAdminToken(state, undefined)
    const second = await loadAdminToken(state, '')
    expect(first.token).toMatch(/^co_[\w-]{32}$/)
    expect(second).toEqual(first)
    expect(statSync(join(state, 'admin-token')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(state, 'admin-token'), 'utf8')).toBe(`${first.token}\n`)
  })

  it('is the one of the environment where there is one, and no file is made', async () => {
    const state = newFolder()
    const given = 'a-token-from-elsewhere'
    expect(await loadAdminToken(state, given)).toEqual({ token: given, path: null })
    expect(() => statSync(join(state, 'admin-token'))).toThrow('ENOENT')
  })

  it('is refused when it is short, or when others could read it', async () => {
    const state = newFolder()
    await expect(loadAdminToken(state, 'short')).rejects.toMatchObject({ code: 'control.token' })
    writeFileSync(join(state, 'admin-token'), 'long-enough-but-readable\n')
    chmodSync(join(state, 'admin-token'), 0o644)
    await expect(loadAdminToken(state, undefined)).rejects.toThrow('may be read by others')
  })
})
