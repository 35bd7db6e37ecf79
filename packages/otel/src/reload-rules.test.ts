/** The rules for a telemetry layer that reloads (`reload-spec` 1.12), each by name. */
import type { LogRecord } from '@changeover/reload'
import { ManualClock } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { createTelemetry } from './live-telemetry.ts'
import type { LogEntry } from './logs/log-entry.ts'
import type { ExporterMakers } from './outlets.ts'
import { defaultTelemetrySettings, type OtlpTarget, type TelemetrySettings } from './settings.ts'
import type { SpanRecord } from './traces/span-record.ts'
import type { ExporterMaker } from './wire/exporter.ts'

/** What arrived where: by endpoint. */
type Arrived<Item> = Map<string, Item[]>

/** How a test makes exporters fail, and what it sees of them. */
interface Controls {
  readonly down: Set<string>
  readonly made: string[]
  readonly broken: { error: Error | null }
}

function makerInto<Item>(
  arrived: Arrived<Item>,
  { down, made, broken }: Controls,
): ExporterMaker<readonly Item[]> {
  return {
    ready: () => (broken.error === null ? Promise.resolve() : Promise.reject(broken.error)),
    isReady: () => true,
    check: () => {},
    make: ({ endpoint }: OtlpTarget) => ({
      target: (made.push(endpoint), endpoint),
      send: async (batch) => {
        if (down.has(endpoint)) throw new Error(`${endpoint} is down`)
        arrived.set(endpoint, [...(arrived.get(endpoint) ?? []), ...batch])
        return 0
      },
      close: async () => {},
    }),
  }
}

function setUp(settings: Partial<TelemetrySettings> = {}) {
  const clock = new ManualClock()
  const spans: Arrived<SpanRecord> = new Map()
  const logs: Arrived<LogEntry> = new Map()
  const down = new Set<string>()
  const made: string[] = []
  const broken: Controls['broken'] = { error: null }
  const out: string[] = []
  const err: string[] = []
  const makers: Partial<ExporterMakers> = {
    spans: makerInto(spans, { down, made, broken }),
    logs: makerInto(logs, { down, made: [], broken }),
  }
  const stdout = { write: (text: string) => out.push(text) > 0 }
  const telemetry = createTelemetry({
    serviceName: 'test',
    serviceVersion: '1',
    instance: 'i',
    settings: { ...defaultTelemetrySettings, ...settings },
    clock,
    stdout,
    stderr: { write: (text: string) => err.push(text) > 0 },
    exporters: makers,
  })
  const lines = () => {
    telemetry.flushLines()
    return out.join('').split('\n').slice(0, -1)
  }
  return { clock, spans, logs, down, made, broken, err, lines, out, stdout, telemetry }
}

const otlp = (name: string): { otlp: OtlpTarget } => ({ otlp: { endpoint: `http://${name}` } })
const logs = (format: 'json' | 'pretty' | 'logfmt', more: object = {}): Partial<TelemetrySettings> => ({
  logs: { level: 'info', format, ...more },
})
const record = (message: string, more: Partial<LogRecord> = {}): LogRecord => ({
  level: 'info',
  room: 'server',
  message,
  ...more,
})
const namesOf = (spans: readonly SpanRecord[] | undefined) => (spans ?? []).map((it) => it.name)

