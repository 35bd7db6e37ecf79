/**
 * Two people, one change of credentials: it waits, its author cannot agree to it, the other can, it goes live; and
 * afterwards the audit log and the trace name both. In an emergency one person is enough, and that shows for ever.
 */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CollectedSpan, type OtlpCollector, startOtlpCollector } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spansOfAttempt } from './rig/attempt-spans.ts'
import { type CommandAnswer, Gateway } from './rig/gateway.ts'
import { toYaml } from './rig/settings-text.ts'
import { until } from './rig/until.ts'

const tokenOf = (name: string): string => `co_token-of-${name}-0123456789`
const person = (name: string, ...roles: string[]) => {
  const hash = `sha256:${createHash('sha256').update(tokenOf(name)).digest('hex')}`
  return { [name]: { roles, tokens: { laptop: { hash } } } }
}

let collector: OtlpCollector
let gateway: Gateway

beforeAll(async () => {
  collector = await startOtlpCollector()
  const settings = toYaml({
    providers: { sim: { kind: 'simulated', headers: { 'x-mark': 'a' }, simulate: { firstTokenMs: 0 } } },
    models: { small: { provider: 'sim' } },
    routes: { chat: { targets: [{ model: 'small' }] } },
    rollout: { observe: { bakeMs: 0 } },
    telemetry: { traces: { ratio: 0, otlp: { endpoint: collector.url } } },
    access: {
      people: { ...person('bo', 'publisher'), ...person('ann', 'approver'), ...person('sam', 'emergency') },
      approvals: { credentials: { count: 1 } },
    },
  })
  gateway = await Gateway.start({ settings })
  await gateway.idle()
}, 60_000)
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await collector?.close()
})

const as = (name: string, ...argv: string[]): Promise<CommandAnswer> =>
  gateway.command(argv, { CHANGEOVER_ADMIN_TOKEN: tokenOf(name) })

async function servedBy(): Promise<string> {
  const response = await gateway.chat({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] })
  await response.arrayBuffer()
  return response.headers.get('x-changeover-version') ?? ''
}

describe('four eyes', () => {
  let attempt = ''

  it('see a change of credentials before it goes live', async () => {
    const before = await servedBy()
    const offered = await as('bo', 'apply', '--set', 'providers/sim/headers/x-mark=b', '--reason', 'rotate')
    expect(offered.code, offered.text).toBe(5)
    expect(offered.text).toContain('credentials: 1 more of 1')
    attempt = /reload (rl_\w+)/.exec(offered.text)?.[1] ?? ''
    expect(await servedBy()).toBe(before)

    const own = await as('bo', 'approve', attempt)
    expect(own.code, own.text).toBe(1)
    expect(own.text).toContain('it needs "approve"')

    const agreed = await as('ann', 'approve', attempt, '--note', 'called the provider')
    expect(agreed.code, agreed.text).toBe(0)
    await until(async () => ((await servedBy()) === before ? null : true), { what: 'the new version' })
    const isWritten = async () => (await gateway.settingsText()).includes('x-mark: "b"') || null
    await until(isWritten, { what: 'the file to say so' })
  })

  it('are both in the audit log and in the trace', async () => {
    await gateway.idle()
    const told = await as('bo', 'audit', '--jsonl')
    const lines = told.text
      .split('\n')
      .filter((it) => it.startsWith('{'))
      .map((it) => JSON.parse(it) as { attempt: string; status: string; who: string; approvals?: string[] })
    const ended = lines.findLast((it) => it.attempt === attempt)
    expect(ended).toMatchObject({ status: 'success', who: 'user:bo', approvals: ['user:ann'] })
    const spans = await until(
      () => {
        const found = spansOfAttempt(collector.spans(), attempt)
        return found.length === 0 ? null : found
      },
      { what: 'the spans of the attempt' },
    )
    const named = (name: string): CollectedSpan | undefined => spans.find((it) => it.name === name)
    expect(named('reload')?.attributes).toMatchObject({ 'user.id': 'user:bo', 'reload.status': 'success' })
    expect(named('reload.approve')?.attributes).toMatchObject({
      'reload.approval.by': ['user:ann'],
      'reload.approval.count': 1,
      'reload.approval.threshold': 1,
    })
  })
})

describe('an emergency', () => {
  it('needs a reason and nobody else, and shows in status, history, audit and trace', async () => {
    const change = ['apply', '--set', 'providers/sim/headers/x-mark=c']
    expect((await as('sam', ...change)).code).toBe(1)
    expect((await as('sam', ...change, '--emergency')).code).toBe(2)
    const urgent = await as('sam', ...change, '--emergency', '--reason', 'the key leaked')
    expect(urgent.code, urgent.text).toBe(0)
    for (const command of ['status', 'history', 'audit'])
      expect((await as('bo', command)).text, command).toContain('the key leaked')
    await gateway.idle()
    await until(() => collector.spans().find((it) => it.attributes['reload.emergency'] === true) ?? null, {
      what: 'the span of the emergency',
    })
  })
})

describe('the audit log', () => {
  const path = () => join(gateway.statePath, 'reload', 'audit.jsonl')

  it('is whole over a restart', async () => {
    await gateway.stop()
    await gateway.again()
    await gateway.idle()
    const whole = await as('bo', 'audit', '--verify')
    expect(whole.code, whole.text).toBe(0)
  })

  it('names the line that somebody has changed, and the place of one that is gone', async () => {
    await gateway.stop()
    const text = await readFile(path(), 'utf8')
    const lines = text.split('\n')
    const forged = lines.findIndex((it) => it.includes('"who":"user:sam"'))
    const cut = lines.findIndex((it) => it.includes('"who":"user:bo"'))
    const kept = lines.with(forged, lines[forged]?.replace('user:sam', 'user:eve') ?? '').toSpliced(cut, 1)
    await writeFile(path(), kept.join('\n'))
    await gateway.again()
    const broken = await as('bo', 'audit', '--verify')
    expect(broken.code, broken.text).toBe(1)
    expect(broken.text).toContain(`line ${forged} was changed`)
    expect(broken.text).toContain(`before line ${cut + 1} something is missing`)
  })
})
