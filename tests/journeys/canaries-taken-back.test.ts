/**
 * Changes that go wrong, each put out to five per cent of the tenants under load, found out and taken back by itself:
 * what it cost, how long it took, and where all of it can be read afterwards.
 */
import { type OtlpCollector, startOtlpCollector } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { badChanges, CREDENTIALS, canarySettings, TENANTS } from './rig/bad-changes.ts'
import { type CanaryRow, canaryTable } from './rig/canary-table.ts'
import { Gateway } from './rig/gateway.ts'
import { MODELS, type MoodyProvider, startMoodyProvider } from './rig/moody-provider.ts'
import { begunAfter, endOf, type Rollout, readRollout } from './rig/rollouts.ts'
import { type Answered, TenantLoad } from './rig/tenant-load.ts'
import { makeTenants } from './rig/tenants.ts'
import { until } from './rig/until.ts'

let provider: MoodyProvider
let collector: OtlpCollector
let gateway: Gateway
let load: TenantLoad
const rows: CanaryRow[] = []

beforeAll(async () => {
  provider = await startMoodyProvider()
  collector = await startOtlpCollector()
  const settings = canarySettings({ provider: provider.origin, collector: collector.url })
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
  console.log(`\n${canaryTable(rows)}\n`)
  await load?.stop()
  await gateway?.[Symbol.asyncDispose]()
  await Promise.all([provider?.close(), collector?.close()])
})

describe('a canary of five per cent of the tenants, under load', () => {
  it.each(badChanges)(
    'takes back $name',
    { timeout: 240_000 },
    async ({ name, change, by, within, suffers }) => {
      const baseline = await gateway.version()
      const file = await gateway.settingsText()
      load.take()
      const { rollout, afterwards } = await putOut(change)
      const seen = load.take()
      const tried = seen.filter((it) => it.version === rollout.version)
      const suffered = tried.filter(suffers)
      rows.push({ name, rollout, suffered: suffered.length })

      expect(rollout).toMatchObject({ state: 'rolled_back', strategy: 'canary', unit: 'tenant', share: 0 })
      expect(rollout.reason).toMatch(by)
      expect(suffered.length).toBeGreaterThan(0)
      expect(rollout.requests.candidate).toBeLessThan(within)
      expect(seen.filter((it) => it.version !== rollout.version && isHurt(it))).toEqual([])
      expect(new Set(tried.map((it) => it.tenant)).size).toBeLessThan(TENANTS / 5)
      expect(changesOfSide(seen)).toEqual([])
      expect(new Set(afterwards.map((it) => `${it.version} ${it.status}`))).toEqual(
        new Set([`${baseline} 200`]),
      )
      await expect.poll(() => gateway.settingsText()).toBe(file)

      await expectQuarantine(rollout, change)
      await expectExplained(rollout, suffered[0]?.call ?? '')
    },
  )

  it('is not tried again when somebody saves the same in the file', async () => {
    const { rollout } = rows.find((it) => it.name.includes('500')) ?? expect.fail('nothing was put out')
    const good = await gateway.settingsText()
    await gateway.edit((text) => text.replace('model: "usual"\n    context', 'model: "new"\n    context'))
    expect(await gateway.settingsText()).not.toBe(good)
    const skipped = async () => {
      const { reloads } = await gateway.admin.ask('listReloads', { query: { limit: 5, skipped: 'true' } })
      return reloads.some((it) => it.trigger === 'file' && it.reason === 'quarantined')
    }
    await until(skipped, { what: `a save that is passed over, like ${rollout.version}`, timeoutMs: 60_000 })
    expect(await gateway.version()).toBe(rollout.baseline)
    await gateway.edit(() => good)
    await gateway.idle()
  })

  it('shows each in the trace of its reload: the share, the verdict, the way back', async () => {
    expect(rows).toHaveLength(badChanges.length)
    for (const { rollout } of rows) {
      const spans = await until(() => spansOf(rollout), { what: `the trace of ${rollout.version}` })
      expect(spans.get('reload.rollout.step')).toMatchObject({
        'reload.rollout.id': rollout.id,
        'reload.rollout.step': 0,
        'reload.rollout.share': 0.05,
        'deployment.status': 'failed',
      })
      const measure = /analysis, (\w+)/.exec(rollout.reason ?? '')?.[1]
      expect(spans.get('reload.rollback')).toMatchObject({
        'reload.rollback.trigger': measure === undefined ? 'guard' : `analysis:${measure}`,
        'reload.restored_version': rollout.baseline,
      })
      expect(spans.get('reload')).toMatchObject({
        'reload.attempt.id': rollout.attempt,
        'reload.config_version': rollout.version,
        'reload.status': 'rolled_back',
      })
    }
  })

  it('names the version on trial and its reload to whoever asks on the command line', async () => {
    const { rollout } = rows[0] ?? expect.fail('nothing was put out')
    const { calls } = await gateway.admin.ask('listCalls', { query: { version: rollout.version, limit: 1 } })
    const { code, text } = await gateway.command(['why', calls[0]?.id ?? ''])
    expect(code).toBe(0)
    expect(text).toContain(`${rollout.version} was on trial with 5 % of the traffic, by tenant`)
    expect(text).toContain(`reload ${rollout.attempt}  trace ${rollout.traceId}`)
  })
})

