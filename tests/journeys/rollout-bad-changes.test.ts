/**
 * Changes that are wrong, each in its own way, each put out under load to five of a hundred tenants: the gateway takes
 * each back by itself, and says how many requests suffered, how long it took, and in which trace all of it can be
 * found. And one that is right, which goes on to everybody.
 */
import type { Rollout } from '@changeover/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from './rig/gateway.ts'
import { type MoodyProvider, startMoodyProvider } from './rig/rollout/moody-provider.ts'
import { type Answer, hashOf, keyOf, TENANTS, TenantLoad } from './rig/rollout/tenant-load.ts'
import { toYaml } from './rig/settings-text.ts'
import { until } from './rig/until.ts'

const tenants = (key: (tenant: string) => string, more = {}) =>
  Object.fromEntries(TENANTS.map((it) => [it, { keys: { bot: { hash: hashOf(key(it)) } }, ...more }]))

const price = (usd: number) => ({ prices: [{ input: usd, output: usd * 3 }] })

const settings = (url: string): string =>
  toYaml({
    providers: { moody: { kind: 'openai-compatible', baseUrl: url } },
    models: {
      usual: { provider: 'moody' },
      slow: { provider: 'moody' },
      dead: { provider: 'moody' },
      other: { provider: 'moody' },
    },
    catalogue: { 'openai-compatible/usual': price(1), 'openai-compatible/other': price(1) },
    contexts: { 'bot@1.0.0': { prompt: 'You are kind.' } },
    routes: { chat: { targets: [{ model: 'usual' }], context: 'bot@^1', retries: { attempts: 1 } } },
    limits: { usual: { requests: 10_000, perMs: 1000 } },
    tenants: tenants(keyOf, { limit: 'usual' }),
    rollout: {
      observe: { bakeMs: 100 },
      // No test may fail by chance: a good change is taken back once in a million runs.
      analysis: { everyMs: 250, falseAlarms: 0.000_001 },
    },
  })

interface BadChange {
  readonly name: string
  readonly change: object
  /** What it shows in. */
  readonly measure: RegExp
  readonly suffered: (it: Answer) => boolean
}

/** Out after a handful of requests, before there is anything to compare. */
const AT_ONCE = /taken back at once/

const failed = (it: Answer): boolean => it.status >= 400
const answered = (): boolean => true

const badChanges: readonly BadChange[] = [
  {
    name: 'a prompt that raises refusals',
    change: { contexts: { 'bot@1.1.0': { prompt: 'You are strict.' } } },
    measure: /refusal_rate/,
    suffered: (it) => it.refused,
  },
  {
    name: 'a route to a slower model',
    change: { routes: { chat: { targets: [{ model: 'slow' }] } } },
    measure: /latency_ms/,
    suffered: answered,
  },
  {
    name: 'a limit that is too low',
    change: { limits: { usual: { requests: 1, perMs: 60_000 } } },
    measure: AT_ONCE,
    suffered: failed,
  },
  {
    name: 'keys that are taken away',
    change: { tenants: tenants((it) => `another-${it}`) },
    measure: AT_ONCE,
    suffered: failed,
  },
  {
    name: 'a price that is wrong',
    change: { catalogue: { 'openai-compatible/usual': price(10) } },
    measure: /cost_micro_usd/,
    suffered: answered,
  },
  {
    name: 'a provider that answers 500',
    change: { routes: { chat: { targets: [{ model: 'dead' }] } } },
    measure: AT_ONCE,
    suffered: failed,
  },
  {
    name: 'a template that nobody fills',
    change: {
      contexts: {
        'bot@1.1.0': { prompt: 'You are kind to {{name}}.', variables: { name: {} } },
      },
    },
    measure: AT_ONCE,
    suffered: failed,
  },
]

let provider: MoodyProvider
let gateway: Gateway

beforeAll(async () => {
  provider = await startMoodyProvider()
  gateway = await Gateway.start({ settings: settings(provider.url) })
}, 60_000)
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  provider?.[Symbol.dispose]()
})

async function rollOut(change: object, steps: string): Promise<Rollout> {
  const response = await gateway.ask(`/v1/settings?by=tenant&steps=${encodeURIComponent(steps)}&force=true`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify(change),
  })
  expect(response.status, await response.text()).toBe(200)
  return await shown()
}

async function shown(): Promise<Rollout> {
  const { rollout } = await gateway.admin.ask('readRollout')
  if (rollout === null) throw new Error('there is no rollout')
  return rollout
}

/** The rollout when it has come into one of these states. */
async function endOf(version: string, states: readonly string[]): Promise<Rollout> {
  const ended = async () => {
    const it = await shown()
    return it.version === version && states.includes(it.state) ? it : null
  }
  return await until(ended, { what: `${states.join(' or ')} of ${version}`, timeoutMs: 120_000, everyMs: 50 })
}

describe('a canary of five of a hundred tenants, under load', () => {
  it.each(badChanges)(
    'takes back $name',
    { timeout: 180_000 },
    async ({ name, change, measure, suffered }) => {
      await using load = new TenantLoad(gateway)
      const begun = await rollOut(change, '5%')
      const ended = await endOf(begun.version, ['rolled_back', 'complete'])
      expect(ended.state).toBe('rolled_back')
      expect(`${ended.reason}`).toMatch(measure)

      const tried = load.under(begun.version)
      const took = (Date.parse(ended.since) - Date.parse(begun.since)) / 1000
      const hurt = tried.filter(suffered).length
      const traces = (await gateway.admin.ask('readReload', { params: { attempt: begun.attempt } })).traceId
      console.log(
        `${name}: ${hurt} of ${load.answers.length} requests suffered, verdict after ${took.toFixed(1)} s (${ended.reason}), trace ${traces}`,
      )
      expect(hurt).toBeGreaterThan(0)
      // Nobody outside the canary noticed anything, and no more than some of a hundred were in it.
      expect(load.answers.filter((it) => it.version !== begun.version && (failed(it) || it.refused))).toEqual(
        [],
      )
      expect(new Set(tried.map((it) => it.tenant)).size).toBeLessThan(TENANTS.length / 5)
      expect(ended.traceId).toBe(traces)
      const status = await gateway.admin.ask('readStatus')
      expect(status.quarantine.map((it) => it.version)).toContain(begun.version)
      await gateway.idle()
    },
  )

  it('goes on to everybody when a change is good', { timeout: 180_000 }, async () => {
    await using load = new TenantLoad(gateway)
    const change = { routes: { chat: { targets: [{ model: 'other' }] } } }
    const begun = await rollOut(change, '10%:500ms,50%:500ms')
    const ended = await endOf(begun.version, ['complete', 'rolled_back'])
    expect(ended.state, `${ended.reason}`).toBe('complete')
    expect(ended.history.map((it) => it.share).filter((it, i, all) => it !== all[i - 1])).toEqual([
      0.1, 0.5, 1,
    ])
    expect(load.answers.filter(failed)).toEqual([])
  })
})
