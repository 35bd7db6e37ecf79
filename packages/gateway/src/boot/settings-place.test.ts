import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SETTINGS_DIRECTORY_TYPE, systemClock } from '@changeover/reload'
import { afterAll, describe, expect, it } from 'vitest'
import { openSettingsPlace } from './settings-place.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-place-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function open(cwd: string, settings: string, poll: string | null = null) {
  return openSettingsPlace({ settings, poll, cwd, env: {}, clock: systemClock })
}

describe('the place of the settings', () => {
  it('is a file of our own, made when there is none', async () => {
    const cwd = mkdtempSync(join(folder, 'a-'))
    const first = await open(cwd, 'conf/changeover.yaml')
    const path = join(cwd, 'conf/changeover.yaml')
    expect(first).toMatchObject({
      isNew: true,
      source: { kind: 'file', own: { mediaType: 'application/yaml' } },
    })
    expect(readFileSync(path, 'utf8')).toContain('kind: simulated')
    writeFileSync(path, 'routes: {}')
    expect((await open(cwd, 'conf/changeover.yaml')).isNew).toBe(false)
    expect(readFileSync(path, 'utf8')).toBe('routes: {}')
  })

  it('is a directory of our own, or a URL, which is read and not written', async () => {
    const cwd = mkdtempSync(join(folder, 'b-'))
    mkdirSync(join(cwd, 'conf'))
    expect(await open(cwd, 'conf')).toMatchObject({
      source: { kind: 'directory', own: { mediaType: SETTINGS_DIRECTORY_TYPE } },
    })
    const polled = await open(cwd, 'conf', 'http://user:secret@127.0.0.1:1/settings.yaml')
    expect(polled).toMatchObject({
      source: { kind: 'http-poll', own: null },
      again: { asked: { kind: 'http-poll' } },
    })
    expect(JSON.stringify([polled.source, polled.again])).not.toContain('secret')
  })
})
