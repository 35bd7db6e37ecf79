/** What journeys rely on when they start and kill processes. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, NodeScript } from './processes.ts'

let folder: string
let script: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'processes-'))
  script = join(folder, 'script.ts')
  await writeFile(
    script,
    `const waits: boolean = process.argv[2] === 'wait'
    process.on('SIGTERM', () => { console.log('bye'); process.exit(3) })
    console.log('hello ' + process.env['WHO'])
    console.error('a warning')
    if (waits) setInterval(() => {}, 1000)`,
  )
})
afterAll(async () => {
  await rm(folder, { recursive: true })
})

describe('a script in a process', () => {
  it('runs from TypeScript, and its lines can be waited for', async () => {
    const child = new NodeScript(script, { env: { WHO: 'bo' } })
    expect(await child.line(/^hello/)).toBe('hello bo')
    expect(await child.line('warning')).toBe('a warning')
    expect(await child.ended).toEqual({ code: 0, signal: null })
    expect([...child.lines].sort()).toEqual(['a warning', 'hello bo'])
  })

  it('can end itself, or be killed without a word', async () => {
    const polite = new NodeScript(script, { args: ['wait'] })
    await polite.line('hello')
    expect(await polite.kill('SIGTERM')).toEqual({ code: 3, signal: null })
    expect(polite.lines).toContain('bye')
    const abrupt = new NodeScript(script, { args: ['wait'] })
    await abrupt.line('hello')
    expect(await abrupt.kill()).toEqual({ code: null, signal: 'SIGKILL' })
    expect(abrupt.lines).not.toContain('bye')
  })

  it('says all that was written when a line does not come', async () => {
    const ended = new NodeScript(script, { env: { WHO: 'bo' } })
    await expect(ended.line('never')).rejects.toThrow(/ended with 0\n(.|\n)*hello bo/)
    await using waiting = new NodeScript(script, { args: ['wait'] })
    await waiting.line('hello')
    await expect(waiting.line('never', 10)).rejects.toThrow('10 ms went by')
  })

  it('says so when it cannot be started', async () => {
    const child = new NodeScript(script, { cwd: join(folder, 'absent') })
    await expect(child.line('hello')).rejects.toThrow('could not be started')
  })
})

describe('a free port', () => {
  it('can be listened on', async () => {
    const port = await freePort()
    const server = createServer()
    await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
    await new Promise<void>((resolve) => void server.close(() => resolve()))
    expect(port).toBeGreaterThan(0)
  })
})
