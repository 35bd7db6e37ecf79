import type { SpanContext } from '@changeover/reload'
import { ManualClock } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { createIdentity } from '../identity.ts'
import { compileSettings } from '../live-settings.ts'
import { createRedactor } from '../redact.ts'
import { defaultTelemetrySettings } from '../settings.ts'
import type { SpanRecord } from './span-record.ts'
import { createSpanClock, LiveTracer } from './tracer.ts'

const remote = (sampled: boolean): SpanContext => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  sampled,
  remote: true,
})

function tracerWith(ratio: number, exporting = true) {
  const clock = new ManualClock()
  const ended: SpanRecord[] = []
  const otlp = exporting ? { otlp: { endpoint: 'http://127.0.0.1:1' } } : {}
  const settings = { ...defaultTelemetrySettings, traces: { ratio, ...otlp } }
  const tracer = new LiveTracer(
    { live: compileSettings(settings, null) },
    {
      identity: createIdentity({ serviceName: 'a', serviceVersion: '1', instance: 'i' }),
      redactor: createRedactor(),
      now: createSpanClock(clock),
      ended: (span) => ended.push(span),
    },
  )
  return { clock, ended, tracer }
}

describe('a tracer', () => {
  it('keeps every reload span, whatever the ratio, the parent and the exporter', () => {
    for (const { tracer, ended } of [tracerWith(0), tracerWith(0, false)]) {
      tracer.start('reload').end()
      tracer.start('reload.swap', { parent: remote(false) }).end()
      tracer.start('context.migrate').end()
      expect(ended.map((it) => it.name)).toEqual(['reload', 'reload.swap', 'context.migrate'])
      expect(ended[1]?.context).toMatchObject({ traceId: remote(false).traceId, sampled: true })
    }
  })

  it('follows the decision of the parent for everything else', () => {
    const { tracer, ended } = tracerWith(0)
    tracer.start('POST /v1', { parent: remote(true) }).end()
    tracer.start('POST /v2', { parent: remote(false) }).end()
    tracer.start('context.read', { parent: remote(false) }).end()
    tracer.start('reloads-of-somebody-else').end()
    expect(ended.map((it) => it.name)).toEqual(['POST /v1'])
  })

  it('keeps what it is asked to keep, as far as anything is exported', () => {
    const { tracer, ended } = tracerWith(0)
    tracer.start('first under a version', { keep: true }).end()
    tracer.start('asked by nobody', { parent: remote(false), keep: true }).end()
    expect(ended.map((it) => it.name)).toEqual(['first under a version', 'asked by nobody'])
    const silent = tracerWith(1, false)
    silent.tracer.start('first', { keep: true }).end()
    expect(silent.ended).toEqual([])
  })

  it('keeps about the share of new traces that the ratio says', () => {
    const { tracer, ended } = tracerWith(0.25)
    for (let i = 0; i < 4000; i++) tracer.start('POST /v1').end()
    expect(ended.length).toBeGreaterThan(800)
    expect(ended.length).toBeLessThan(1200)
  })

  it('passes the identity of the parent on through spans that are not kept', () => {
    const { tracer } = tracerWith(1, false)
    const parent = { ...remote(true), traceState: 'a=1' }
    expect(tracer.start('POST /v1', { parent }).context).toEqual(parent)
  })

  it('gives a root that is not kept one identity, drawn when it is asked for', () => {
    const { tracer } = tracerWith(0)
    const span = tracer.start('POST /v1')
    expect(span.context.traceId).toMatch(/^[0-9a-f]{32}$/)
    expect(span.context).toBe(span.context)
    expect(tracer.start('child', { parent: span.context }).context).toBe(span.context)
  })

  it('hands tracestate down and gives each kept span an id of its own', () => {
    const { tracer } = tracerWith(1)
    const span = tracer.start('a', { parent: { ...remote(true), traceState: 'a=1' } })
    expect(span.context.traceState).toBe('a=1')
    expect(span.context.spanId).not.toBe(remote(true).spanId)
  })

  it('measures with the monotonic clock, so a corrected wall clock cannot make a span end before it began', async () => {
    const { tracer, clock, ended } = tracerWith(1)
    const span = tracer.start('a')
    await clock.advance(40)
    clock.turnWall(-3_600_000)
    span.end()
    expect((ended[0]?.endMs ?? 0) - (ended[0]?.startMs ?? 0)).toBe(40)
  })

  it('ends a span once, and takes nothing after its end', () => {
    const { tracer, ended } = tracerWith(1)
    const span = tracer.start('a', { attributes: { x: 1 } })
    span.end()
    span.end()
    span.set({ x: 2 })
    span.event('late')
    span.fail('late')
    expect(ended).toHaveLength(1)
    expect(ended[0]).toMatchObject({ attributes: { x: 1 }, failure: null, events: [] })
  })

  it('says a failure as a stable code and keeps the error with its causes as an event', () => {
    const { tracer, ended } = tracerWith(1)
    const span = tracer.start('a')
    span.fail('warmup.deadline', new Error('late', { cause: new Error('stuck') }))
    span.end()
    expect(ended[0]?.status).toEqual({ code: 2, message: 'warmup.deadline' })
    expect(ended[0]?.attributes['error.type']).toBe('warmup.deadline')
    expect(ended[0]?.events[0]).toMatchObject({
      name: 'exception',
      attributes: { 'exception.message': 'late' },
    })
    expect(String(ended[0]?.events[0]?.attributes?.['exception.stacktrace'])).toContain(
      'caused by Error: stuck',
    )
  })

  it('may be linked to what turned out to matter only later', () => {
    const { tracer, ended } = tracerWith(1)
    const span = tracer.start('a', { links: [remote(true)] })
    span.link?.(remote(false))
    span.end()
    span.link?.(remote(false))
    expect(ended[0]?.linkList).toEqual([remote(true), remote(false)])
  })

  it('bounds events and links and says how many it left out', () => {
    const { tracer, ended } = tracerWith(1)
    const span = tracer.start('a', { links: Array.from({ length: 130 }, () => remote(true)) })
    for (let i = 0; i < 130; i++) span.event(`e${i}`)
    span.link?.(remote(true))
    span.end()
    expect(ended[0]).toMatchObject({ droppedEventsCount: 2, droppedLinksCount: 3 })
    expect(ended[0]?.links).toHaveLength(128)
  })
})