describe('rule 1: what began under one settings ends under it', () => {
  it('a span that is open during a swap ends with the names it began with', async () => {
    const { telemetry, clock, spans } = setUp({ attributes: 'plain', traces: { ratio: 1, ...otlp('a') } })
    const span = telemetry.tracer.start('reload', { attributes: { 'reload.attempt.id': 'rl_1' } })
    telemetry.apply({ ...telemetry.settings, attributes: 'dup' })
    const later = telemetry.tracer.start('reload', { attributes: { 'reload.attempt.id': 'rl_2' } })
    span.set({ 'reload.status': 'success' })
    span.end()
    later.end()
    await clock.advance(2000)
    expect(spans.get('http://a')?.map((it) => Object.keys(it.attributes))).toEqual([
      ['reload.attempt.id', 'reload.status'],
      ['reload.attempt.id', 'deployment.id'],
    ])
  })

  it('a line is of the form in force when it was written, however late it leaves', () => {
    const { telemetry, lines } = setUp(logs('json'))
    telemetry.logger.log(record('old form'))
    telemetry.apply({ ...telemetry.settings, logs: { level: 'info', format: 'logfmt' } })
    telemetry.logger.log(record('new form'))
    const written = lines().filter((it) => it.includes(' form'))
    expect(JSON.parse(written[0] ?? '')).toMatchObject({ msg: 'old form' })
    expect(written[1]).toContain('msg="new form"')
  })

  it('a formatter that fails leaves plain fields, and throws at nobody', () => {
    const { telemetry, lines } = setUp(logs('json'))
    const hostile = {
      get broken(): string {
        throw new Error('no')
      },
    }
    telemetry.logger.log(record('still told', { attributes: hostile }))
    expect(lines()[0]).toMatch(/info server still told \(attributes could not be written\)$/)
  })
})

describe('rule 2: paired events stay paired', () => {
  it('a span that was begun is ended, and one that was not is not, whatever the ratio becomes', async () => {
    const { telemetry, clock, spans } = setUp({ traces: { ratio: 1, ...otlp('a') } })
    const kept = telemetry.tracer.start('kept')
    telemetry.apply({ ...telemetry.settings, traces: { ratio: 0, ...otlp('a') } })
    const left = telemetry.tracer.start('left')
    const child = telemetry.tracer.start('child of kept', { parent: kept.context })
    telemetry.apply({ ...telemetry.settings, traces: { ratio: 1, ...otlp('a') } })
    telemetry.tracer.start('child of left', { parent: left.context }).end()
    for (const span of [child, left, kept]) span.end()
    await clock.advance(2000)
    expect(namesOf(spans.get('http://a'))).toEqual(['child of kept', 'kept'])
  })

  it('the end of an attempt is logged when its beginning was, even if the level rose meanwhile', () => {
    const { telemetry, lines } = setUp(logs('json'))
    const attempt = telemetry.tracer.start('reload').context
    const other = telemetry.tracer.start('reload').context
    telemetry.logger.log(record('begun', { eventName: 'config.reload.started', span: attempt }))
    telemetry.apply({ ...telemetry.settings, logs: { level: 'error', format: 'json' } })
    telemetry.logger.log(record('ended', { eventName: 'config.reload.completed', span: attempt }))
    telemetry.logger.log(record('ended twice', { eventName: 'config.reload.completed', span: attempt }))
    telemetry.logger.log(record('never begun', { eventName: 'config.reload.completed', span: other }))
    const told = lines().map((it) => JSON.parse(it).msg)
    expect(told.filter((it) => it !== 'telemetry settings changed')).toEqual(['begun', 'ended'])
  })
})

