/** Whether a running gateway asks for keys, whatever becomes of its settings. */
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { writeBanner } from './banner.ts'
import { readFlags } from './flags.ts'
import { type Running, run } from './run.ts'

const open = `
providers:
  sim: { kind: simulated, simulate: { firstTokenMs: 0, tokensPerSecond: 1000, tokens: 1 } }
models:
  small: { provider: sim }
limits:
  few: { requests: 100, perMs: 1000 }
`
const hash = `sha256:${createHash('sha256').update('our-key').digest('hex')}`
const guarded = `${open}tenants:\n  acme: { keys: { ci: { hash: "${hash}" } } }\n`

const folders: string[] = []
const started: Running[] = []
const logged: string[] = []
afterEach(async () => {
  for (const it of started.splice(0)) await it.stop({ drainMs: 0 })
  logged.length = 0
  for (const it of folders.splice(0)) rmSync(it, { recursive: true, force: true })
})

function place(text: string): { readonly cwd: string; readonly path: string } {
  const cwd = mkdtempSync(join(tmpdir(), 'changeover-access-'))
  folders.push(cwd)
  const path = join(cwd, 'changeover.yaml')
  writeFileSync(path, text)
  return { cwd, path }
}

async function start(cwd: string, argv: readonly string[] = []): Promise<Running> {
  const answer = readFlags(['--port', '0', '--admin-port', '0', ...argv])
  if (answer.kind !== 'run') throw new Error(answer.kind)
  const output = { write: (line: string) => logged.push(line) > 0 }
  const gateway = await run({ flags: answer.flags, cwd, env: {}, stdout: output, stderr: output })
  started.push(gateway)
  return gateway
}

