/**
 * A look before a change, after some traffic: what it takes away, from whom, what it costs, and that nothing of what
 * serves has changed by looking. One test builds on the other.
 */
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plan } from '@changeover/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from './rig/gateway.ts'

const hashOf = (key: string): string => `sha256:${createHash('sha256').update(key).digest('hex')}`

const settings = `# how we route
providers:
  sim: { kind: simulated, simulate: { firstTokenMs: 1, tokensPerSecond: 100000, tokens: 20 } }
models:
  small: { provider: sim, catalogue: own/small }
  large: { provider: sim, catalogue: own/large }
catalogue:
  own/small: { prices: [{ input: 1, output: 2 }] }
  own/large: { prices: [{ input: 10, output: 20 }] }
routes:
  chat:
    targets:
      - { model: small, weight: 90 }
      - { model: large, weight: 10 }
  docs:
    targets: [{ model: small }]
tenants:
  acme:
    limit: default
    keys:
      ci: { hash: "${hashOf('key-of-ci')}" }
      ops: { hash: "${hashOf('key-of-ops')}" }
limits:
  default: { requests: 1000, perMs: 60000 }
rollout:
  observe: { bakeMs: 0 }
telemetry:
  logs: { level: error }
`
const next = settings
  .replace(/ {6}ops: .*\n/, '')
  .replace('requests: 1000', 'requests: 20')
  .replace('weight: 90', 'weight: 40')
  .replace('weight: 10', 'weight: 60')
  .replace(
    'own/small: { prices: [{ input: 1, output: 2 }] }',
    'own/small: { prices: [{ input: 3, output: 6 }] }',
  )

let gateway: Gateway

beforeAll(async () => {
  gateway = await Gateway.start({ settings })
  for (let i = 0; i < 40; i += 1) await ask('key-of-ci', i % 4 === 0 ? 'docs' : 'chat')
  for (let i = 0; i < 12; i += 1) await ask('key-of-ops', 'chat')
  await writeFile(join(gateway.folder, 'next.yaml'), next)
}, 120_000)
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
})

async function ask(key: string, model: string): Promise<number> {
  const body = { model, messages: [{ role: 'user', content: 'hello' }] }
  const response = await gateway.chat(body, { authorization: `Bearer ${key}` })
  await response.text()
  return response.status
}

const codesOf = (plan: Plan): string[] => [...new Set(plan.warnings.map((it) => it.code))].sort()