describe('rule 3: a wrapper passes everything through', () => {
  it('context goes from parent to child and out into headers across a reload', async () => {
    const { telemetry, clock, spans } = setUp({ traces: { ratio: 1, ...otlp('a') } })
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const incoming = telemetry.extract({ traceparent, tracestate: 'vendor=1' })
    const server = telemetry.tracer.start('server', { parent: incoming })
    telemetry.apply({ ...telemetry.settings, traces: { ratio: 0, ...otlp('b') } })
    const client = telemetry.tracer.start('client', { parent: server.context, links: [server.context] })
    const headers: Record<string, string> = {}
    telemetry.inject(client.context, headers)
    client.end()
    server.end()
    await clock.advance(2000)
    expect(headers).toEqual({
      traceparent: `00-0af7651916cd43dd8448eb211c80319c-${client.context.spanId}-01`,
      tracestate: 'vendor=1',
    })
    const [first, second] = spans.get('http://b') ?? []
    expect(first?.parent?.spanId).toBe(second?.context.spanId)
    expect(first?.linkList).toEqual([server.context])
    expect(second?.parent).toEqual(incoming)
  })

  it('tracer, meter and logger that were handed out once are good for life', async () => {
    const { telemetry, clock, spans, lines } = setUp({ traces: { ratio: 0, ...otlp('a') }, ...logs('json') })
    const { tracer, meter, logger } = telemetry
    meter.add('changeover.requests', 1)
    telemetry.apply({
      ...telemetry.settings,
      traces: { ratio: 1, ...otlp('b') },
      logs: { level: 'debug', format: 'logfmt' },
    })
    tracer.start('after').end()
    meter.add('changeover.requests', 1)
    logger.log(record('after', { level: 'debug' }))
    await clock.advance(2000)
    expect(namesOf(spans.get('http://b'))).toEqual(['after'])
    expect(lines().at(-1)).toContain('level=debug room=server msg=after')
    expect(await telemetry.metricsText()).toContain('changeover_requests_total 2')
  })
})

describe('rule 4: levels are worked out anew at each swap', () => {
  it('a room follows the default level unless it has its own, from the next record on', () => {
    const { telemetry } = setUp(logs('json', { rooms: { engine: 'debug' } }))
    const { logger } = telemetry
    const asked = () => [
      logger.enabled('debug', 'engine'),
      logger.enabled('debug', 'server'),
      logger.enabled('info', 'server'),
    ]
    expect(asked()).toEqual([true, false, true])
    telemetry.apply({
      ...telemetry.settings,
      logs: { level: 'warn', format: 'json', rooms: { server: 'trace' } },
    })
    expect(asked()).toEqual([false, true, true])
    telemetry.apply({ ...telemetry.settings, logs: { level: 'debug', format: 'json' } })
    expect(asked()).toEqual([true, true, true])
  })
})

describe('rule 5: nothing that is logged inside a swap comes back in', () => {
  it('an output that logs while it is written to is put behind, not inside', async () => {
    const { telemetry, clock, stdout, lines } = setUp(logs('json'))
    const write = stdout.write
    let depth = 0
    let deepest = 0
    let logged = 0
    stdout.write = (text) => {
      depth++
      deepest = Math.max(deepest, depth)
      if (logged < 3) telemetry.logger.log(record(`from inside ${++logged} ${'x'.repeat(20_000)}`))
      depth--
      return write(text)
    }
    telemetry.logger.log(record('x'.repeat(20_000)))
    telemetry.apply({ ...telemetry.settings, logs: { level: 'info', format: 'logfmt' } })
    await clock.advance(100)
    expect(deepest).toBe(1)
    expect(lines().filter((it) => it.includes('from inside'))).toHaveLength(3)
  })

  it('a swap calls nobody: it only moves pointers and puts its record aside', () => {
    const { telemetry, out } = setUp(logs('json'))
    telemetry.apply({ ...telemetry.settings, logs: { level: 'debug', format: 'pretty' } })
    expect(out).toEqual([])
  })
})

describe('rule 6: what is dead says so', () => {
  it('apply and prepare after shutdown are typed errors, and recording is silent', async () => {
    const { telemetry } = setUp({ traces: { ratio: 1, ...otlp('a') } })
    expect(await telemetry.shutdown(1000)).toBe(true)
    expect(() => telemetry.apply(defaultTelemetrySettings)).toThrow(
      expect.objectContaining({ name: 'TelemetryError', code: 'telemetry.closed' }),
    )
    await expect(telemetry.prepare(defaultTelemetrySettings)).rejects.toMatchObject({
      code: 'telemetry.closed',
    })
    telemetry.tracer.start('late').end()
    telemetry.meter.add('changeover.requests', 1)
    expect(telemetry.dropped().spans).toBe(1)
  })
})

