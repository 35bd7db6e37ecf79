import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../../..', import.meta.url))

describe('what is generated', () => {
  it.each(['sdk', 'admin-api', 'cli'])('is what is committed: %s', (name) => {
    const script = `scripts/generate/${name}.mjs`
    const ran = spawnSync(process.execPath, ['-C', '@changeover/source', script, '--check'], {
      cwd: root,
      encoding: 'utf8',
    })
    expect(ran.stderr).toBe('')
    expect(ran.status).toBe(0)
  })
})
