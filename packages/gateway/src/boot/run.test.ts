import { generateKeyPairSync, sign } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Signer, TrustPolicy } from '@changeover/reload'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { writeBanner } from './banner.ts'
import { readFlags } from './flags.ts'
import { type Running, run } from './run.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-run-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const started: Running[] = []
afterEach(async () => {
  for (const it of started.splice(0)) await it.stop({ drainMs: 0 })
})

interface Started {
  readonly gateway: Running
  /** Everything that was written to standard output. */
  out(): string
}

interface How {
  readonly argv?: readonly string[]
  readonly env?: Record<string, string>
  readonly trust?: TrustPolicy
  readonly signer?: Signer
}

async function start(cwd: string, { argv = [], env = {}, ...keys }: How = {}): Promise<Started> {
  const answer = readFlags(['--port', '0', '--admin-port', '0', ...argv])
  if (answer.kind !== 'run') throw new Error(answer.kind)
  let out = ''
  const write = (text: string): boolean => {
    out += text
    return true
  }
  const gateway = await run({ flags: answer.flags, cwd, env, ...keys, stdout: { write }, stderr: { write } })
  started.push(gateway)
  return { gateway, out: () => out }
}

const newFolder = (): string => mkdtempSync(join(folder, 'g-'))
const simulated = (tokens: number, tokensPerSecond: number): string => `
providers:
  sim: { kind: simulated, simulate: { firstTokenMs: 0, tokensPerSecond: ${tokensPerSecond}, tokens: ${tokens} } }
models:
  small: { provider: sim }
`

