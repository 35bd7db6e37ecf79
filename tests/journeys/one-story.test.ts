/**
 * One story, told by OTLP alone: from the trace that somebody gave to `changeover apply`, through the admin API, each
 * stage of the reload and the swap, to the requests that ran under the new version.
 *
 * Read from the bytes on the wire by `protoc`; where that is absent, by testkit's own reader, and it says so.
 */
import { type CollectedSpan, type OtlpCollector, startOtlpCollector } from '@changeover/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Gateway } from './rig/gateway.ts'
import { type DecodedSpan, decodeByProtoc, protocMissing } from './rig/protoc.ts'
import { toYaml } from './rig/settings-text.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const givenSpan = 'b7ad6b7169203331'
const missing = protocMissing()

let collector: OtlpCollector
let gateway: Gateway
let spans: readonly DecodedSpan[]
let answers: readonly { readonly version: string; readonly traceId: string }[]

beforeAll(async () => {
  collector = await startOtlpCollector()
  const settings = toYaml({
    providers: { simulated: { kind: 'simulated', simulate: { firstTokenMs: 0, tokensPerSecond: 100_000 } } },
    models: { one: { provider: 'simulated' }, two: { provider: 'simulated' } },
    routes: {
      chat: {
        targets: [
          { model: 'one', weight: 100 },
          { model: 'two', weight: 0 },
        ],
      },
    },
    rollout: { observe: { bakeMs: 200 } },
    telemetry: { traces: { ratio: 0, otlp: { endpoint: collector.url } } },
  })
  gateway = await Gateway.start({ settings })
  await gateway.idle()
  await ask()
  const change = [
    'apply',
    '--set',
    'routes/chat/targets/0/weight=0',
    '--set',
    'routes/chat/targets/1/weight=100',
  ]
  const applied = await gateway.command([...change, '--reason', 'more of two', '--wait'], {
    TRACEPARENT: `00-${traceId}-${givenSpan}-01`,
  })
  expect(applied.code, applied.text).toBe(0)
  answers = await Promise.all(Array.from({ length: 3 }, ask))
  await gateway.stop()
  spans = missing === null ? decoded() : collector.spans().map(asDecoded)
})
afterAll(async () => {
  await gateway?.[Symbol.asyncDispose]()
  await collector?.close()
})

describe('the story of a change', () => {
  it('is read by protoc, from the bytes', (context) => {
    if (missing !== null) return context.skip(missing)
    expect(spans.map((it) => it.spanId).sort()).toEqual(
      collector
        .spans()
        .map((it) => it.spanId)
        .sort(),
    )
    expect([...spans].sort(byId)).toEqual(collector.spans().map(asDecoded).sort(byId))
  })

  it('goes from the trace that was given, through the admin API, to the reload', () => {
    const server = only((it) => it.traceId === traceId && it.name.startsWith('PATCH'))
    expect(server.parentSpanId).toBe(givenSpan)
    const root = only((it) => it.traceId === traceId && it.name === 'reload')
    expect(root.parentSpanId).toBe(server.spanId)
    expect(root.attributes).toMatchObject({
      'reload.trigger': 'cli',
      'reload.status': 'success',
      'reload.config_version': '1.2',
      'reload.previous_version': '1.1',
      'reload.changed_parameters': '/routes/chat/targets/0/weight,/routes/chat/targets/1/weight',
    })
  })

  it('passes each stage, each below the reload and in the one trace', () => {
    const root = only((it) => it.traceId === traceId && it.name === 'reload')
    const stages = spans.filter((it) => it.parentSpanId === root.spanId).map((it) => it.name)
    const told = ['verify', 'publish', 'validate', 'load', 'warmup', 'swap', 'observe'].map(
      (it) => `reload.${it}`,
    )
    expect(stages).toEqual(expect.arrayContaining(told))
    const reloads = spans.filter((it) => it.traceId === traceId && it.name.startsWith('reload.'))
    const ids = new Set(spans.filter((it) => it.traceId === traceId).map((it) => it.spanId))
    expect(reloads.filter((it) => !ids.has(it.parentSpanId))).toEqual([])
  })

  it('says at the swap what it meant for the route', () => {
    const swap = only((it) => it.traceId === traceId && it.name === 'reload.swap')
    expect(swap.attributes).toMatchObject({
      'config.version': '1.2',
      'reload.previous_version': '1.1',
      'routing.rule_changed': 'chat: one=0%, two=100%',
    })
  })

  it('ends at the first requests under the new version, which lead back to the swap', () => {
    const swap = only((it) => it.traceId === traceId && it.name === 'reload.swap')
    expect(answers.map((it) => it.version)).toEqual(['1.2', '1.2', '1.2'])
    for (const answer of answers) {
      const request = only((it) => it.traceId === answer.traceId && it.name === 'chat chat')
      expect(request.attributes).toMatchObject({
        'config.version': '1.2',
        'changeover.target': 'simulated/two',
      })
      expect(request.links).toContainEqual({ traceId: swap.traceId, spanId: swap.spanId })
      const attempt = only((it) => it.parentSpanId === request.spanId)
      expect(attempt).toMatchObject({ name: 'chat two', attributes: { 'config.version': '1.2' } })
    }
    const said = spans.filter((it) => 'routing.rule_changed' in it.attributes && it.name === 'chat chat')
    expect(said.map((it) => it.attributes['routing.rule_changed'])).toEqual(['chat: one=0%, two=100%'])
  })
})

async function ask() {
  const response = await gateway.chat({ model: 'chat', messages: [{ role: 'user', content: 'hello' }] })
  await response.arrayBuffer()
  return {
    version: response.headers.get('x-changeover-version') ?? '',
    traceId: response.headers.get('traceparent')?.split('-')[1] ?? '',
  }
}

function only(is: (it: DecodedSpan) => boolean): DecodedSpan {
  const found = spans.filter(is)
  const [first] = found
  if (first === undefined || found.length > 1) throw new Error(`${found.length} spans where one was expected`)
  return first
}

function decoded(): DecodedSpan[] {
  const traces = collector.requests.filter((it) => it.path.endsWith('/v1/traces'))
  return traces.flatMap((it) => decodeByProtoc(it.bytes))
}

const STATUSES = { unset: 'STATUS_CODE_UNSET', ok: 'STATUS_CODE_OK', error: 'STATUS_CODE_ERROR' } as const

function asDecoded(it: CollectedSpan): DecodedSpan {
  const { name, spanId, parentSpanId, status } = it
  const attributes = Object.fromEntries(
    Object.entries(it.attributes).map(([key, value]) => [key, String(value)]),
  )
  const links = it.links.map((link) => ({ traceId: link.traceId, spanId: link.spanId }))
  return { name, traceId: it.traceId, spanId, parentSpanId, attributes, links, status: STATUSES[status.code] }
}

function byId(a: DecodedSpan, b: DecodedSpan): number {
  return a.spanId < b.spanId ? -1 : 1
}
