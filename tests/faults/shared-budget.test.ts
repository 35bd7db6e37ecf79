/**
 * One budget, four gateway processes, 200 callers at once: who is let through, with reloads, streams, callers who leave
 * and calls that fail among them, and while the server of the counts, or a gateway, is killed.
 *
 * What was let through is what the provider has counted.
 */
import {
  findPostgres,
  findRedis,
  NO_POSTGRES,
  NO_REDIS,
  type ServerProcess,
  startPostgres,
  startRedis,
} from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CountedFleet } from './rig/counted-fleet.ts'

const CALLERS = 200

const servers = [
  {
    called: 'Redis',
    absent: findRedis() === null ? NO_REDIS : null,
    start: () => startRedis(),
    storeAt: (url: string, prefix: string) => ({ redis: { url }, prefix }),
  },
  {
    called: 'PostgreSQL',
    absent: findPostgres() === null ? NO_POSTGRES : null,
    start: startPostgres,
    storeAt: (url: string, prefix: string) => ({ postgres: { url }, prefix }),
  },
]

let fleet: CountedFleet
beforeAll(async () => {
  if (servers.some((it) => it.absent === null)) fleet = await CountedFleet.start()
}, 240_000)
afterAll(async () => {
  await fleet?.[Symbol.asyncDispose]()
})

describe.each(servers)('a budget that four gateways share through $called', (kind) => {
  if (kind.absent !== null) {
    it('needs the server', (context) => context.skip(kind.absent ?? ''))
    return
  }
  let server: ServerProcess
  beforeAll(async () => {
    server = await kind.start()
  }, 60_000)
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  it('lets exactly as many calls through as it says', async () => {
    const most = 1200
    await fleet.begin({ store: kind.storeAt(server.url, 'exact'), most, counters: { timeoutMs: 20_000 } })
    const calls = fleet.callUntilSpent(CALLERS)
    const reloads = await fleet.reloadUntil(calls)
    await calls
    // Whoever left before the provider was asked has given his call back, for somebody else.
    await fleet.settled()
    await fleet.callUntilSpent(CALLERS)
    expect(fleet.others).toEqual([])
    expect(fleet.provider.count).toBe(most)
    expect(fleet.refused).toEqual({ spent: 2 * CALLERS, unreachable: 0 })
    expect(reloads).toBeGreaterThan(1)
    expect(fleet.versions.size).toBeGreaterThan(1)
  })

  it('never lets more through, though the server is killed and started again in the middle', async () => {
    const most = 800
    await fleet.begin({ store: kind.storeAt(server.url, 'killed'), most, counters: { timeoutMs: 1000 } })
    const calls = fleet.callUntilSpent(CALLERS)
    const reloading = fleet.reloadUntil(calls)
    await expect.poll(() => fleet.provider.count, { timeout: 30_000 }).toBeGreaterThan(most / 4)
    await server.kill()
    await expect.poll(() => fleet.refused.unreachable, { timeout: 30_000 }).toBeGreaterThan(CALLERS)
    await server.start()
    await calls
    await reloading
    await fleet.settled()
    expect(fleet.others).toEqual([])
    expect(fleet.provider.count).toBeLessThanOrEqual(most)
    // What was counted and not answered when the server died stays counted: at most a call of each caller.
    expect(fleet.provider.count).toBeGreaterThanOrEqual(most - CALLERS)
    expect(fleet.refused.spent).toBe(CALLERS)
  })

  it('is not overdrawn by portions, and what a killed gateway held is all that is left out', async () => {
    const most = 1000
    const portion = 0.05
    await fleet.begin({
      store: kind.storeAt(server.url, 'leased'),
      most,
      counters: { mode: 'leased', portion, timeoutMs: 20_000 },
    })
    const calls = fleet.callUntilSpent(CALLERS)
    await expect.poll(() => fleet.provider.count, { timeout: 30_000 }).toBeGreaterThan(most / 4)
    await fleet.killOne()
    await calls
    await fleet.settled()
    await fleet.callUntilSpent(CALLERS)
    expect(fleet.others).toEqual([])
    expect(fleet.provider.count).toBeLessThanOrEqual(most)
    // Its portion, and a call of each of its callers that had not come to the provider.
    const lost = most * portion + CALLERS / 2
    expect(fleet.provider.count).toBeGreaterThanOrEqual(most - lost)
  })
})