function chat(gateway: Running, model: string, stream = false): Promise<Response> {
  return fetch(`${gateway.dataUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'hello' }] }),
  })
}

function keyPair(keyid: string): { trust: TrustPolicy; signer: Signer } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const signer: Signer = { keyid, sign: (bytes) => sign(null, bytes, privateKey) }
  return { trust: { keys: { [keyid]: pem }, threshold: 1 }, signer }
}

const ready = async (gateway: Running): Promise<number> => (await fetch(`${gateway.adminUrl}/readyz`)).status

describe('a gateway', () => {
  it('starts in an empty folder, makes its settings, and serves', async () => {
    const cwd = newFolder()
    const { gateway, out } = await start(cwd)
    expect(readFileSync(join(cwd, 'changeover.yaml'), 'utf8')).toContain('kind: simulated')
    expect(gateway.place.isNew).toBe(true)
    expect(await ready(gateway)).toBe(200)
    const response = await chat(gateway, 'fast')
    expect(response.status).toBe(200)
    expect(response.headers.get('x-changeover-version')).toBe(gateway.reloader.current()?.version)
    expect(await response.text()).toContain('[simulated]')
    expect(await (await fetch(`${gateway.adminUrl}/metrics`)).text()).toContain('changeover_requests')
    const banner = writeBanner(gateway, { version: '0.1.0', tookMs: 123, colours: false })
    expect(banner).toContain('ready in 123 ms')
    expect(banner).toContain('no provider key was found')
    expect(banner).toContain('token in .changeover/admin-token')
    expect(banner + out()).not.toContain(gateway.adminToken.token)
  })

  it('takes a saved file, and keeps what runs when the file is broken', async () => {
    const cwd = newFolder()
    const path = join(cwd, 'changeover.yaml')
    writeFileSync(path, simulated(1, 1_000))
    const { gateway } = await start(cwd)
    const first = gateway.reloader.current()?.version
    writeFileSync(path, simulated(2, 1_000))
    await vi.waitFor(() => expect(gateway.reloader.current()?.version).not.toBe(first), 5_000)
    const second = gateway.reloader.current()?.version
    writeFileSync(path, 'providers: [')
    await vi.waitFor(() => expect(gateway.reloader.status().last?.status).toBe('rejected'), 5_000)
    expect(gateway.reloader.current()?.version).toBe(second)
    expect((await chat(gateway, 'small')).status).toBe(200)
  })

  it('stays up when its first settings are broken, says where, and takes them once mended', async () => {
    const cwd = newFolder()
    const path = join(cwd, 'changeover.yaml')
    writeFileSync(path, `${simulated(1, 1_000)}routes:\n  chat: { targets: [{ model: smal }] }\n`)
    const { gateway } = await start(cwd)
    expect(await ready(gateway)).toBe(503)
    expect((await chat(gateway, 'small')).status).toBe(503)
    const banner = writeBanner(gateway, { version: '0.1.0', tookMs: 1, colours: false })
    expect(banner).toContain('not ready')
    expect(banner).toMatch(/changeover\.yaml:7:\d+ .*smal/)
    writeFileSync(path, simulated(1, 1_000))
    await vi.waitFor(async () => expect(await ready(gateway)).toBe(200), 5_000)
  })

  it('has the log levels of the version it goes back to', async () => {
    const cwd = newFolder()
    writeFileSync(join(cwd, 'changeover.yaml'), simulated(1, 1_000))
    const { gateway } = await start(cwd)
    const level = () => gateway.telemetry.settings.logs.level
    await vi.waitFor(() => expect(gateway.reloader.status().state).toBe('idle'), 5_000)
    const text = `${simulated(1, 1_000)}telemetry: { logs: { level: debug } }\n`
    const origin = { trigger: 'admin_api', source: 'test', mediaType: 'application/yaml' } as const
    await gateway.reloader.offer(Buffer.from(text), origin)
    expect(level()).toBe('debug')
    expect(await gateway.reloader.regress('too much to read')).toBe(true)
    expect(level()).toBe('info')
  })

  it('that trusts other keys than those of its last version is not ready until it may sign again', async () => {
    const cwd = newFolder()
    const path = join(cwd, 'changeover.yaml')
    writeFileSync(path, simulated(1, 1_000))
    const [old, fresh] = [keyPair('old'), keyPair('fresh')]
    const before = await start(cwd, old)
    expect(await ready(before.gateway)).toBe(200)
    const held = before.gateway.reloader.current()?.version
    await before.gateway.stop({ drainMs: 0 })

    const checking = await start(cwd, { trust: fresh.trust })
    expect([await ready(checking.gateway), (await chat(checking.gateway, 'small')).status]).toEqual([
      503, 503,
    ])
    expect((await fetch(`${checking.gateway.adminUrl}/healthz`)).status).toBe(200)
    expect(checking.gateway.reloader.status().state).toBe('degraded')
    const why = `the signatures kept with version ${held} do not satisfy the trust policy`
    await vi.waitFor(() => expect(checking.out()).toContain(why), 5_000)
    await checking.gateway.stop({ drainMs: 0 })

    const signing = await start(cwd, fresh)
    expect([await ready(signing.gateway), signing.gateway.reloader.current()?.version]).toEqual([200, held])
    await vi.waitFor(() => expect(signing.gateway.reloader.status().state).toBe('idle'), 5_000)
  })

  it('comes back on the version it had, with the same token, records and line', async () => {
    const cwd = newFolder()
    writeFileSync(join(cwd, 'changeover.yaml'), simulated(1, 1_000))
    const first = (await start(cwd)).gateway
    const response = await chat(first, 'small')
    await response.text()
    const { version } = first.reloader.current() ?? {}
    const { token } = first.adminToken
    await first.stop()
    started.length = 0

    const second = (await start(cwd)).gateway
    expect(second.reloader.current()?.version).toBe(version)
    expect(second.adminToken.token).toBe(token)
    const id = response.headers.get('x-changeover-call') ?? ''
    expect(await second.calls.find(id)).toMatchObject({ id, version })
    expect(second.reloader.line().map((it) => it.version)).toEqual([version])
  })

  it('takes what was saved while it was away before it says that it is up, and nothing that was not', async () => {
    const cwd = newFolder()
    const path = join(cwd, 'changeover.yaml')
    writeFileSync(path, simulated(1, 1_000))
    const versions: (string | undefined)[] = []
    for (const tokens of [1, 1, 2, 2]) {
      writeFileSync(path, simulated(tokens, 1_000))
      const { gateway } = await start(cwd)
      versions.push(gateway.reloader.current()?.version)
      await gateway.stop()
      started.length = 0
    }
    expect(versions).toEqual(['1.1', '1.1', '1.2', '1.2'])
  })

  it('serves what it had when the place of its settings is away, and says so', async () => {
    const cwd = newFolder()
    const text = simulated(1, 1_000)
    const site = createHttpServer((_, response) => response.end(text))
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
    const { port } = site.address() as AddressInfo
    const argv = ['--poll', `http://127.0.0.1:${port}/settings.yaml`]
    const first = (await start(cwd, { argv })).gateway
    await vi.waitFor(() => expect(first.reloader.status().confirmed?.version).toBe('1.1'), 5_000)
    await first.stop()
    started.length = 0
    site.closeAllConnections()
    await new Promise((resolve) => site.close(resolve))

    const { gateway } = await start(cwd, { argv })
    const response = await chat(gateway, 'small')
    expect([response.status, response.headers.get('x-changeover-version')]).toEqual([200, '1.1'])
    expect(await ready(gateway)).toBe(200)
    const trouble = () => gateway.reloader.status().handles[0]?.trouble?.code
    await vi.waitFor(() => expect(trouble()).toBe('handle.read_failed'), 5_000)
  })

  it('lets a stream finish when it is stopped, and takes no more calls', async () => {
    const cwd = newFolder()
    writeFileSync(join(cwd, 'changeover.yaml'), simulated(30, 60))
    const { gateway } = await start(cwd)
    const response = await chat(gateway, 'small', true)
    const reader = response.body?.getReader()
    await reader?.read()
    const stopped = gateway.stop({ drainMs: 10_000 })
    await vi.waitFor(async () =>
      expect(
        await chat(gateway, 'small').then(
          () => true,
          () => false,
        ),
      ).toBe(false),
    )
    let text = ''
    for (;;) {
      const next = await reader?.read()
      if (next === undefined || next.done) break
      text += new TextDecoder().decode(next.value)
    }
    expect(text).toContain('data: [DONE]')
    await stopped
  })

  it('says what to do when a port is taken, and leaves nothing behind', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as AddressInfo
    const cwd = newFolder()
    await expect(start(cwd, { argv: ['--port', String(port)] })).rejects.toThrow(
      /something listens there already/,
    )
    await expect(start(cwd, { argv: ['--admin-port', String(port)] })).rejects.toThrow(/--admin-port/)
    // No version, no settings, no state.
    expect(readdirSync(cwd)).toEqual([])
    taken.close()
    expect(await ready((await start(cwd)).gateway)).toBe(200)
  })

  it('says of no version that it serves before anybody can reach it', async () => {
    const { gateway, out } = await start(newFolder())
    gateway.telemetry.flushLines()
    expect(out()).toContain('version 1.1 is in force')
    expect(out()).not.toContain('serves')
  })

  it('has its state directory to itself', async () => {
    const cwd = newFolder()
    await start(cwd)
    await expect(start(cwd)).rejects.toMatchObject({ code: 'store.locked' })
  })

  it('reads settings and secrets again when it is told to', async () => {
    const cwd = newFolder()
    const secret = join(cwd, 'key')
    writeFileSync(secret, 'first-key-value\n')
    const settings = `providers:\n  real: { kind: openai, credential: "\${file:${secret}}", baseUrl: "http://127.0.0.1:9" }\n`
    writeFileSync(join(cwd, 'changeover.yaml'), settings)
    const { gateway, out } = await start(cwd)
    writeFileSync(secret, 'second-key-value\n')
    await gateway.reread()
    gateway.telemetry.flushLines()
    expect(out()).toContain('secrets have new values')
    expect(out()).not.toContain('key-value')
    expect(gateway.reloader.status().last?.status).not.toBe('rejected')
  })

  it('reads settings behind a URL again too, and need not wait for the next poll', async () => {
    let answer: readonly [status: number, text: string] = [200, simulated(1, 1_000)]
    const site = createHttpServer((_, response) => response.writeHead(answer[0]).end(answer[1]))
    await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
    const { port } = site.address() as AddressInfo
    const { gateway, out } = await start(newFolder(), { argv: ['--poll', `http://127.0.0.1:${port}/a.yaml`] })
    answer = [500, 'no leader']
    await gateway.reread()
    gateway.telemetry.flushLines()
    expect(out()).toContain('could not be read')
    const trouble = () => gateway.reloader.status().handles.map((it) => it.trouble?.code ?? null)
    expect([trouble(), gateway.reloader.isStale()]).toEqual([['handle.read_failed'], true])
    expect(gateway.reloader.current()?.version).toBe('1.1')
    answer = [200, simulated(2, 1_000)]
    await gateway.reread()
    expect(gateway.reloader.current()?.version).toBe('1.2')
    expect([trouble(), gateway.reloader.isStale()]).toEqual([[null], false])
    expect(gateway.reloader.status().last).toMatchObject({ trigger: 'signal', actor: 'signal:SIGHUP' })
    site.closeAllConnections()
    await new Promise((resolve) => site.close(resolve))
  })

  it('follows a directory', async () => {
    const cwd = newFolder()
    const conf = join(cwd, 'conf')
    mkdirSync(conf)
    writeFileSync(join(conf, 'a.yaml'), simulated(1, 1_000))
    writeFileSync(join(conf, 'b.yaml'), 'routes:\n  chat: { targets: [{ model: small }] }\n')
    const { gateway } = await start(cwd, { argv: ['--settings', 'conf'] })
    expect((await chat(gateway, 'chat')).status).toBe(200)
    expect(existsSync(join(cwd, 'changeover.yaml'))).toBe(false)
  })
})
