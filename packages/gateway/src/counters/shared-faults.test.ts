import { randomUUID } from 'node:crypto'
import type { ServerProcess } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { SharedCounts } from './shared-counts.ts'
import { bucket, place, total } from './test-claims.ts'
import { openShared, serverKinds } from './test-servers.ts'

const PATIENT = 10_000

describe.each(serverKinds)('counts shared through $called', (kind) => {
  if (kind.absent !== null) {
    it('need the server', (context) => context.skip(kind.absent ?? ''))
    return
  }
  let server: ServerProcess
  beforeAll(async () => {
    server = await kind.start()
  }, 60_000)
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  async function processes(count: number): Promise<readonly SharedCounts[]> {
    const place = { url: server.url, prefix: `t${randomUUID().replaceAll('-', '')}` }
    const opened = await Promise.all(Array.from({ length: count }, () => openShared(kind, place)))
    onTestFinished(async () => {
      await Promise.all(opened.map((it) => it.close()))
    })
    return opened
  }

  async function one(): Promise<SharedCounts> {
    const [it] = await processes(1)
    if (it === undefined) throw new Error('no process')
    return it
  }

  const up = (shared: SharedCounts) => vi.waitFor(() => expect(shared.isUp).toBe(true), { timeout: PATIENT })

  it('never let more through than there is, though the server is killed in the middle', async () => {
    const all = await processes(4)
    const most = 500
    let [through, unreachable, asked] = [0, 0, 0]
    const caller = async (from: SharedCounts): Promise<void> => {
      for (;;) {
        asked += 1
        if (asked === 150) {
          await server.kill()
          await vi.waitFor(() => expect(unreachable).toBeGreaterThan(20), { timeout: PATIENT })
          await server.start()
        }
        const answer = await from.take([total(most)], PATIENT).catch(() => null)
        if (answer === null) {
          unreachable += 1
          await up(from)
        } else if ('short' in answer) return
        else through += 1
      }
    }
    await Promise.all(Array.from({ length: 40 }, (_, i) => caller(all[i % 4] as SharedCounts)))
    expect(unreachable).toBeGreaterThan(0)
    expect(through).toBeLessThanOrEqual(most)
    // At most the batches that were under way when it was killed are counted and were not let through.
    expect(through).toBeGreaterThanOrEqual(most - 40)
    const [used] = await (all[0] as SharedCounts).read([total(most)], PATIENT)
    expect(used).toBe(most)
  })

  it('tell what was to be corrected while the server was away, once', async () => {
    const shared = await one()
    const claim = total(1000, { amount: 100 })
    await shared.take([claim], PATIENT)
    await server.kill()
    await vi.waitFor(() => expect(shared.isUp).toBe(false))
    shared.correct([{ claim, by: -30 }])
    shared.correct([{ claim, by: 5 }])
    expect(shared.health.untold).toBe(1)
    await server.start()
    await up(shared)
    await shared.settled()
    expect(await shared.read([claim], PATIENT)).toEqual([75])
    expect(shared.health.untold).toBe(0)
  })

  it('refuse at once while the server is away, and count again when it is back', async () => {
    const shared = await one()
    await server.kill()
    await vi.waitFor(() => expect(shared.isUp).toBe(false))
    await expect(shared.take([total(5)], PATIENT)).rejects.toMatchObject({ code: 'counters.unreachable' })
    await server.start()
    await up(shared)
    expect(await shared.take([total(5)], PATIENT)).toEqual({ left: [4] })
  })

  it('give up on a server that hangs, stop asking it, and give back what it counted after all', async () => {
    const shared = await one()
    server.pause()
    onTestFinished(() => server.resume())
    for (let i = 0; i < 3; i += 1) {
      await expect(shared.take([total(5)], 20)).rejects.toMatchObject({ code: 'counters.unreachable' })
    }
    expect(shared.health.state).toBe('down')
    server.resume()
    await up(shared)
    await vi.waitFor(async () => expect(await shared.read([total(5)], PATIENT)).toEqual([0]), {
      timeout: PATIENT,
    })
  })

  it('end leases of processes that are gone, and renew those that are asked for again', async () => {
    const shared = await one()
    await shared.take([place(1, 'dead', { leaseMs: 50 })], PATIENT)
    await vi.waitFor(
      async () => expect(await shared.take([place(1, 'alive')], PATIENT)).toEqual({ left: [0] }),
      { timeout: PATIENT },
    )
    expect(await shared.take([place(1, 'alive')], PATIENT)).toEqual({ left: [0] })
    expect(await shared.take([place(1, 'other')], PATIENT)).toMatchObject({ short: 0 })
  })

  it('keep money exactly, also beyond what fits into a few digits', async () => {
    const shared = await one()
    const most = 9_000_000_000_000_000
    await shared.take([total(most, { amount: 1_234_567_890_123_456 })], PATIENT)
    await shared.take([total(most, { amount: 1 })], PATIENT)
    expect(await shared.read([total(most)], PATIENT)).toEqual([1_234_567_890_123_457])
  })

  it('keep a bucket that slower numbers refuse for as long as it counts by those', async () => {
    const prefix = `t${randomUUID().replaceAll('-', '')}`
    const shared = await openShared(kind, { url: server.url, prefix })
    onTestFinished(() => shared.close())
    const fast = bucket(10, { amount: 10, rate: 10, perMs: 5000 })
    expect(await shared.take([fast], PATIENT)).toEqual({ left: [0] })
    expect(await kind.keepsMs(server.url, prefix)).toBeLessThan(70_000)
    const slow = bucket(10, { amount: 5, rate: 10, perMs: 3_600_000 })
    expect(await shared.take([slow], PATIENT)).toMatchObject({ short: 0 })
    expect(await kind.keepsMs(server.url, prefix)).toBeGreaterThan(1_800_000)
  })

  it('drop a total some time after its period, and not before', async () => {
    const shared = await one()
    const claim = total(5, { key: 'over', endsMs: Date.now() - 1000 })
    await shared.take([claim], PATIENT)
    expect(await shared.read([claim], PATIENT)).toEqual([1])
  })
})
