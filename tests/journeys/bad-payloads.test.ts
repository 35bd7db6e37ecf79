/**
 * Every payload of `spec/vectors/bad`, offered to an engine that stands in for the service the vectors are made for:
 * refused with its code and its place, nothing changed, one line in the audit log, one trace.
 *
 * The same payloads also go to a gateway's admin API, which is not that service: there each must be refused as well,
 * and with the same code where the fault lies in the bytes themselves.
 */
import { createTelemetry, type LiveTelemetry } from '@changeover/otel'
import {
  type Clock,
  createReloader,
  ENVELOPE_TYPE,
  ReloadError,
  type Reloader,
  systemClock,
} from '@changeover/reload'
import { type OtlpCollector, startOtlpCollector } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SERVICE_KINDS, SERVICE_SCHEMES, serviceIssues } from '../../spec/service.ts'
import { type BadVector, readVectorIndex, type VectorContext, vectorBytes } from '../../spec/vectors.ts'
import { spansOfAttempt } from './rig/attempt-spans.ts'
import { Gateway } from './rig/gateway.ts'
import { toYaml } from './rig/settings-text.ts'

const index = readVectorIndex()
const named = index.bad.map((it) => [it.name, it] as const)

interface Service {
  readonly service: object
}

let collector: OtlpCollector
beforeAll(async () => {
  collector = await startOtlpCollector()
})
afterAll(() => collector?.close())

describe('an engine that is offered a bad payload', () => {
  let telemetry: LiveTelemetry
  beforeAll(() => {
    const nowhere = { write: () => true }
    telemetry = createTelemetry({
      serviceName: 'vectors',
      serviceVersion: '0',
      instance: 'vectors',
      clock: systemClock,
      stdout: nowhere,
      stderr: nowhere,
      settings: {
        logs: { level: 'error', format: 'json' },
        traces: { ratio: 1, otlp: { endpoint: collector.url } },
        metrics: {},
        attributes: 'dup',
      },
    })
  })
  afterAll(() => telemetry.shutdown(2_000))

  it.each(named)('refuses it and goes on as before: %s', async (_, vector) => {
    const reloader = await receiver(vector.context, telemetry)
    try {
      await offerAll(reloader, vector.context)
      const before = standing(reloader)
      const receipt = await reloader.offer(vectorBytes(vector), { ...origin, ...matching(vector.context) })

      if (receipt.outcome !== 'refused') return expect.fail(`${vector.name} was ${receipt.outcome}`)
      expect(receipt.status).toBe('rejected')
      expect([receipt.code, ...receipt.issues.map((it) => it.code)]).toContain(vector.code)
      expect(receipt.message).not.toBe('')
      if (vector.pointer !== null) expect(receipt.issues.map((it) => it.pointer)).toContain(vector.pointer)
      expect(standing(reloader)).toEqual(before)
      await expectAudited(reloader, receipt)
      await expectTraced(telemetry, receipt)
    } finally {
      await reloader.close()
    }
  })

  async function expectTraced(from: LiveTelemetry, { attempt, traceId, code }: Refusal): Promise<void> {
    await from.forceFlush(5_000)
    const [root, ...below] = spansOfAttempt(collector.spans(), attempt)
    expect(root).toMatchObject({ traceId, status: { code: 'error' } })
    expect(root?.attributes).toMatchObject({
      'reload.status': 'rejected',
      'reload.reason': code,
      'error.type': code,
    })
    expect(
      below.filter((it) => it.status.code === 'error').map((it) => it.attributes['error.type']),
    ).toContain(code)
  }
})