describe('a tenant whose key is withdrawn', () => {
  it('is locked out at once, and waits for no canary', async () => {
    const [one] = makeTenants(1)
    const ask = async () => {
      const headers = { authorization: `Bearer ${one?.key}` }
      const body = { model: 'support', messages: [{ role: 'user', content: 'Hello' }] }
      const response = await gateway.chat(body, headers)
      await response.arrayBuffer()
      return response.status
    }
    expect(await ask()).toBe(200)
    const withdrawn = { tenants: { [one?.name ?? '']: { keys: { app: null } } } }
    expect((await bring(withdrawn)).status).toBe(200)
    expect(await ask()).toBe(401)
    expect(await readRollout(gateway)).toMatchObject({ strategy: 'allAtOnce' })
  })
})

/** By hand: after some that failed, a gateway takes no more from whoever has not looked. */
function bring(change: object): Promise<Response> {
  return gateway.ask('/v1/settings?force=true', {
    method: 'PATCH',
    headers: { 'content-type': 'application/merge-patch+json' },
    body: JSON.stringify(change),
  })
}

/** How it ended, and an answer to each tenant after that. */
async function putOut(change: object): Promise<{ rollout: Rollout; afterwards: readonly Answered[] }> {
  const before = await readRollout(gateway)
  const answer = await bring(change)
  expect([answer.status, await answer.json()]).toMatchObject([200, { outcome: 'applied' }])
  const rollout = await endOf(gateway, await begunAfter(gateway, before?.attempt ?? null))
  const next = load.next
  const everybody = () => {
    const answers = load.seen.filter((it) => it.order >= next)
    return new Set(answers.map((it) => it.tenant)).size === TENANTS && answers
  }
  const what = 'an answer to each tenant after the end'
  return { rollout, afterwards: await until(everybody, { what, timeoutMs: 60_000 }) }
}

/** Everything that no caller of the good version ever sees. */
function isHurt({ status, isRefused, model }: Answered): boolean {
  return status !== 200 || isRefused || model !== MODELS.quick
}

/** Tenants that came back to a version which they had left: more than the one change to the candidate, and the one back. */
function changesOfSide(seen: readonly Answered[]): readonly string[] {
  const sides = Map.groupBy(
    [...seen].sort((a, b) => a.order - b.order),
    (it) => it.tenant,
  )
  return [...sides].flatMap(([tenant, answers]) => {
    const versions = answers.map((it) => it.version).filter((it, i, all) => it !== all[i - 1])
    return versions.length > 3 ? [`${tenant}: ${versions.join(', ')}`] : []
  })
}

/** The same again is not tried again. */
async function expectQuarantine({ version, attempt }: Rollout, change: object): Promise<void> {
  const { quarantine } = await gateway.admin.ask('readStatus')
  expect(quarantine.map((it) => it.version)).toContain(version)
  const again = await gateway.patch(change)
  expect([again.status, await again.json()]).toMatchObject([409, { code: 'reload.quarantined' }])
  expect((await readRollout(gateway))?.attempt).toBe(attempt)
}

async function expectExplained(rollout: Rollout, id: string): Promise<void> {
  const record = async () => (await gateway.ask(`/v1/calls/${id}`)).status === 200
  await until(record, { what: `the record of ${id}` })
  const call = await gateway.admin.ask('readCall', { params: { id } })
  expect(call).toMatchObject({ version: rollout.version, role: 'candidate', unit: 'tenant' })
  expect(call.cohort).toBeLessThan(500)
  const story = await gateway.admin.ask('explainCall', { params: { id } })
  expect(JSON.stringify(story.version)).toContain(rollout.version)
  expect(JSON.stringify(story)).toContain(rollout.attempt)
}

/** Attributes by name, once the whole trace of the reload has arrived. */
function spansOf({ traceId }: Rollout): ReadonlyMap<string, Readonly<Record<string, unknown>>> | null {
  const spans = collector.spans().filter((it) => it.traceId === traceId)
  const names = new Map(spans.map((it) => [it.name, it.attributes]))
  return names.has('reload') && names.has('reload.rollback') && names.has('reload.rollout.step')
    ? names
    : null
}