describe('a look before a change', () => {
  let plan: Plan

  it('tells who would be refused and why, with examples that can be looked up', async () => {
    const ran = await gateway.command(['plan', 'next.yaml', '--json'])
    expect(ran.code, ran.text).toBe(0)
    plan = JSON.parse(ran.text) as Plan
    expect(plan).toMatchObject({ ok: true, from: '1.1', problem: null, replayTrouble: '' })
    const { replay } = plan
    expect(replay).toMatchObject({ calls: 52, replayed: 52, notReplayed: [], notes: [] })
    const refused = replay?.refused.by.map((it) => [it.code, it.key, it.model, it.calls])
    expect(refused).toContainEqual(['identity.unknown_key', 'acme/ops', 'chat', 12])
    const limited = replay?.refused.by.filter((it) => it.code === 'policy.limit_reached') ?? []
    const count = limited.reduce((sum, it) => sum + it.calls, 0)
    // Of forty at once twenty pass, and one more for each three seconds in which they came.
    expect(count).toBeGreaterThan(0)
    expect(count).toBeLessThanOrEqual(20)
    const [example = ''] = replay?.refused.by[0]?.examples ?? []
    expect((await gateway.admin.ask('readCall', { params: { id: example } })).id).toBe(example)
  })

  it('tells who would go elsewhere, and what it would cost', () => {
    const { rerouted, cost } = plan.replay ?? {}
    expect(rerouted?.moves.map((it) => [it.from.target, it.to.target])).toEqual([['sim/small', 'sim/large']])
    expect(rerouted?.calls).toBeGreaterThan(0)
    expect(cost?.calls).toBeGreaterThan(0)
    expect(cost?.after).toBeGreaterThan((cost?.before ?? 0) * 2.9)
    expect(cost?.byTenant).toMatchObject([{ name: 'acme' }])
    expect(cost?.byRoute.map((it) => it.name).sort()).toEqual(['chat', 'docs'])
    expect(cost?.refused).toBeGreaterThan(0)
  })

  it('says it in words, and warns with the line in the file', () => {
    expect(plan.sentences.map((it) => it.text)).toEqual([
      'key ops of tenant acme is removed',
      'limit default: 1000 → 20 requests a minute',
      'route chat: small gets 40 % instead of 90 %, large gets 60 % instead of 10 %',
      'the price of own/small: input $3 instead of $1, output $6 instead of $2 a million tokens',
    ])
    expect(codesOf(plan).filter((it) => it !== 'plan.untested_target')).toEqual([
      'plan.limit_below_peak',
      'plan.price_moved',
      'plan.removed_in_use',
    ])
    const limit = plan.warnings.find((it) => it.code === 'plan.limit_below_peak')
    expect(limit?.numbers).toMatchObject({ limit: 20, perMs: 60_000 })
    expect(limit?.numbers['peak']).toBeGreaterThan(20)
    const line = next.split('\n').findIndex((it) => it.includes('requests: 20')) + 1
    expect(limit?.place).toMatchObject({ file: 'next.yaml', line })
    expect(JSON.stringify([plan.sentences, plan.warnings, plan.replay])).not.toContain(hashOf('key-of-ops'))
  })

  it('prints what matters first, and exits as it was asked to', async () => {
    const ran = await gateway.command(['plan', 'next.yaml', '--strict'])
    expect(ran.code, ran.text).toBe(4)
    const [first = ''] = ran.text.split('\n')
    expect(first).toMatch(
      /^would be taken {2}against 1\.1: 4 changes, \d warnings?; of 52 calls \d+ refused, \d+ elsewhere; cost \+/,
    )
    expect(ran.text).toContain('- key ops of tenant acme is removed')
    expect(ran.text).toContain('plan.removed_in_use')
    expect(ran.text).toMatch(/acme\/ops\s+chat\s+identity\.unknown_key/)
    const off = await gateway.command(['plan', 'next.yaml', '--replay', 'off'])
    expect(off.code, off.text).toBe(0)
    expect(off.text).not.toContain('replayed')
    expect((await gateway.command(['plan', 'next.yaml', '--replay', 'sometimes'])).code).toBe(1)
  })

  it('replays nothing of the same settings', async () => {
    const ran = await gateway.command(['plan', 'changeover.yaml', '--json'])
    const same = JSON.parse(ran.text) as Plan
    expect([same.ok, same.sentences, same.warnings, same.replay]).toEqual([true, [], [], null])
  })

  it('has changed nothing of what serves', async () => {
    expect(await gateway.version()).toBe('1.1')
    for (let i = 0; i < 25; i += 1) expect(await ask('key-of-ops', 'docs')).toBe(200)
    expect(await gateway.settingsText()).toBe(settings)
  })

  it('streams how far it is, where that is asked for', async () => {
    const headers = { 'content-type': 'application/yaml', accept: 'text/event-stream' }
    const response = await gateway.ask('/v1/plan?replay=40', { method: 'POST', headers, body: next })
    const text = await response.text()
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const events = [...text.matchAll(/^event: (.*)$/gm)].map(([, name]) => name)
    expect(events.at(-1)).toBe('plan')
    expect(events).toContain('progress')
    expect(text).toContain('"calls":40')
  })

  it('is given up when nobody waits for it, and that is no fault', async () => {
    const left = new AbortController()
    const headers = { 'content-type': 'application/yaml' }
    const asked = gateway.ask('/v1/plan', { method: 'POST', headers, body: next, signal: left.signal })
    left.abort()
    await expect(asked).rejects.toThrow()
    const ran = await gateway.command(['plan', 'next.yaml'])
    expect(ran.code, ran.text).toBe(0)
    expect(gateway.process.lines.filter((it) => it.includes('"level":"error"'))).toEqual([])
  })

  it('is kept, and applied exactly as it was, once', async () => {
    const listed = await gateway.admin.ask('listPlans')
    expect(listed.plans.some((it) => it.id === plan.id)).toBe(true)
    const shown = await gateway.command(['plan', '--show', plan.id])
    expect(shown.text).toContain('- key ops of tenant acme is removed')
    const ran = await gateway.command(['apply', '--plan', plan.id])
    expect(ran.code, ran.text).toBe(0)
    expect(await gateway.settingsText()).toBe(next)
    expect(await ask('key-of-ops', 'docs')).toBe(401)
    expect((await gateway.admin.ask('readPlan', { params: { id: plan.id } })).applied).toMatch(/^rl_/)
    const again = await gateway.command(['apply', '--plan', plan.id])
    expect(again.code).toBe(1)
    expect(again.text).toContain('plan.moved')
  })
})