describe('rule 7: the swap is written to the old and to the new sink', () => {
  it('as a line in the old and in the new form', () => {
    const { telemetry, lines } = setUp(logs('json'))
    telemetry.apply({ ...telemetry.settings, logs: { level: 'info', format: 'logfmt' } }, { version: '1.8' })
    const [old, next, ...rest] = lines()
    expect(JSON.parse(old ?? '')).toMatchObject({
      'event.type': 'reload.swap',
      'config.changed_parameters': ['/logs/format'],
    })
    expect(next).toContain('event.type=reload.swap config.changed_parameters="[\\"/logs/format\\"]"')
    expect(next).toContain('config.version=1.8')
    expect(rest).toEqual([])
  })

  it('as a record to the old and to the new collector', async () => {
    const { telemetry, clock, logs: arrived } = setUp(logs('json', otlp('old')))
    telemetry.apply({ ...telemetry.settings, logs: { level: 'info', format: 'json', ...otlp('new') } })
    await clock.advance(2000)
    for (const name of ['http://old', 'http://new']) {
      expect(arrived.get(name)?.map((it) => it.record.eventName)).toEqual(['reload.swap'])
    }
  })

  it('as the span reload.swap, whether it has ended before telemetry changes or ends after', async () => {
    for (const endsBefore of [true, false]) {
      const { telemetry, clock, spans } = setUp({ traces: { ratio: 1, ...otlp('old') } })
      const swap = telemetry.tracer.start('reload.swap')
      if (endsBefore) swap.end()
      telemetry.apply({ ...telemetry.settings, traces: { ratio: 1, ...otlp('new') } })
      swap.end()
      telemetry.tracer.start('later').end()
      await clock.advance(3000)
      expect(namesOf(spans.get('http://old'))).toEqual(['reload.swap'])
      expect(namesOf(spans.get('http://new'))).toEqual(['reload.swap', 'later'])
    }
  })

  it('as the whole reload that brings in the first collector, though its stages were over', async () => {
    const { telemetry, clock, spans } = setUp()
    const old = telemetry.tracer.start('reload')
    old.end()
    await clock.advance(11_000)
    const root = telemetry.tracer.start('reload')
    for (const stage of ['reload.verify', 'reload.load', 'reload.swap']) {
      telemetry.tracer.start(stage, { parent: root.context }).end()
    }
    telemetry.apply({ ...telemetry.settings, traces: { ratio: 1, ...otlp('first') } })
    root.end()
    telemetry.apply({ ...telemetry.settings, traces: { ratio: 1, ...otlp('second') } })
    await clock.advance(3000)
    const arrived = spans.get('http://first') ?? []
    expect(namesOf(arrived)).toEqual(['reload.verify', 'reload.load', 'reload.swap', 'reload'])
    expect(new Set(arrived.map((it) => it.context.traceId))).toEqual(new Set([root.context.traceId]))
    expect(spans.get('http://second')).toBeUndefined()
  })

  it('and not when nothing about telemetry changes', () => {
    const { telemetry, lines } = setUp(logs('json'))
    telemetry.apply(structuredClone(telemetry.settings), { version: '1.9' })
    telemetry.logger.log(record('after'))
    expect(lines().map((it) => JSON.parse(it))).toMatchObject([{ msg: 'after', 'config.version': '1.9' }])
  })
})

