/** A gateway that takes a version back by itself when something stops answering while that version is on trial. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PrepareInput, RolloutStatus } from '@changeover/reload'
import { ManualClock } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RecordingTelemetry } from '../server/test-gateway.ts'
import { readFlags } from './flags.ts'
import { type Running, run } from './run.ts'
import { openUptime } from './watch-trials.ts'

let cwd: string
let file: string
let gateway: Running | null
let probed: { server: Server; url: string; status: number; asked: number }

beforeEach(async () => {
  gateway = null
  cwd = mkdtempSync(join(tmpdir(), 'changeover-uptime-'))
  file = join(cwd, 'changeover.json')
  const server = createServer((_, response) => {
    probed.asked += 1
    response.writeHead(probed.status).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  probed = {
    server,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    status: 200,
    asked: 0,
  }
})
afterEach(async () => {
  await gateway?.stop({ drainMs: 0 })
  probed.server.closeAllConnections()
  probed.server.close()
  rmSync(cwd, { recursive: true, force: true })
})

const settings = (firstTokenMs: number, { bakeMs, probes = {} }: { bakeMs: number; probes?: object }) =>
  JSON.stringify({
    providers: { sim: { kind: 'simulated', simulate: { firstTokenMs, tokens: 1 } } },
    models: { a: { provider: 'sim' } },
    rollout: { observe: { bakeMs } },
    probes,
  })

async function start(text: string): Promise<Running> {
  writeFileSync(file, text)
  const answer = readFlags(['--port', '0', '--admin-port', '0', '--settings', file])
  if (answer.kind !== 'run') throw new Error(answer.kind)
  const output = { write: () => true }
  gateway = await run({ flags: answer.flags, cwd, env: {}, stdout: output, stderr: output })
  await vi.waitFor(() => expect(gateway?.reloader.status().state).toBe('idle'), 10_000)
  return gateway
}

const inForce = ({ reloader }: Running) => reloader.current()?.version

async function offer(running: Running, text: string): Promise<void> {
  writeFileSync(file, text)
  await running.reread()
}

const probes = () => ({ upstream: { url: probed.url, everyMs: 100, failures: 2 } })

describe('a version at once, whose probe begins to fail while it is observed', () => {
  it('goes back by itself, says why, and is not tried again', async () => {
    const running = await start(settings(0, { bakeMs: 600_000, probes: probes() }))
    expect(probed.asked).toBe(0)
    await offer(running, settings(1, { bakeMs: 600_000, probes: probes() }))
    await vi.waitFor(() => expect(inForce(running)).toBe('1.2'), 10_000)
    await vi.waitFor(() => expect(probed.asked).toBeGreaterThan(3), 10_000)
    expect(inForce(running)).toBe('1.2')

    probed.status = 500
    await vi.waitFor(() => expect(inForce(running)).toBe('1.1'), 10_000)
    const { reloader } = running
    expect(reloader.rollout()).toMatchObject({
      state: 'rolled_back',
      reason: 'version 1.2 was taken back: probe:upstream',
    })
    expect(reloader.status().quarantine).toMatchObject([{ version: '1.2', reason: 'probe:upstream' }])
    const audit = await vi.waitFor(async () => {
      const lines = await reloader.audit()
      expect(lines.map((it) => it.event)).toContain('config.reload.rolled_back')
      return lines
    }, 10_000)
    expect(audit.find((it) => it.event === 'config.reload.rolled_back')).toMatchObject({
      reason: 'observe.regressed',
    })

    await running.reread()
    await vi.waitFor(async () => {
      const last = (await reloader.audit({ limit: 1 }))[0]
      expect(last).toMatchObject({ event: 'config.reload.skipped', reason: 'quarantined' })
    }, 10_000)
    expect(inForce(running)).toBe('1.1')
  })

  it('cannot take the probe away that is to judge it', async () => {
    const running = await start(settings(0, { bakeMs: 600_000, probes: probes() }))
    await offer(running, settings(1, { bakeMs: 600_000 }))
    await vi.waitFor(() => expect(inForce(running)).toBe('1.2'), 10_000)
    probed.status = 500
    await vi.waitFor(() => expect(inForce(running)).toBe('1.1'), 10_000)
  })
})

describe('a probe that was failing before', () => {
  it('blames nobody', async () => {
    probed.status = 500
    const upstream = { url: probed.url, everyMs: 100, failures: 1 }
    const running = await start(settings(0, { bakeMs: 300, probes: { upstream } }))
    await offer(running, settings(1, { bakeMs: 300, probes: { upstream } }))
    await vi.waitFor(() => expect(running.reloader.status().confirmed?.version).toBe('1.2'), 10_000)
    expect(probed.asked).toBe(1)
    expect(running.reloader.status().quarantine).toEqual([])
  })
})

describe('a store that cannot be read any more', () => {
  it('takes the version back without it', async () => {
    const running = await start(settings(0, { bakeMs: 600_000 }))
    await offer(running, settings(1, { bakeMs: 600_000 }))
    await vi.waitFor(() => expect(inForce(running)).toBe('1.2'), 10_000)
    const records = join(cwd, '.changeover/reload/records.jsonl')
    expect(readFileSync(records, 'utf8')).not.toBe('')
    rmSync(records)
    mkdirSync(records)
    await vi.waitFor(() => expect(inForce(running)).toBe('1.1'), 20_000)
    expect(running.reloader.status().quarantine).toMatchObject([{ reason: 'store_unreachable' }])
  })
})

describe('the watch of a trial', () => {
  const rollout = (it: Partial<RolloutStatus>) =>
    ({ attempt: 'rl_1', version: '1.2', state: 'running', ...it }) as RolloutStatus
  const about = (more: Partial<PrepareInput> = {}) =>
    ({
      version: '1.2',
      previous: {},
      restores: null,
      signal: new AbortController().signal,
      ...more,
    }) as PrepareInput

  function setUp() {
    const clock = new ManualClock()
    const adminUrl = vi.fn((): string | null => new URL(probed.url).origin)
    const store = { readRecord: async () => null }
    const uptime = openUptime({ clock, telemetry: new RecordingTelemetry(), store, adminUrl })
    let told = (): void => {}
    let now: RolloutStatus | null = null
    const regress = vi.fn(async () => true)
    const stop = uptime.follow({
      rollout: () => now,
      regress,
      subscribe: (listener) => {
        told = () => listener({ at: 0, attempt: '', state: '', version: null, traceId: '' })
        return () => {}
      },
    })
    const move = async (it: RolloutStatus): Promise<void> => {
      now = it
      told()
      await Promise.resolve()
    }
    return { clock, adminUrl, uptime, regress, stop, move }
  }

  it('takes a canary back when our own admin API does not answer any more', async () => {
    const { clock, uptime, regress, move } = setUp()
    await uptime.participant.prepare(about())
    expect(clock.pending).toBe(0)
    probed.status = 503
    await move(rollout({ state: 'running' }))
    await vi.waitFor(async () => {
      await clock.advance(1000)
      expect(regress).toHaveBeenCalledExactlyOnceWith('admin_unreachable', 'admin_unreachable')
    })
    expect(probed.asked).toBeGreaterThanOrEqual(1)
  })

  it('asks only as long as the version is on trial', async () => {
    const { clock, uptime, regress, move, stop } = setUp()
    await uptime.participant.prepare(about())
    await move(rollout({ state: 'running' }))
    await clock.advance(250)
    await vi.waitFor(() => expect(probed.asked).toBe(2))
    await move(rollout({ state: 'complete' }))
    expect(clock.pending).toBe(0)
    await move(rollout({ attempt: 'rl_2', state: 'baking' }))
    await vi.waitFor(() => expect(clock.pending).toBe(2))
    stop()
    expect(clock.pending).toBe(0)
    expect(regress).not.toHaveBeenCalled()
  })

  it.each([
    ['the first version', { previous: null }],
    ['a rollback', { restores: { version: '1.1', digest: 'sha256:0' } }],
  ])('does not look before %s', async (_, more) => {
    const { uptime, clock } = setUp()
    const part = await uptime.participant.prepare(about(more))
    expect(part.well).toEqual([])
    expect([probed.asked, clock.pending]).toEqual([0, 0])
  })

  it('forgets what it knew of a version that is gone', async () => {
    const { uptime, clock, move } = setUp()
    const part = await uptime.participant.prepare(about())
    expect(part.well.map((it) => it.name)).toEqual(['admin', 'store'])
    await uptime.participant.release?.(part)
    await move(rollout({ state: 'running' }))
    expect(clock.pending).toBe(0)
  })
})
