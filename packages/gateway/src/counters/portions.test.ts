import { randomUUID } from 'node:crypto'
import { ManualClock, type ServerProcess } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Claim, Left, Short } from '../contract/counters.ts'
import { countsUnder, LiveCounts } from './live-counts.ts'
import { KEPT_MS } from './portions.ts'
import type { SharedCounts } from './shared-counts.ts'
import { bucket, place, total } from './test-claims.ts'
import { openShared, ownCounts, serverKinds } from './test-servers.ts'

const timeoutMs = 10_000
const numbers = {
  mode: 'leased',
  portion: 0.1,
  onUnreachable: 'refuse',
  localShare: 0.1,
  timeoutMs,
} as const

const isTaken = (it: Left | Short): boolean => !('short' in it)

describe.each(serverKinds)('portions of counts in $called', (kind) => {
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

  /** Portions are kept by a clock that stands still, while the connections go by the machine's. */
  async function processes(count: number) {
    const clock = new ManualClock()
    const at = { url: server.url, prefix: `t${randomUUID().replaceAll('-', '')}` }
    const opened = await Promise.all(Array.from({ length: count }, () => openShared(kind, at)))
    const lives = opened.map((it) => new LiveCounts('shared', it, { clock, own: ownCounts() }))
    onTestFinished(async () => {
      await Promise.all(lives.map((it) => it.close()))
    })
    const stores = lives.map((it) => countsUnder(it, numbers))
    return { clock, lives, stores, shared: opened[0] as SharedCounts }
  }

  const used = async (shared: SharedCounts, claim: Claim): Promise<number> => {
    const [it = -1] = await shared.read([claim], timeoutMs)
    return it
  }

  it('answer at once from what was taken in advance', async () => {
    const { stores, lives, shared } = await processes(1)
    const store = stores[0]
    await store?.take([total(1000)], 0)
    expect(await store?.take([total(1000)], 0)).toEqual({ left: [998] })
    expect(lives[0]?.health.held).toBe(98)
    expect(await used(shared, total(1000))).toBe(100)
    expect(store?.take([total(1000), total(1000)], 0)).toEqual({ left: [996, 996] })
    expect(await used(shared, total(1000))).toBe(100)
  })

  it('never overdraw a total, and leave out no more than other processes hold', async () => {
    const { clock, lives, stores, shared } = await processes(4)
    const most = 1000
    let through = 0
    const caller = async (i: number): Promise<void> => {
      while (
        isTaken((await stores[i % 4]?.take([total(most)], 0)) ?? { short: 0, retryAfterMs: 0, left: [] })
      )
        through += 1
    }
    await Promise.all(Array.from({ length: 40 }, (_, i) => caller(i)))
    const held = lives.reduce((sum, it) => sum + it.health.held, 0)
    expect(through + held).toBe(most)
    expect(await used(shared, total(most))).toBe(most)
    // What nobody used comes back, and then everything can be had.
    await clock.advance(2 * KEPT_MS)
    await Promise.all(lives.map((it) => it.shared.settled()))
    expect(await used(shared, total(most))).toBe(through)
    await Promise.all(Array.from({ length: 40 }, (_, i) => caller(i)))
    const rest = lives.reduce((sum, it) => sum + it.health.held, 0)
    expect(through + rest).toBe(most)
  })

  it('stay counted when their process is killed, and go back when it ends', async () => {
    const { lives, stores, shared } = await processes(3)
    for (const i of [1, 2]) {
      await stores[i]?.take([total(1000)], 0)
      await stores[i]?.take([total(1000)], 0)
    }
    const [killed, ended] = [lives[1]?.health.held ?? 0, lives[2]?.health.held ?? 0]
    expect(Math.min(killed, ended)).toBeGreaterThan(0)
    expect(await used(shared, total(1000))).toBe(4 + killed + ended)
    await lives[2]?.close()
    expect(await used(shared, total(1000))).toBe(4 + killed)
  })

  it('are of some counts, and places of the server: all or nothing', async () => {
    const { stores, lives, shared } = await processes(1)
    const store = stores[0]
    const claims = (holder: string): Claim[] => [total(1000), place(1, holder), bucket(500)]
    expect(await store?.take(claims('a'), 0)).toMatchObject({ left: [999, 0, expect.closeTo(499, 1)] })
    const heldBefore = lives[0]?.health.held
    expect(await store?.take(claims('b'), 0)).toMatchObject({ short: 1, retryAfterMs: 1000 })
    const [calls, rate] = await shared.read([total(1000), bucket(500)], timeoutMs)
    // All that was taken beyond the one call is held.
    expect((calls ?? 0) + (rate ?? 0)).toBeCloseTo(2 + (lives[0]?.health.held ?? 0), 1)
    expect(heldBefore).toBe(0)
  })

  it('of a bucket are not used after it has drained', async () => {
    const { clock, stores, lives, shared } = await processes(1)
    const store = stores[0]
    for (let i = 0; i < 2; i += 1) await store?.take([bucket(100)], 0)
    const held = lives[0]?.health.held ?? 0
    expect(held).toBeGreaterThan(0)
    await clock.advance(KEPT_MS)
    await lives[0]?.shared.settled()
    expect(lives[0]?.health.held).toBe(0)
    expect(await used(shared, bucket(100))).toBeCloseTo(2, 1)
  })

  it('take what a call did not use, and give what it used beyond', async () => {
    const { clock, stores, lives, shared } = await processes(1)
    const store = stores[0]
    const claim = total(1000, { amount: 100 })
    await store?.take([claim], 0)
    await store?.correct([{ claim, by: -60 }], 0)
    expect(lives[0]?.health.held).toBe(60)
    await store?.correct([{ claim, by: 50 }], 0)
    expect(lives[0]?.health.held).toBe(10)
    await clock.advance(2 * KEPT_MS)
    await lives[0]?.shared.settled()
    expect(await used(shared, claim)).toBe(90)
    await store?.correct([{ claim, by: 2000 }], 0)
    await lives[0]?.shared.settled()
    expect(await used(shared, claim)).toBe(2090)
  })

  it('of a count that is overdrawn are none, also for a call that claims nothing', async () => {
    const { stores, shared } = await processes(1)
    const store = stores[0]
    shared.correct([{ claim: total(10), by: 11 }])
    await shared.settled()
    expect(await store?.take([total(10, { amount: 0 })], 0)).toMatchObject({ short: 0, left: [0] })
    expect(await store?.take([total(12, { amount: 0 })], 0)).toEqual({ left: [1] })
  })

  it('go on while the server is away until they are used up, and then refuse', async () => {
    const { stores, lives } = await processes(1)
    const store = stores[0]
    for (let i = 0; i < 2; i += 1) await store?.take([total(1000)], 0)
    await server.kill()
    await vi.waitFor(() => expect(lives[0]?.health.state).toBe('down'))
    onTestFinished(() => server.start())
    for (let held = lives[0]?.health.held ?? 0; held > 0; held -= 1) {
      expect(isTaken((await store?.take([total(1000)], 0)) as Left)).toBe(true)
    }
    await expect(store?.take([total(1000)], 0)).rejects.toMatchObject({ code: 'counters.unreachable' })
  })

  it('count on up to a share of their own while the server is away, and tell it afterwards', async () => {
    const { lives } = await processes(4)
    const local = { ...numbers, mode: 'exact', onUnreachable: 'local', localShare: 0.05 } as const
    const stores = lives.map((it) => countsUnder(it, local))
    const most = 1000
    const claim = (): Claim => total(most)
    await server.kill()
    await vi.waitFor(() => expect(lives.every((it) => it.health.state === 'down')).toBe(true))
    let through = 0
    const exhaust = async (): Promise<void> => {
      for (const store of stores) while (isTaken(await store.take([claim()], 0))) through += 1
    }
    await exhaust()
    expect(through).toBe(4 * 0.05 * most)
    await server.start()
    await vi.waitFor(() => expect(lives.every((it) => it.shared.isUp)).toBe(true), { timeout: timeoutMs })
    await Promise.all(lives.map((it) => it.shared.settled()))
    expect(await used(lives[0]?.shared as SharedCounts, total(most))).toBe(through)
    // Another outage in the same period gives nothing anew.
    await server.kill()
    await vi.waitFor(() => expect(lives.every((it) => it.health.state === 'down')).toBe(true))
    await exhaust()
    expect(through).toBe(4 * 0.05 * most)
    await server.start()
    await vi.waitFor(() => expect(lives.every((it) => it.shared.isUp)).toBe(true), { timeout: timeoutMs })
  })

  it('keep the places of calls that go on, and none of those that are over', async () => {
    const { clock, stores, lives, shared } = await processes(2)
    const [goesOn, isOver] = [place(5, 'on'), place(5, 'over')]
    for (const it of [goesOn, isOver]) await stores[0]?.take([it], 0)
    await stores[0]?.correct([{ claim: isOver, by: -1 }], 0)
    await shared.settled()
    // As if its lease had ended: what is renewed is there again.
    lives[1]?.shared.correct([{ claim: goesOn, by: -1 }])
    await lives[1]?.shared.settled()
    expect(await used(shared, place(5, ''))).toBe(0)
    await clock.advance(goesOn.leaseMs / 3)
    await vi.waitFor(async () => expect(await used(shared, place(5, ''))).toBe(1), { timeout: timeoutMs })
    await stores[0]?.correct([{ claim: goesOn, by: -1 }], 0)
    await shared.settled()
    await clock.advance(goesOn.leaseMs)
    expect(lives[0]?.places.size).toBe(0)
    expect(await used(shared, place(5, ''))).toBe(0)
  })
})