describe('a gateway that is offered a bad payload', () => {
  let gateway: Gateway
  const attempts: string[] = []

  beforeAll(async () => {
    const settings = toYaml({
      providers: {
        simulated: { kind: 'simulated', simulate: { firstTokenMs: 0, tokensPerSecond: 100_000 } },
      },
      models: { chat: { provider: 'simulated' } },
      telemetry: { traces: { ratio: 1, otlp: { endpoint: collector.url } } },
    })
    gateway = await Gateway.start({ settings, flags: ['--scope', 'gateway/test'] })
  })
  afterAll(() => gateway?.[Symbol.asyncDispose]())

  it.each(named)('refuses it and serves on: %s', async (_, vector) => {
    const { ifMatch } = vector.context
    const response = await gateway.ask('/v1/reloads', {
      method: 'POST',
      headers: { 'content-type': ENVELOPE_TYPE, ...(ifMatch === null ? {} : { 'if-match': `"${ifMatch}"` }) },
      body: Buffer.from(vectorBytes(vector)),
    })
    const problem = (await response.json()) as Problem
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    expect([response.status >= 400 && response.status < 500, problem.version]).toEqual([true, '1.1'])
    expect(problem.attempt).toMatch(/^rl_/)
    attempts.push(problem.attempt)
    if (isInTheBytes(vector)) {
      expect([problem.code, ...problem.issues.map((it) => it.code)]).toContain(vector.code)
      if (vector.pointer !== null) expect(problem.issues.map((it) => it.pointer)).toContain(vector.pointer)
    }
    const answer = await gateway.chat({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] })
    expect([answer.status, answer.headers.get('x-changeover-version')]).toEqual([200, '1.1'])
    await answer.arrayBuffer()
  })

  it('has a line in its audit log and an ended trace for each', async () => {
    const { lines, verified } = await gateway.admin.ask('readAudit', { query: { limit: 10_000 } })
    expect(verified).toBe(true)
    const rejected = lines.filter((it) => it.event === 'config.reload.rejected')
    expect(rejected.map((it) => it.attempt)).toEqual(attempts)
    await gateway.stop()
    const roots = collector
      .spans()
      .filter((it) => it.name === 'reload' && it.resource['service.instance.id'] === 'journey')
    const status = new Map(
      roots.map((it) => [it.attributes['reload.attempt.id'], it.attributes['reload.status']]),
    )
    expect(attempts.map((it) => status.get(it))).toEqual(attempts.map(() => 'rejected'))
    expect(rejected.map((it) => it.traceId)).toEqual(
      attempts.map((it) => roots.find((root) => root.attributes['reload.attempt.id'] === it)?.traceId),
    )
  })
})

interface Problem {
  readonly code: string
  readonly attempt: string
  readonly version: string
  readonly issues: readonly { readonly code: string; readonly pointer?: string }[]
}

interface Refusal {
  readonly attempt: string
  readonly traceId: string
  readonly code: string
}

const origin = { trigger: 'admin_api', source: 'vectors', actor: 'test', mediaType: ENVELOPE_TYPE } as const

function matching({ ifMatch }: VectorContext): { ifMatch?: string } {
  return ifMatch === null ? {} : { ifMatch }
}

/** What is wrong with the bytes is wrong wherever they go; the rest needs the vector's own receiver. */
function isInTheBytes({ stage, context }: BadVector): boolean {
  const isPlain = context.trust === null && Object.keys(context.limits).length === 0
  return isPlain && (stage === 'open' || stage === 'read')
}

async function receiver(context: VectorContext, telemetry: LiveTelemetry): Promise<Reloader<Service>> {
  const { scope, instance, trust, limits, artifacts, now } = context
  const keys = Object.fromEntries((trust?.keys ?? []).map((it) => [it, index.keys[it] ?? '']))
  const standingClock: Clock = {
    now: () => Date.parse(now),
    monotonic: () => systemClock.monotonic(),
    after: (ms, run) => systemClock.after(ms, run),
  }
  const reloader = createReloader<Service>({
    scope,
    instance,
    telemetry,
    clock: standingClock,
    ...(trust === null ? {} : { trust: { keys, threshold: trust.threshold } }),
    limits: { fetchAttempts: 1, ...limits },
    participants: {
      service: { kinds: SERVICE_KINDS, validate: serviceIssues, prepare: ({ settings }) => settings },
    },
    artifactSources: [
      {
        schemes: SERVICE_SCHEMES,
        async fetch(uri) {
          const text = artifacts[uri]
          if (text == null) throw new ReloadError('handle.read_failed', { source: uri })
          return Buffer.from(text)
        },
      },
    ],
  })
  await reloader.start()
  return reloader
}

async function offerAll(reloader: Reloader<Service>, context: VectorContext): Promise<void> {
  for (const file of context.before) {
    const receipt = await reloader.offer(vectorBytes({ file }), origin)
    expect(receipt.outcome, `${file}: ${JSON.stringify(receipt)}`).toBe('applied')
  }
  const applied = context.before.length === 0 ? null : context.applied
  expect(reloader.status().applied).toEqual(applied)
}

/** What a refused payload may not change. */
function standing(reloader: Reloader<Service>) {
  const { applied, generations } = reloader.status()
  return { applied, generations, settings: reloader.current()?.settings ?? null, line: reloader.line() }
}

async function expectAudited(
  reloader: Reloader<Service>,
  { attempt, traceId, code }: Refusal,
): Promise<void> {
  const audited = async () => (await reloader.audit()).filter((it) => it.attempt === attempt).at(-1)
  await expect
    .poll(audited)
    .toMatchObject({ event: 'config.reload.rejected', status: 'rejected', reason: code, traceId })
}
