/**
 * The history of a gateway's reloads, rebuilt from exported spans alone, against its audit log: attempt by attempt
 * they say the same, over refusals at every stage, repetitions, regressions, rollbacks, a restart and a crash.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type OtlpCollector, startOtlpCollector } from '@changeover/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { attemptsOfSpans } from './rig/attempt-spans.ts'
import { Gateway } from './rig/gateway.ts'
import { offerSealed, type SealOptions, sealNext } from './rig/sealed.ts'
import { toYaml } from './rig/settings-text.ts'
import { until } from './rig/until.ts'

interface Line {
  readonly attempt: string
  readonly event: string
  readonly trigger: string
  readonly source: string
  readonly from: string | null
  readonly to: string | null
  readonly status: string
  readonly reason: string
  readonly changedParameters: readonly string[]
  readonly traceId: string
  readonly spanId: string
}

let collector: OtlpCollector
let gateway: Gateway

beforeAll(async () => {
  collector = await startOtlpCollector()
  const settings = toYaml({
    providers: { simulated: { kind: 'simulated' } },
    models: { one: { provider: 'simulated' }, two: { provider: 'simulated' } },
    contexts: { 'support@1.0.0': { prompt: 'Be brief.' } },
    routes: {
      chat: {
        targets: [
          { model: 'one', weight: 1 },
          { model: 'two', weight: 1 },
        ],
      },
    },
    rollout: { observe: { bakeMs: 250 } },
    telemetry: {
      logs: { level: 'info', format: 'json' },
      traces: { ratio: 0, otlp: { endpoint: collector.url } },
    },
  })
  gateway = await Gateway.start({ settings })
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await collector?.close()
})

it('is the same in the spans as in the audit log', { timeout: 90_000 }, async () => {
  await applied()
  await refused()
  await repeated()
  await takenBack()
  await restarted()
  await crashed()

  const { lines, verified } = await gateway.admin.ask('readAudit', { query: { limit: 10_000 } })
  expect(verified).toBe(true)
  const file = await readFile(join(gateway.statePath, 'reload/audit.jsonl'), 'utf8')
  expect(
    file
      .trim()
      .split('\n')
      .map((it) => JSON.parse(it) as unknown),
  ).toEqual(lines)

  await gateway.stop()
  const told = attemptsOfSpans(collector.spans())
  const stopped = (await readFile(join(gateway.statePath, 'reload/audit.jsonl'), 'utf8')).trim().split('\n')
  const written = endings(stopped.map((it) => JSON.parse(it) as Line))
  expect(told).toEqual(written)
  expect(written.length).toBeGreaterThan(30)
  expect(new Set(written.map((it) => it.status))).toEqual(
    new Set(['success', 'rejected', 'skipped', 'superseded', 'rolled_back', 'crashed']),
  )
})

/** What each attempt came to, in the order of the log. */
function endings(lines: readonly Line[]) {
  return lines
    .filter((it) => it.event !== 'config.reload.started')
    .map(({ attempt, trigger, source, from, to, status, reason, changedParameters, traceId, spanId }) => ({
      attempt,
      trigger,
      source,
      from,
      to,
      status,
      reason,
      changedParameters,
      traceId,
      spanId,
    }))
}

const weight = (value: number) => ({
  routes: {
    chat: {
      targets: [
        { model: 'one', weight: value },
        { model: 'two', weight: 1 },
      ],
    },
  },
})
const chat = (value: number): NonNullable<SealOptions['change']> => ({
  'routes/chat': weight(value).routes.chat,
})

async function patched(change: object, status = 200): Promise<string> {
  const response = await gateway.patch(change)
  const body = (await response.json()) as { attempt: string }
  expect([response.status, body]).toEqual([status, body])
  return body.attempt
}

async function sealed(options: SealOptions, status: number): Promise<void> {
  const response = await offerSealed(gateway, await sealNext(gateway, options))
  const body: unknown = await response.json()
  expect([response.status, body]).toEqual([status, body])
}

/** By patch, in quick succession and one after the other; by file; by command; sealed elsewhere. */
async function applied(): Promise<void> {
  for (const it of [2, 3, 4]) await patched(weight(it))
  await gateway.idle()
  await patched({
    contexts: { 'support@1.0.1': { prompt: 'Be very brief.' } },
    telemetry: { logs: { level: 'warn' } },
  })
  await gateway.idle()
  const before = await gateway.version()
  await gateway.edit((text) => text.replace('weight: 4', 'weight: 5'))
  await until(async () => (await gateway.version()) !== before, { what: 'the edited version' })
  await gateway.idle()
  expect((await gateway.command(['apply', '--set', 'routes/chat/targets/0/weight=6', '--wait'])).code).toBe(0)
  await sealed({ change: chat(7) }, 200)
  await gateway.idle()
}

