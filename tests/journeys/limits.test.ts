/**
 * A budget for exactly so many calls, and 200 callers who want all of it at once: how many are let through while the
 * settings are reloaded all the time, entries change their names, routes move, and the gateway is started again.
 */
import type { FakeProvider } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { callsSeen, callUntilSpent, startMoodyCounter } from './rig/budget-load.ts'
import { Gateway } from './rig/gateway.ts'
import { type Tree, toYaml } from './rig/settings-text.ts'
import { hashOfKey } from './rig/tenants.ts'
import { pause, until } from './rig/until.ts'

const CALLERS = 200
const MOST = 1500
const KEYS = ['key-of-a', 'key-of-b', 'key-of-c']
/** A provider that fails now and then is asked all the same. */
const BREAKER = { failures: 16, openMs: 1, maxOpenMs: 1 }
const PLENTY = { requests: 1_000_000, perMs: 1000 }

const settingsFor = (provider: FakeProvider): Tree => ({
  // Whatever the provider does, no version is taken back for it.
  rollout: { observe: { bakeMs: 0 } },
  limits: { plenty: PLENTY, 'at-once': { concurrent: 10_000 } },
  budgets: {
    calls: { calls: MOST, period: 'total' },
    money: { usd: 1_000_000, period: 'month' },
  },
  tenants: {
    acme: {
      limits: ['at-once'],
      budgets: ['calls', 'money'],
      keys: Object.fromEntries(KEYS.map((it, i) => [`k${i}`, { hash: hashOfKey(it), limit: 'plenty' }])),
    },
  },
  catalogue: { 'openai-compatible/m': { prices: [{ input: 2, output: 10 }] } },
  providers: { own: { kind: 'openai-compatible', baseUrl: `${provider.origin}/v1` } },
  models: {
    m: { provider: 'own', breaker: BREAKER },
    other: { provider: 'own', model: 'm', breaker: BREAKER },
  },
  routes: { chat: { targets: [{ model: 'm' }], retries: { attempts: 2, baseMs: 1, maxMs: 1 } } },
})

/** What a reload may change without giving a call back. The entry of the budget has another name each time. */
const changeAt = (i: number): object => ({
  budgets: { [`calls-${i}`]: { calls: MOST, period: 'total' }, [`calls-${i - 1}`]: null },
  tenants: { acme: { budgets: [`calls-${i}`, 'money'] } },
  limits: { plenty: { requests: 1_000_000 + i } },
  routes: { chat: { targets: [{ model: i % 2 === 0 ? 'm' : 'other' }], timeouts: { totalMs: 60_000 + i } } },
})

describe('a budget for exactly so many calls', () => {
  let provider: FakeProvider
  let gateway: Gateway
  beforeAll(async () => {
    provider = await startMoodyCounter(20 * MOST)
    gateway = await Gateway.start({ settings: toYaml(settingsFor(provider)) })
  }, 60_000)
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]()
    await provider.close()
  })

  const standing = async () => {
    const { counts } = await gateway.admin.ask('listLimits', { query: { tenant: 'acme' } })
    return new Map(counts.filter((it) => it.kind === 'tenant').map((it) => [it.counts, it]))
  }

  it('lets exactly as many through, whoever leaves, whatever fails, however often settings change', async () => {
    let reloads = 0
    const state = { isOver: false }
    const calls = callUntilSpent(gateway, CALLERS, KEYS).finally(() => {
      state.isOver = true
    })
    while (!state.isOver) {
      reloads += 1
      const answer = await gateway.patch(changeAt(reloads))
      expect([answer.status, await answer.text()]).toEqual([200, expect.anything()])
      await Promise.race([calls, pause(250)])
    }
    const told = await calls
    // Whoever left before the provider was asked has given his call back, for somebody else.
    await until(async () => (await standing()).get('concurrent')?.used === 0, { what: 'calls that are over' })
    await callUntilSpent(gateway, CALLERS, KEYS)
    await until(async () => (await standing()).get('concurrent')?.used === 0, { what: 'calls that are over' })
    expect(callsSeen(provider)).toBe(MOST)
    expect((await standing()).get('calls')).toMatchObject({ used: MOST, left: 0, most: MOST })
    expect(told.spent).toBe(CALLERS)
    expect(reloads).toBeGreaterThan(1)
    expect(told.versions.size).toBeGreaterThan(1)
    expect([...told.others.keys()].filter((it) => !it.startsWith('50'))).toEqual([])
  })

  it('has counted the money that the records add up to', async () => {
    const used = (await standing()).get('usd')?.used ?? 0
    expect(used).toBeGreaterThan(0)
    await until(async () => (await costOfRecords(gateway)) === used, {
      what: 'records that cost as much',
      timeoutMs: 20_000,
    })
  })

  it('is shown by the command line', async () => {
    const { code, text } = await gateway.command(['limits', 'acme'])
    expect([code, text]).toEqual([
      0,
      expect.stringMatching(/^tenant acme +budget calls-\d+ +calls +1500 +0 +1500 +total$/m),
    ])
    expect(text).toMatch(
      /^tenant acme +budget money +USD +0\.\d{4} +999999\.\d{4} +1000000\.0000 +month, until /m,
    )
    expect(text).toMatch(/^key acme\/k0 +limit plenty +requests /m)
    const json = JSON.parse((await gateway.command(['limits', 'nobody', '--json'])).text) as {
      counts: unknown[]
    }
    expect(json.counts).toEqual([])
  })

  it('is spent for every key, by every route, also after a restart', async () => {
    const ask = async (key: string, model: string) =>
      (
        await gateway.chat(
          { model, messages: [{ role: 'user', content: 'hi' }] },
          { authorization: `Bearer ${key}` },
        )
      ).status
    expect(
      await Promise.all(KEYS.flatMap((it) => [ask(it, 'chat'), ask(it, 'm'), ask(it, 'other')])),
    ).toEqual(Array.from({ length: 9 }, () => 402))
    await gateway.stop()
    await gateway.again()
    expect(await ask(KEYS[0] ?? '', 'chat')).toBe(402)
    expect((await standing()).get('calls')).toMatchObject({ used: MOST, left: 0 })
    expect(callsSeen(provider)).toBe(MOST)
  })
})

/** In micro-dollars, over all records. */
async function costOfRecords(gateway: Gateway): Promise<number> {
  let [sum, cursor] = [0, '']
  for (;;) {
    const query = { limit: 500, ...(cursor === '' ? {} : { cursor }) }
    const page = await gateway.admin.ask('listCalls', { query })
    for (const it of page.calls) sum += it.costMicroUsd ?? 0
    if (page.next === null) return sum
    cursor = page.next
  }
}
