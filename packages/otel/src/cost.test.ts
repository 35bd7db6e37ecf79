/**
 * What telemetry may cost, with ten times the room that it needs on an ordinary machine: a ceiling for
 * mistakes (an allocation in a loop, a regular expression on the hot path), not a benchmark.
 */
import { ManualClock } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { createTelemetry } from './live-telemetry.ts'
import { defaultTelemetrySettings } from './settings.ts'
import type { SpanRecord } from './traces/span-record.ts'
import { encodeSpans } from './wire/encode-spans.ts'

const silent = { write: () => true }

function telemetryWith(ratio: number) {
  const batches: (readonly SpanRecord[])[] = []
  const telemetry = createTelemetry({
    serviceName: 'a',
    serviceVersion: '1',
    instance: 'i',
    settings: { ...defaultTelemetrySettings, traces: { ratio, otlp: { endpoint: 'http://x' } } },
    clock: new ManualClock(),
    stdout: silent,
    stderr: silent,
    exporters: {
      spans: {
        ready: () => Promise.resolve(),
        isReady: () => true,
        check: () => {},
        make: () => ({ target: 'x', send: async (it) => batches.push(it) * 0, close: async () => {} }),
      },
    },
  })
  return { telemetry, batches }
}

/** Microseconds of one call, the best of five rounds: what others do on the machine only ever adds. */
function costOf(run: () => void, times: number): number {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const began = performance.now()
    for (let i = 0; i < times; i++) run()
    best = Math.min(best, ((performance.now() - began) / times) * 1000)
  }
  return best
}

const attributes = {
  'http.request.method': 'POST',
  'http.route': '/v1/chat/completions',
  'http.response.status_code': 200,
  'config.version': '3.42',
  'config.scope': 'gateway/prod',
  'gen_ai.request.model': 'gpt-4o-mini',
  'gen_ai.usage.input_tokens': 120,
  'gen_ai.usage.output_tokens': 55,
}

describe('the cost', () => {
  it('of a span that nobody keeps stays under 5 µs', () => {
    const { telemetry } = telemetryWith(0)
    const run = () => telemetry.tracer.start('chat a', { kind: 'server' }).end()
    expect(costOf(run, 5000)).toBeLessThan(5)
  })

  it('of a span that is kept, with its share of the export, stays under 50 µs', async () => {
    const { telemetry, batches } = telemetryWith(1)
    const run = () => telemetry.tracer.start('chat a', { kind: 'server', attributes }).end()
    const recording = costOf(run, 200)
    await telemetry.forceFlush(1000)
    const [batch] = batches
    expect(batch).toHaveLength(256)
    const identity = { attributes: {}, scope: { name: 'a' } } as unknown as Parameters<typeof encodeSpans>[1]
    const encoding = costOf(() => void encodeSpans(batch ?? [], identity), 10) / 256
    expect(recording + encoding).toBeLessThan(50)
  })

  it('of a bound counter stays under 1 µs', () => {
    const { telemetry } = telemetryWith(0)
    const counter = telemetry.meter.bind('changeover.requests', attributes)
    expect(costOf(() => counter.add(1), 5000)).toBeLessThan(1)
  })

  it('of a record below its level stays under 2 µs', () => {
    const { telemetry } = telemetryWith(0)
    const run = () => telemetry.logger.log({ level: 'debug', room: 'server', message: 'x' })
    expect(costOf(run, 5000)).toBeLessThan(2)
  })
})