async function ask(gateway: Running, key?: string): Promise<number> {
  const response = await fetch(`${gateway.dataUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ model: 'small', messages: [{ role: 'user', content: 'hello' }] }),
  })
  await response.text()
  return response.status
}

async function admin(
  gateway: Running,
  path: string,
  body: unknown,
): Promise<{ status: number; text: string }> {
  const isPatch = path.startsWith('/v1/settings')
  const response = await fetch(`${gateway.adminUrl}${path}`, {
    method: isPatch ? 'PATCH' : 'POST',
    headers: {
      authorization: `Bearer ${gateway.adminToken.token}`,
      'content-type': isPatch ? 'application/merge-patch+json' : 'application/json',
    },
    body: JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}

const lastCodes = (gateway: Running): readonly string[] =>
  gateway.reloader.status().last?.issues.map((it) => it.code) ?? []

describe('a gateway that asks for keys', () => {
  it('goes on asking when its file is cut off before the tenants', async () => {
    const { cwd, path } = place(guarded)
    const gateway = await start(cwd)
    writeFileSync(path, guarded.slice(0, guarded.indexOf('tenants:')))
    await vi.waitFor(() => expect(lastCodes(gateway)).toEqual(['settings.access_opened']), 5_000)
    expect([await ask(gateway), await ask(gateway, 'our-key')]).toEqual([401, 200])
    writeFileSync(path, `${open}tenants:\n`)
    await vi.waitFor(() => expect(gateway.reloader.status().last?.status).toBe('rejected'), 5_000)
    expect(await ask(gateway)).toBe(401)
  })

  it('goes on asking when a change takes the tenants away, and opens when it is told to', async () => {
    const { cwd, path } = place(guarded)
    const gateway = await start(cwd)
    const refused = await admin(gateway, '/v1/settings', { tenants: null })
    expect(refused.status).toBe(422)
    expect(refused.text).toContain('settings.access_opened')
    expect(refused.text).toContain('access: { callers: anyone }')
    expect(await ask(gateway)).toBe(401)
    const said = await admin(gateway, '/v1/settings', { tenants: null, access: { callers: 'anyone' } })
    expect(said).toMatchObject({ status: 200 })
    expect(await ask(gateway)).toBe(200)
    expect(readFileSync(path, 'utf8')).toMatch(/access:\s+callers: anyone/)
  })

  it('goes back to an open version when somebody asks for that', async () => {
    const { cwd, path } = place(open)
    const gateway = await start(cwd)
    const first = gateway.reloader.current()?.version
    writeFileSync(path, guarded)
    await vi.waitFor(async () => expect(await ask(gateway)).toBe(401), 5_000)
    expect(await admin(gateway, '/v1/rollback', { to: first })).toMatchObject({ status: 200 })
    expect(await ask(gateway)).toBe(200)
    expect(readFileSync(path, 'utf8')).not.toContain('tenants')
  })
})

describe('what a change opens', () => {
  const anyone = `${open}access: { callers: anyone }\n`
  const openings = () => logged.filter((it) => it.includes('plan.access_opened'))
  const inForce = async (gateway: Running, status: number) =>
    await vi.waitFor(async () => expect(await ask(gateway)).toBe(status), 5_000)

  it('is told in the log where a file was saved, once for each time', async () => {
    const { cwd, path } = place(guarded)
    const gateway = await start(cwd)
    writeFileSync(path, anyone)
    await inForce(gateway, 200)
    await vi.waitFor(() => expect(openings()).toHaveLength(1), 5_000)
    expect(openings()[0]).toContain('whoever reaches the port may call from now on')
    expect(openings()[0]).toContain('/access/callers')
    writeFileSync(path, guarded)
    await inForce(gateway, 401)
    expect(openings()).toHaveLength(1)
    writeFileSync(path, anyone)
    await inForce(gateway, 200)
    await vi.waitFor(() => expect(openings()).toHaveLength(2), 5_000)
  })

  it('is told where the file was changed while nothing ran, and not where it begins open', async () => {
    const { cwd, path } = place(guarded)
    await (await start(cwd)).stop({ drainMs: 0 })
    writeFileSync(path, anyone)
    await inForce(await start(cwd), 200)
    await vi.waitFor(() => expect(openings()).toHaveLength(1), 5_000)

    logged.length = 0
    const other = await start(place(anyone).cwd)
    await admin(other, '/v1/settings', { limits: { few: { requests: 99 } } })
    await inForce(other, 200)
    expect(openings()).toEqual([])
  })

  it('is told when a trial of it begins, and not again when that takes all traffic', async () => {
    const gateway = await start(place(guarded).cwd)
    const canary = 'steps=50%25'
    const offered = await admin(gateway, `/v1/settings?${canary}`, {
      tenants: null,
      access: { callers: 'anyone' },
    })
    expect(offered.status, offered.text).toBe(200)
    await vi.waitFor(() => expect(openings()).toHaveLength(1), 5_000)
    const { attempt } = JSON.parse(offered.text) as { attempt: string }
    const promoted = await admin(gateway, `/v1/reloads/${attempt}/promote`, { to: 'full' })
    expect(promoted.status, promoted.text).toBe(200)
    await inForce(gateway, 200)
    expect(openings()).toHaveLength(1)
  })
})

describe('a gateway without tenants', () => {
  it('says that anyone may call', async () => {
    const gateway = await start(place(open).cwd)
    expect(writeBanner(gateway, { version: '0', tookMs: 1, colours: false })).toContain(
      'whoever reaches the port may call',
    )
    expect(await ask(gateway)).toBe(200)
  })

  it('does not serve on an address that others may reach, until it is told to', async () => {
    const { cwd, path } = place(open)
    // Loopback in truth, by a spelling that is not known to be.
    const gateway = await start(cwd, ['--host', '127.1'])
    expect(lastCodes(gateway)).toEqual(['settings.access_exposed'])
    expect(writeBanner(gateway, { version: '0', tookMs: 1, colours: false })).toContain('could call')
    expect(await ask(gateway)).toBe(503)
    writeFileSync(path, `${open}access: { callers: anyone }\n`)
    await vi.waitFor(async () => expect(await ask(gateway)).toBe(200), 5_000)
  })

  it('does not bring back an open version there', async () => {
    const { cwd, path } = place(open)
    await (await start(cwd)).stop({ drainMs: 0 })
    const gateway = await start(cwd, ['--host', '127.1'])
    expect(await ask(gateway)).toBe(503)
    writeFileSync(path, guarded)
    await vi.waitFor(async () => expect(await ask(gateway, 'our-key')).toBe(200), 5_000)
    expect(await ask(gateway)).toBe(401)
  })
})
