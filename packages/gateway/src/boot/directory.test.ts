/** Changes through the API to a gateway whose settings are a directory. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readFlags } from './flags.ts'
import { type Running, run } from './run.ts'

const FILES = {
  'base.yaml':
    '# where models are\nproviders:\n  sim: { kind: simulated, simulate: { firstTokenMs: 0 } }\nmodels:\n  a: { provider: sim }\n  b: { provider: sim }\nrollout:\n  observe: { bakeMs: 0 }\n',
  'routes.yaml':
    '# how we route\nroutes:\n  chat:\n    targets:\n      - { model: a, weight: 1 } # mostly\n      - { model: b, weight: 0 }\n',
} as const

let cwd: string
let gateway: Running

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'changeover-directory-'))
  mkdirSync(join(cwd, 'conf'))
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(cwd, 'conf', name), text)
  const answer = readFlags(['--port', '0', '--admin-port', '0', '--settings', 'conf'])
  if (answer.kind !== 'run') throw new Error(answer.kind)
  const output = { write: () => true }
  gateway = await run({ flags: answer.flags, cwd, env: {}, stdout: output, stderr: output })
})
afterEach(async () => {
  await gateway.stop({ drainMs: 0 })
  rmSync(cwd, { recursive: true, force: true })
})

const text = (name: string): string => readFileSync(join(cwd, 'conf', name), 'utf8')
const version = () => gateway.reloader.current()?.version

async function admin(method: string, path: string, body: unknown, type = 'application/merge-patch+json') {
  const response = await fetch(`${gateway.adminUrl}${path}`, {
    method,
    headers: { authorization: `Bearer ${gateway.adminToken.token}`, 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const weigh = (weight: number) => ({
  routes: {
    chat: {
      targets: [
        { model: 'a', weight },
        { model: 'b', weight: 0 },
      ],
    },
  },
})

describe('a change through the API', () => {
  it('is written into the file that holds it, and is not taken for news when it is read', async () => {
    const answer = await admin('PATCH', '/v1/settings', weigh(7))
    expect(answer).toMatchObject({ status: 200, body: { file: { path: 'conf/routes.yaml', written: true } } })
    expect(text('routes.yaml')).toContain('# how we route')
    expect(text('routes.yaml')).toContain('weight: 7')
    expect(text('base.yaml')).toBe(FILES['base.yaml'])
    // One after the other, without a pause in which the directory could be read.
    for (const it of [8, 9, 10])
      expect(await admin('PATCH', '/v1/settings', weigh(it))).toMatchObject({ status: 200 })
    expect(version()).toBe('1.5')
    writeFileSync(join(cwd, 'conf', 'routes.yaml'), text('routes.yaml').replace('weight: 10', 'weight: 11'))
    await vi.waitFor(() => expect(version()).toBe('1.6'), 10_000)
    expect(gateway.reloader.line().map((it) => it.author)).toEqual([
      'file:conf',
      'admin',
      'admin',
      'admin',
      'admin',
      'file:conf',
    ])
  })

  it('makes a file for a section that has none', async () => {
    const answer = await admin('PATCH', '/v1/settings', { limits: { few: { requests: 1, perMs: 1000 } } })
    expect(answer).toMatchObject({ status: 200, body: { file: { path: 'conf/limits.yaml' } } })
    expect(text('limits.yaml')).toContain('few:')
  })

  it('that belongs into two files is refused, whole texts too, and nothing has come in meanwhile', async () => {
    const both = { ...weigh(7), models: { c: { provider: 'sim' } } }
    const before = version()
    expect(await admin('PATCH', '/v1/settings', both)).toMatchObject({
      status: 409,
      body: { code: 'settings.many_files', detail: expect.stringContaining('"base.yaml" and "routes.yaml"') },
    })
    const whole = `${FILES['base.yaml'].replace('models:', 'models:\n  c: { provider: sim }')}${FILES['routes.yaml'].replace('weight: 1', 'weight: 7')}`
    expect(await admin('POST', '/v1/reloads', whole, 'application/yaml')).toMatchObject({
      body: { code: 'settings.many_files' },
    })
    expect(version()).toBe(before)
    expect(gateway.reloader.line()).toHaveLength(1)
  })

  it('as a whole text that differs in one file is written into that', async () => {
    const whole = `${FILES['base.yaml']}${FILES['routes.yaml'].replace('weight: 1', 'weight: 7')}`
    const answer = await admin('POST', '/v1/reloads', whole, 'application/yaml')
    expect(answer).toMatchObject({ status: 200, body: { file: { path: 'conf/routes.yaml', written: true } } })
    expect(text('routes.yaml')).toBe(FILES['routes.yaml'].replace('weight: 1', 'weight: 7'))
  })

  it('is refused while the directory holds something that is not in force', async () => {
    writeFileSync(join(cwd, 'conf', 'broken.yaml'), 'routes: [')
    expect(await admin('PATCH', '/v1/settings', weigh(7))).toMatchObject({
      status: 409,
      body: { code: 'settings.file_changed' },
    })
  })

  it('can be looked at first', async () => {
    const answer = await admin('POST', '/v1/plan', weigh(7))
    expect(answer).toMatchObject({
      status: 200,
      body: { ok: true, words: [expect.stringContaining('1 -> 7')] },
    })
    expect(text('routes.yaml')).toBe(FILES['routes.yaml'])
  })
})

describe('a rollback', () => {
  it('is written back where it belongs into one file', async () => {
    await admin('PATCH', '/v1/settings', weigh(7))
    const answer = await admin('POST', '/v1/rollback', { to: '1.1' }, 'application/json')
    expect(answer).toMatchObject({ status: 200, body: { file: { path: 'conf/routes.yaml', written: true } } })
    expect(text('routes.yaml')).toContain('weight: 1 } # mostly')
    expect(readdirSync(join(cwd, 'conf')).sort()).toEqual(['base.yaml', 'routes.yaml'])
  })

  it('is in force where it belongs into several, and says that they differ', async () => {
    await admin('PATCH', '/v1/settings', weigh(7))
    await admin('PATCH', '/v1/settings', { models: { c: { provider: 'sim' } } })
    const answer = await admin('POST', '/v1/rollback', { to: '1.1' }, 'application/json')
    expect(answer).toMatchObject({
      status: 200,
      body: { version: '1.4', file: { path: 'conf', written: false, trouble: 'settings.many_files' } },
    })
    expect(text('routes.yaml')).toContain('weight: 7')
  })
})