describe('rule 8: a sink that fails falls back to standard error', () => {
  it('lines go there when the output is gone', async () => {
    const { telemetry, clock, stdout, err } = setUp(logs('json'))
    stdout.write = () => {
      throw new Error('EPIPE')
    }
    telemetry.logger.log(record('still told'))
    await clock.advance(10)
    expect(err.join('')).toContain('"msg":"still told"')
  })

  it('a collector that cannot be reached is named there, once a minute, without its secrets', async () => {
    const { telemetry, clock, down, err } = setUp({ traces: { ratio: 1, ...otlp('a') } })
    down.add('http://b')
    const secret = { authorization: 'Bearer canary-8812' }
    telemetry.apply({
      ...telemetry.settings,
      traces: { ratio: 1, otlp: { endpoint: 'http://b', headers: secret } },
    })
    for (let i = 0; i < 5; i++) {
      telemetry.tracer.start('a canary-8812').end()
      await clock.advance(2000)
    }
    expect(err).toHaveLength(1)
    expect(err[0]).toMatch(
      /^telemetry.export_failed: 1 spans could not be sent to "http:\/\/b".*http:\/\/b is down/,
    )
    expect(err[0]).toContain('telemetry.export_failed')
    expect(err[0]).not.toContain('canary')
    expect(telemetry.dropped().spans).toBe(5)
    expect(await telemetry.metricsText()).toContain(
      'changeover_telemetry_dropped_total{changeover_reason="export_failed",changeover_signal="spans"} 5',
    )
    await clock.advance(60_000)
    telemetry.tracer.start('later').end()
    await clock.advance(2000)
    expect(err).toHaveLength(2)
  })
})

describe('what a change leaves alone', () => {
  it('an exporter whose target stays the same goes on, with what it holds', async () => {
    const { telemetry, clock, spans, made } = setUp({ traces: { ratio: 1, ...otlp('a') } })
    telemetry.tracer.start('before').end()
    telemetry.apply({ ...telemetry.settings, traces: { ratio: 0.5, ...otlp('a') } })
    telemetry.apply(await telemetry.prepare({ ...telemetry.settings, attributes: 'plain' }))
    await clock.advance(2000)
    expect(made).toEqual(['http://a'])
    expect(namesOf(spans.get('http://a'))).toEqual(['before'])
  })

  it('everything, when the code that sends cannot be loaded', async () => {
    const { telemetry, broken } = setUp({ traces: { ratio: 1, ...otlp('a') } })
    const before = telemetry.settings
    broken.error = new Error('no such module')
    const prepared = telemetry.prepare({ ...before, traces: { ratio: 1, ...otlp('b') } })
    await expect(prepared).rejects.toMatchObject({ code: 'telemetry.exporter', cause: broken.error })
    expect(telemetry.settings).toBe(before)
  })

  it('credentials are known as secrets from their preparation on', async () => {
    const { telemetry } = setUp()
    const headers = { authorization: 'Bearer canary-4471' }
    await telemetry.prepare({
      ...telemetry.settings,
      traces: { ratio: 1, otlp: { endpoint: 'http://a', headers } },
    })
    expect(telemetry.redactor.text('said canary-4471 aloud')).toBe('said [redacted] aloud')
  })
})

describe('a storm of telemetry reloads under open spans', () => {
  it('loses no span, throws at nobody and ends on the last settings', async () => {
    const { telemetry, clock, spans, lines } = setUp({ traces: { ratio: 1, ...otlp('t0') }, ...logs('json') })
    const formats = ['json', 'logfmt', 'pretty'] as const
    const spanCount = 600
    const opened = []
    for (let i = 0; i < spanCount; i++) {
      opened.push(telemetry.tracer.start(`span ${i}`))
      telemetry.apply({
        attributes: i % 2 === 0 ? 'dup' : 'plain',
        metrics: {},
        traces: { ratio: 1, ...otlp(`t${i % 7}`) },
        logs: { level: i % 5 === 0 ? 'debug' : 'info', format: formats[i % 3] ?? 'json' },
      })
      if (i % 3 === 0) opened.shift()?.end()
      if (i % 50 === 0) await clock.advance(100)
      telemetry.logger.log(record(`line ${i}`))
    }
    for (const span of opened) span.end()
    await telemetry.forceFlush(1000)
    await clock.advance(5000)
    const names = [...spans.values()].flat().map((it) => it.name)
    expect(new Set(names).size).toBe(spanCount)
    expect(names).toHaveLength(spanCount)
    expect(telemetry.dropped()).toEqual({ spans: 0, logs: 0, metrics: 0 })
    expect(lines().filter((it) => /line \d+/.test(it))).toHaveLength(spanCount)
  })
})
