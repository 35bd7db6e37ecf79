import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openStateFolder } from './open-state-folder.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'changeover-state-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Root may do everything. */
const isRoot = process.getuid?.() === 0

describe('the state directory', () => {
  it('is made for its owner alone, and taken as it is when it is there', async () => {
    const path = join(folder, 'deep', 'state')
    await openStateFolder(path)
    await openStateFolder(path)
    expect(statSync(path).mode & 0o777).toBe(0o700)
  })

  it('is refused in a sentence where a file stands in its place', async () => {
    const path = join(folder, 'taken')
    writeFileSync(path, '')
    await expect(openStateFolder(path)).rejects.toThrow('a file has that name: say --state DIR')
  })

  it.skipIf(isRoot)(
    'is refused in a sentence where this user may not write (skipped for root, who may write everywhere)',
    async () => {
      const path = join(folder, 'of-another')
      mkdirSync(path)
      chmodSync(path, 0o500)
      await expect(openStateFolder(path)).rejects.toThrow('may not be used by this user')
    },
  )
})
