import type { AttributeValue } from '@changeover/reload'
import { ManualClock, startOtlpCollector } from '@changeover/testkit'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSpans } from '../../../testkit/src/otlp-reader.ts'
import { createIdentity } from '../identity.ts'
import { compileSettings } from '../live-settings.ts'
import { createRedactor } from '../redact.ts'
import { defaultTelemetrySettings } from '../settings.ts'
import type { SpanRecord } from '../traces/span-record.ts'
import { createSpanClock, LiveTracer } from '../traces/tracer.ts'
import { encodeSpans } from './encode-spans.ts'

const identity = createIdentity({ serviceName: 'gateway', serviceVersion: '1.2.3', instance: 'i-1' })

function recorder(attributes: 'plain' | 'dup' = 'dup') {
  const ended: SpanRecord[] = []
  const settings = {
    ...defaultTelemetrySettings,
    attributes,
    traces: { ratio: 1, otlp: { endpoint: 'http://x' } },
  }
  const tracer = new LiveTracer(
    { live: compileSettings(settings, null) },
    {
      identity,
      redactor: createRedactor(),
      now: createSpanClock(new ManualClock(1_795_255_205_757.5)),
      ended: (span) => ended.push(span),
    },
  )
  return { tracer, ended }
}

/** One of everything. */
function sampleSpans(): SpanRecord[] {
  const { tracer, ended } = recorder()
  const parent = {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    sampled: true,
    remote: true,
    traceState: 'vendor=x',
  }
  const reload = tracer.start('reload', {
    parent,
    links: [{ ...parent, remote: false }],
    kind: 'consumer',
    attributes: { 'reload.status': 'rejected', 'reload.changed_parameters': ['/a/b', '/c'] },
  })
  reload.set({
    'reload.duration_ms': 12,
    ratio: 0.25,
    minus: -7,
    far: 2 ** 45,
    whole: true,
    'text.ü': 'ä€😀',
  })
  reload.event('config.reload.rejected', { 'config.version': '3.42' })
  reload.fail('validate.refused')
  const child = tracer.start('POST /v1/chat/completions', { parent: reload.context, kind: 'server' })
  child.set({ long: 'x'.repeat(40_000), empty: '' })
  child.end()
  reload.end()
  return ended
}

describe('spans in OTLP', () => {
  it('arrive as OpenTelemetry itself would have sent them', async () => {
    const collector = await startOtlpCollector()
    const spans = sampleSpans()
    const theirs = new OTLPTraceExporter({ url: `${collector.url}/v1/traces` })
    await new Promise<void>((resolve, reject) => {
      theirs.export(spans, (result) => (result.error === undefined ? resolve() : reject(result.error)))
    })
    await theirs.shutdown()
    expect(readSpans(encodeSpans(spans, identity))).toEqual(collector.spans())
    await collector.close()
  })

  it('carry what was recorded', () => {
    const [child, reload] = readSpans(encodeSpans(sampleSpans(), identity))
    expect(reload).toMatchObject({
      name: 'reload',
      kind: 'consumer',
      parentSpanId: 'b7ad6b7169203331',
      traceState: 'vendor=x',
      status: { code: 'error', message: 'validate.refused' },
      attributes: { 'deployment.status': 'failed', minus: -7, far: 2 ** 45, ratio: 0.25, 'text.ü': 'ä€😀' },
      events: [{ attributes: { 'config.version': '3.42', 'feature_flag.version': '3.42' } }],
      links: [{ traceId: '0af7651916cd43dd8448eb211c80319c' }],
      resource: { 'service.name': 'gateway', 'service.instance.id': 'i-1' },
      scope: 'changeover',
    })
    expect(reload?.startUnixNano).toBe(1_795_255_205_757_500_000n)
    expect(child).toMatchObject({ kind: 'server', parentSpanId: reload?.spanId, attributes: { empty: '' } })
    expect(String(child?.attributes['long'])).toHaveLength(40_000)
  })

  it('keep any attributes through writing and reading', () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.boolean(),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true }),
      fc.array(fc.string({ maxLength: 40 }), { maxLength: 4 }),
    )
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((it) => it !== '__proto__')
    fc.assert(
      fc.property(
        fc.dictionary(name, value, { maxKeys: 20 }),
        (attributes: Record<string, AttributeValue>) => {
          const { tracer, ended } = recorder('plain')
          tracer.start('a', { attributes }).end()
          const clean = ended[0]?.attributes
          expect(readSpans(encodeSpans(ended, identity))[0]?.attributes).toEqual(
            withoutMinusZero({ ...clean }),
          )
        },
      ),
    )
  })

  it('are whole again after an encoding that failed in the middle', () => {
    const spans = sampleSpans()
    const broken = { context: {} } as unknown as SpanRecord
    expect(() => encodeSpans([...spans, broken], identity)).toThrow()
    expect(readSpans(encodeSpans(spans, identity))).toHaveLength(2)
  })
})

/** A whole number travels as an integer, which has no minus zero. */
function withoutMinusZero(attributes: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, it]) => [name, Object.is(it, -0) ? 0 : it]),
  )
}