/** At each stage that can say no here. */
async function refused(): Promise<void> {
  const whole = async (change: (text: string) => string) => {
    const body = change(await gateway.settingsText())
    const headers = { 'content-type': 'application/yaml' }
    expect((await gateway.ask('/v1/reloads', { method: 'POST', headers, body })).status).toBe(422)
  }
  await whole((text) => text.replace('routes:', 'routes: ['))
  await whole((text) => text.replace('routes:', 'roots:'))
  await whole((text) => text.replace('weight: 7', 'weight: seven'))
  await whole((text) => text.replace('model: "one"', 'model: "none"'))
  await patched({ providers: { other: { kind: 'openai', credential: '${env:NOT_THERE}' } } }, 422)
  await patched({ contexts: { 'support@1.0.0': { prompt: 'Be long.' } } }, 422)
  const conflict = await gateway.patch(weight(8), { 'if-match': '"1.1"' })
  expect(conflict.status).toBe(412)
  expect((await offerSealed(gateway, Buffer.from('{'))).status).toBe(400)
  await sealed({ fields: { scope: 'another' } }, 409)
  await sealed({ fields: { expires: '2020-01-01T00:00:00Z', issuedAt: '2019-01-01T00:00:00Z' } }, 409)
  await sealed({ fields: { version: { epoch: 1, seq: 1 }, previous: null } }, 409)
  await sealed({ change: chat(8), resources: { 'routes/chat': { digest: `sha256:${'0'.repeat(64)}` } } }, 422)
  const elsewhere = { uri: 'gopher://127.0.0.1/chat', inline: undefined } as never
  await sealed({ change: chat(9), resources: { 'routes/chat': elsewhere } }, 422)
}

/** Nothing to do, and not again. */
async function repeated(): Promise<void> {
  const again = await gateway.ask('/v1/reloads', {
    method: 'POST',
    headers: { 'content-type': 'application/yaml' },
    body: await gateway.settingsText(),
  })
  expect(await again.json()).toMatchObject({ outcome: 'unchanged', reason: 'already_applied' })
  gateway.process.send('SIGHUP')
}

/** Aborted, not confirmed in time, over its time, and restored. */
async function takenBack(): Promise<void> {
  await patched({ rollout: { observe: { bakeMs: 20_000 } } })
  const attempt = await patched(weight(20))
  const promoted = await gateway.ask(`/v1/reloads/${attempt}/promote`, { method: 'POST' })
  expect(promoted.status).toBe(200)
  const bad = await patched(weight(21))
  await gateway.admin.ask('abortReload', { params: { attempt: bad }, body: { reason: 'p99 doubled' } })
  await gateway.idle()
  const confirm = { mode: 'commitConfirmed', timeoutMs: 200 } as const
  await until(async () => (await gateway.settingsText()).includes('weight: 20'), {
    what: 'the file put back',
  })
  await sealed({ change: chat(22), fields: { apply: { confirm } } }, 200)
  await gateway.idle()
  await until(async () => (await gateway.settingsText()).includes('weight: 20'), {
    what: 'the file put back',
  })
  await sealed({ change: chat(23), fields: { serveTtlMs: 200 } }, 200)
  await gateway.idle()
  await until(async () => (await gateway.settingsText()).includes('weight: 20'), {
    what: 'the file put back',
  })
  const back = await gateway.admin.ask('rollback', { body: { to: '1.2', reason: 'as it was' } })
  expect(back.outcome).toBe('applied')
  await patched({ rollout: { observe: { bakeMs: 250 } } })
  await gateway.idle()
}

async function restarted(): Promise<void> {
  expect(await gateway.stop()).toEqual({ code: 0, signal: null })
  await gateway.again()
  await patched(weight(30))
  await gateway.idle()
}

/** Killed while a version is observed: what had ended by then has been exported before. */
async function crashed(): Promise<void> {
  await patched({ rollout: { observe: { bakeMs: 60_000 } } })
  await patched(weight(31))
  await exported()
  await gateway.process.kill('SIGKILL')
  await gateway.again()
  await patched({ rollout: { observe: { bakeMs: 250 } } })
  await gateway.idle()
}

/** Resolves when the spans of all attempts that have ended are at the collector. */
async function exported(): Promise<void> {
  const { lines } = await gateway.admin.ask('readAudit', { query: { limit: 10_000 } })
  const ended = lines.filter((it) => it.event !== 'config.reload.started').length
  await until(() => attemptsOfSpans(collector.spans()).length >= ended, {
    what: 'the spans of all that has ended',
  })
}
