/** Ports that somebody else has. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freePort, NodeScript } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { settingsText } from './rig/settings.ts'

const program = fileURLToPath(new URL('../../packages/gateway/src/main.ts', import.meta.url))

let folder: string
let taken: Server
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'changeover-ports-'))
  await writeFile(join(folder, 'changeover.yaml'), settingsText({ origin: 'http://127.0.0.1:9' }))
  taken = createServer()
  await new Promise<void>((resolve) => void taken.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await new Promise((resolve) => taken.close(resolve))
  await rm(folder, { recursive: true, force: true })
})

function start(port: number, adminPort: number): NodeScript {
  const args = ['--port', String(port), '--admin-port', String(adminPort)]
  return new NodeScript(program, { args, cwd: folder })
}

describe('a port that is in use', () => {
  it.each([
    ['the admin API', 'admin-port'],
    ['the data plane', 'port'],
  ])('of %s ends the start with one clear line, and leaves nothing open', async (what, flag) => {
    const { port } = taken.address() as AddressInfo
    const free = await freePort()
    await using gateway = flag === 'port' ? start(port, free) : start(free, port)
    expect(await gateway.ended).toEqual({ code: 1, signal: null })
    const said = gateway.lines.filter((it) => !it.startsWith('{'))
    expect(said).toHaveLength(1)
    for (const word of [what, String(port), `--${flag}`]) expect(said[0]).toContain(word)
    await expect(fetch(`http://127.0.0.1:${free}/`)).rejects.toThrow()
  })

  it('does not keep the next start from its state directory', async () => {
    await using gateway = start(0, 0)
    await gateway.line(/^ {2}models/)
    expect(await gateway.kill('SIGTERM')).toEqual({ code: 0, signal: null })
  })
})

describe('a state directory that is in use', () => {
  it('ends the start with one clear line that names the process', async () => {
    await using first = start(0, 0)
    await first.line(/^ {2}models/)
    await using second = start(0, 0)
    expect(await second.ended).toEqual({ code: 1, signal: null })
    expect(second.lines.join('\n')).toMatch(new RegExp(`in use by process ${first.pid}`))
    expect((await fetch(urlIn(first, 'admin'))).ok).toBe(true)
  })
})

function urlIn(gateway: NodeScript, name: string): string {
  const line = gateway.lines.find((it) => new RegExp(`^ {2}${name} `).test(it)) ?? ''
  return `${/http:\S+/.exec(line)?.[0] ?? ''}/readyz`
}
