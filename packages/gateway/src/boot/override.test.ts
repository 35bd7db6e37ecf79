/** Temporary overrides of settings that are not ours to write. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readFlags } from './flags.ts'
import { type Running, run } from './run.ts'

const textOf = (weight: number): string => `
providers:
  sim: { kind: simulated, simulate: { firstTokenMs: 0 } }
models:
  a: { provider: sim }
  b: { provider: sim }
routes:
  chat: { targets: [{ model: a, weight: ${weight} }, { model: b, weight: 1 }] }
rollout:
  observe: { bakeMs: 0 }
`

let cwd: string
let published = textOf(1)
let server: Server
let gateway: Running

async function start(): Promise<void> {
  const { port } = server.address() as AddressInfo
  const answer = readFlags(['--port', '0', '--admin-port', '0', '--poll', `http://127.0.0.1:${port}/c.yaml`])
  if (answer.kind !== 'run') throw new Error(answer.kind)
  const output = { write: () => true }
  gateway = await run({ flags: answer.flags, cwd, env: {}, stdout: output, stderr: output })
  // What has not been written down as confirmed yet counts as observed.
  await vi.waitFor(() => expect(gateway.reloader.status().state).toBe('idle'), 10_000)
}

beforeEach(async () => {
  cwd = mkdtempSync(join(tmpdir(), 'changeover-override-'))
  published = textOf(1)
  server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/yaml')
    // Asked for again each second.
    response.setHeader('cache-control', 'max-age=1')
    response.end(published)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  await start()
})
afterEach(async () => {
  await gateway.stop({ drainMs: 0 })
  server.close()
  server.closeAllConnections()
  rmSync(cwd, { recursive: true, force: true })
})

async function admin(method: string, path: string, body?: unknown) {
  const response = await fetch(`${gateway.adminUrl}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${gateway.adminToken.token}`,
      'content-type': path.startsWith('/v1/rollback') ? 'application/json' : 'application/json-patch+json',
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const weigh = (value: number) => [{ op: 'replace', path: '/routes/chat/targets/0/weight', value }]
const weight = () => gateway.reloader.current()?.settings['routes']?.['chat']

describe('settings that are polled', () => {
  it('are changed where they are, or for a time, which ends by itself', async () => {
    const refused = await admin('PATCH', '/v1/settings', weigh(7))
    expect(refused).toMatchObject({ status: 409, body: { code: 'settings.read_only' } })
    expect(refused.body['detail']).toContain('override')

    const taken = await admin('PATCH', '/v1/settings?override=1h&reason=a%20look', weigh(7))
    const override = { version: '1.2', back: '1.1', author: 'admin', reason: 'a look' }
    expect(taken).toMatchObject({ status: 200, body: { version: '1.2', override } })
    expect(taken.body).not.toHaveProperty('file')
    expect(weight()).toMatchObject({ targets: [{ weight: 7 }, {}] })
    expect((await admin('GET', '/v1/status')).body).toMatchObject({ override })
    expect((await admin('GET', '/v1/settings')).body).toMatchObject({ override, version: '1.2' })
    expect((await admin('GET', '/v1/versions')).body).toMatchObject({
      versions: [{ roles: expect.arrayContaining(['applied', 'override']) }, { roles: ['baseline'] }],
    })
    expect((await admin('GET', '/v1/audit')).body).toMatchObject({
      lines: expect.arrayContaining([expect.objectContaining({ source: 'override:PATCH /v1/settings' })]),
    })

    expect(await admin('PATCH', '/v1/settings?override=1s', weigh(8))).toMatchObject({ status: 200 })
    await vi.waitFor(() => expect(weight()).toMatchObject({ targets: [{ weight: 1 }, {}] }), 20_000)
    expect((await admin('GET', '/v1/status')).body).toMatchObject({
      override: null,
      applied: { version: '1.1' },
    })
    expect((await gateway.reloader.audit()).at(-1)).toMatchObject({ trigger: 'ttl', reason: 'reload.ttl' })
  })

  it('may say the same as an override that is over, and the same override may come again', async () => {
    for (const _ of [1, 2]) {
      expect(await admin('PATCH', '/v1/settings?override=1s', weigh(7))).toMatchObject({ status: 200 })
      await vi.waitFor(() => expect(weight()).toMatchObject({ targets: [{ weight: 1 }, {}] }), 20_000)
    }
    published = textOf(7)
    await vi.waitFor(() => expect(weight()).toMatchObject({ targets: [{ weight: 7 }, {}] }), 60_000)
    expect((await admin('GET', '/v1/status')).body).toMatchObject({ override: null })
  }, 90_000)

  it('are back when the gateway starts again', async () => {
    await admin('PATCH', '/v1/settings?override=1h', weigh(7))
    expect(weight()).toMatchObject({ targets: [{ weight: 7 }, {}] })
    await gateway.stop({ drainMs: 0 })
    await start()
    expect(weight()).toMatchObject({ targets: [{ weight: 1 }, {}] })
    expect((await admin('GET', '/v1/status')).body).toMatchObject({ override: null })
  })

  it('can be looked at first, and are left alone by what is no time', async () => {
    const plan = await admin('POST', '/v1/plan?override=1h', weigh(7))
    expect(plan).toMatchObject({
      status: 200,
      body: { ok: true, words: [expect.stringContaining('1 -> 7')] },
    })
    const wrong = await admin('PATCH', '/v1/settings?override=soon', weigh(7))
    expect(wrong).toMatchObject({ status: 400, body: { code: 'control.bad_request' } })
    expect(gateway.reloader.current()?.version).toBe('1.1')
  })
})

describe('an override', () => {
  it('is not made of what is still observed', async () => {
    const { promise, resolve } = Promise.withResolvers<string>()
    const stop = gateway.reloader.subscribe((it) => {
      if (it.state === 'observing' && it.version !== null) resolve(it.version)
    })
    published = textOf(3).replace('bakeMs: 0', 'bakeMs: 600000')
    const version = await promise
    stop()
    expect(await admin('PATCH', '/v1/settings?override=1h', weigh(7))).toMatchObject({
      status: 409,
      body: { code: 'settings.observed' },
    })
    await gateway.reloader.confirm(version)
    expect(await admin('PATCH', '/v1/settings?override=1h', weigh(7))).toMatchObject({
      status: 200,
      body: { override: { back: version } },
    })
    // Upon another one: its time counts for both.
    expect(await admin('PATCH', '/v1/settings?override=2h', weigh(8))).toMatchObject({
      status: 200,
      body: { override: { back: version } },
    })
  }, 90_000)

  it('gives way to a rollback', async () => {
    await admin('PATCH', '/v1/settings?override=1h', weigh(7))
    expect(await admin('POST', '/v1/rollback', {})).toMatchObject({ status: 200, body: { version: '1.3' } })
    expect(weight()).toMatchObject({ targets: [{ weight: 1 }, {}] })
    expect((await admin('GET', '/v1/status')).body).toMatchObject({ override: null })
  })
})
