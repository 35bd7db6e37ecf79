/**
 * A change that is good, put out to five per cent of the tenants under load, and on by itself step by step to everybody:
 * no call fails, nobody who was in goes out again, and the steps stand in one trace.
 */
import { type OtlpCollector, startOtlpCollector } from '@changeover/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CREDENTIALS, canarySettings, TENANTS } from './rig/bad-changes.ts'
import { canaryTable } from './rig/canary-table.ts'
import { Gateway } from './rig/gateway.ts'
import { type MoodyProvider, startMoodyProvider } from './rig/moody-provider.ts'
import { begunAfter, endOf, type Rollout } from './rig/rollouts.ts'
import { type Answered, TenantLoad } from './rig/tenant-load.ts'
import { makeTenants } from './rig/tenants.ts'
import { until } from './rig/until.ts'

const STEPS = [
  // Of 400 tenants some forty: with a twentieth, once in a hundred runs too few to conclude anything.
  { share: 0.1, forMs: 1000 },
  { share: 0.25, forMs: 1000 },
  { share: 0.6, forMs: 1000 },
] as const
const SHARES = [...STEPS.map((it) => it.share), 1]

let provider: MoodyProvider
let collector: OtlpCollector
let gateway: Gateway
let load: TenantLoad

beforeAll(async () => {
  provider = await startMoodyProvider()
  collector = await startOtlpCollector()
  const settings = canarySettings({ provider: provider.origin, collector: collector.url, steps: STEPS })
  gateway = await Gateway.start({ settings, env: CREDENTIALS })
  await gateway.idle()
  load = new TenantLoad({
    url: gateway.dataUrl,
    tenants: makeTenants(TENANTS),
    model: 'support',
    perSecond: 300,
  })
}, 120_000)
afterAll(async () => {
  await load?.stop()
  await gateway?.[Symbol.asyncDispose]()
  await Promise.all([provider?.close(), collector?.close()])
})

it('goes on to everybody, and fails no call on its way', { timeout: 240_000 }, async () => {
  const baseline = await gateway.version()
  const change = { contexts: { 'support@1.1.0': { prompt: 'Help people kindly with their tickets.' } } }
  expect((await gateway.patch(change)).status).toBe(200)
  const rollout = await endOf(gateway, await begunAfter(gateway, null))
  const next = load.next
  const afterwards = await until(() => everybodySince(next), { what: 'an answer to each tenant' })
  const seen = load.take()
  console.log(
    `\n${canaryTable([{ name: 'a better prompt', rollout, suffered: seen.filter(failed).length }])}\n`,
  )

  expect(rollout).toMatchObject({ state: 'complete', unit: 'tenant', share: 1 })
  expect(sharesOf(rollout)).toEqual(SHARES)
  expect(seen.filter(failed)).toEqual([])
  expect(goneBack(seen, rollout.version)).toEqual([])
  expect(new Set(seen.map((it) => it.version))).toEqual(new Set([baseline, rollout.version]))
  expect(new Set(afterwards.map((it) => it.version))).toEqual(new Set([rollout.version]))
  expect(await gateway.version()).toBe(rollout.version)
  expect((await gateway.admin.ask('readStatus')).quarantine).toEqual([])

  const steps = await until(() => stepsOf(rollout), { what: 'the trace of the rollout' })
  expect(steps.map((it) => it['reload.rollout.share'])).toEqual(SHARES)
  expect(new Set(steps.map((it) => it['deployment.status']))).toEqual(new Set(['succeeded']))
})

function everybodySince(order: number): readonly Answered[] | false {
  const answers = load.seen.filter((it) => it.order >= order)
  return new Set(answers.map((it) => it.tenant)).size === TENANTS && answers
}

function failed({ status, isRefused }: Answered): boolean {
  return status !== 200 || isRefused
}

function sharesOf({ history }: Rollout): readonly number[] {
  return history.map((it) => it.share).filter((it, i, all) => it !== all[i - 1])
}

/** Tenants that had an answer of the new version, and later one of the old. */
function goneBack(seen: readonly Answered[], version: string): readonly string[] {
  const inside = new Set<string>()
  const gone = new Set<string>()
  for (const it of [...seen].sort((a, b) => a.order - b.order)) {
    if (it.version === version) inside.add(it.tenant)
    else if (inside.has(it.tenant)) gone.add(it.tenant)
  }
  return [...gone]
}

/** Attributes of the steps, in their order, once the trace of the reload has arrived. */
function stepsOf({ traceId }: Rollout): readonly Readonly<Record<string, unknown>>[] | null {
  const spans = collector.spans().filter((it) => it.traceId === traceId)
  const steps = spans.filter((it) => it.name === 'reload.rollout.step').map((it) => it.attributes)
  if (steps.length < SHARES.length || !spans.some((it) => it.name === 'reload')) return null
  return steps.sort((a, b) => Number(a['reload.rollout.step']) - Number(b['reload.rollout.step']))
}
