/** The whole way over real HTTP: what a collector gets, as its own bytes and as `protoc` reads them. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { systemClock } from '@changeover/reload'
import { type OtlpCollector, startOtlpCollector } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTelemetry, type LiveTelemetry } from './live-telemetry.ts'
import { defaultTelemetrySettings, type TelemetrySettings } from './settings.ts'

const PROTO = resolve(import.meta.dirname, '../../../../shared/data/opentelemetry-proto')
const MESSAGES = {
  '/v1/traces': ['trace', 'ExportTraceServiceRequest'],
  '/v1/logs': ['logs', 'ExportLogsServiceRequest'],
  '/v1/metrics': ['metrics', 'ExportMetricsServiceRequest'],
} as const

let collector: OtlpCollector
const running: LiveTelemetry[] = []
beforeEach(async () => {
  collector = await startOtlpCollector()
})
afterEach(async () => {
  for (const it of running.splice(0)) await it.shutdown(1000)
  await collector.close()
})

function start(settings: Partial<TelemetrySettings> = {}) {
  const err: string[] = []
  const out: string[] = []
  const telemetry = createTelemetry({
    serviceName: 'gateway',
    serviceVersion: '0.1.0',
    instance: 'i-1',
    settings: { ...defaultTelemetrySettings, ...settings },
    clock: systemClock,
    stdout: { write: (text) => out.push(text) > 0 },
    stderr: { write: (text) => err.push(text) > 0 },
  })
  running.push(telemetry)
  return { telemetry, err, out }
}

function everythingTo(endpoint: string, headers: Record<string, string> = {}): TelemetrySettings {
  const otlp = { endpoint, headers, timeoutMs: 2000 }
  return {
    logs: { level: 'info', format: 'json', otlp },
    traces: { ratio: 1, otlp },
    metrics: { otlp },
    attributes: 'dup',
  }
}

function emitSomething(telemetry: LiveTelemetry): void {
  const reload = telemetry.tracer.start('reload', { attributes: { 'reload.trigger': 'file' } })
  const swap = telemetry.tracer.start('reload.swap', { parent: reload.context, links: [reload.context] })
  swap.event('config.reload.completed', { 'config.version': '3.42' })
  swap.end()
  reload.fail('observe.regressed', new Error('worse', { cause: new Error('5xx') }))
  reload.end()
  telemetry.logger.log({
    level: 'warn',
    room: 'engine',
    message: 'taken back',
    span: reload.context,
    eventName: 'config.reload.rolled_back',
  })
  telemetry.meter.add('reload.attempts', 1, { 'reload.status': 'rolled_back' })
  telemetry.meter.record('reload.duration', 0.42, { 'reload.stage': 'swap' }, swap.context)
  telemetry.meter.observe('config.age', () => [{ value: 1.5 }])
}

/** `null` with a reason when it cannot be decoded here. */
function decode(path: string, bytes: Buffer): { text: string } | { skip: string } {
  if (!existsSync(PROTO))
    return { skip: 'no ../shared/data/opentelemetry-proto: the definitions are not here' }
  const [signal, message] = MESSAGES[path as keyof typeof MESSAGES]
  const folder = `opentelemetry/proto/collector/${signal}/v1`
  const decoded = spawnSync(
    'protoc',
    [
      `--decode=opentelemetry.proto.collector.${signal}.v1.${message}`,
      `--proto_path=${PROTO}`,
      `${PROTO}/${folder}/${signal}_service.proto`,
    ],
    { input: bytes },
  )
  if (decoded.error !== undefined) return { skip: 'protoc is not installed (apt: protobuf-compiler)' }
  expect(decoded.stderr.toString()).toBe('')
  expect(decoded.status).toBe(0)
  return { text: decoded.stdout.toString() }
}

describe('what a collector gets', () => {
  it('is read by protoc without a complaint and without a field it does not know', async (context) => {
    const { telemetry } = start(everythingTo(collector.url))
    emitSomething(telemetry)
    await expect
      .poll(async () => (await telemetry.forceFlush(2000), collector.requests.length))
      .toBeGreaterThan(2)
    const texts = new Map<string, string>()
    for (const { path, bytes } of collector.requests) {
      const decoded = decode(path, bytes)
      if ('skip' in decoded) return context.skip(decoded.skip)
      texts.set(path, decoded.text)
    }
    expect([...texts.keys()].sort()).toEqual(['/v1/logs', '/v1/metrics', '/v1/traces'])
    for (const text of texts.values()) expect(text).not.toMatch(/^\s*\d+[:{ ]/m)
    expect(texts.get('/v1/traces')).toMatch(/name: "reload.swap"/)
    expect(texts.get('/v1/traces')).toMatch(/code: STATUS_CODE_ERROR/)
    expect(texts.get('/v1/logs')).toMatch(/event_name: "config.reload.rolled_back"/)
    expect(texts.get('/v1/metrics')).toMatch(/aggregation_temporality: AGGREGATION_TEMPORALITY_CUMULATIVE/)
  })

  it('is one story: parents, links, trace ids of logs, examples of metrics', async () => {
    const { telemetry } = start()
    telemetry.apply(await telemetry.prepare(everythingTo(collector.url)), { version: '3.42' })
    emitSomething(telemetry)
    await telemetry.forceFlush(2000)
    const [swap, reload] = collector.spans()
    expect(swap).toMatchObject({
      name: 'reload.swap',
      parentSpanId: reload?.spanId,
      traceId: reload?.traceId,
    })
    expect(swap?.links).toEqual([{ traceId: reload?.traceId, spanId: reload?.spanId }])
    expect(reload?.events[0]?.attributes['exception.stacktrace']).toContain('caused by Error: 5xx')
    const log = collector.logs().find((it) => it.severityText === 'WARN')
    expect(log).toMatchObject({
      traceId: reload?.traceId,
      body: 'taken back',
      attributes: { 'config.version': '3.42', 'event.type': 'config.reload.rolled_back' },
    })
    const metrics = new Map(collector.metrics().map((it) => [it.name, it]))
    expect(metrics.get('reload.duration')?.exemplarTraceIds).toEqual([swap?.traceId])
    expect(metrics.get('config.age')).toMatchObject({ type: 'gauge', value: 1.5, unit: 's' })
    expect(metrics.get('reload.attempts')).toMatchObject({ type: 'sum', monotonic: true, value: 1 })
  })

  it('has no secret in it, in any signal, nor have the lines and /metrics (I30)', async () => {
    const canary = 'canary-5d0c-value'
    const { telemetry, out, err } = start(everythingTo(collector.url, { 'x-api-key': canary }))
    const span = telemetry.tracer.start('reload', {
      attributes: { a: canary, b: [canary], authorization: 'other-canary' },
    })
    span.event('e', { c: `x${canary}y` })
    span.fail('x.y', new Error(canary, { cause: new Error(canary) }))
    span.end()
    telemetry.logger.log({
      level: 'error',
      room: 'a',
      message: canary,
      attributes: { d: canary },
      error: new Error(canary),
    })
    telemetry.meter.add('changeover.requests', 1, { 'changeover.route': canary })
    await expect
      .poll(async () => (await telemetry.forceFlush(2000), collector.requests.length))
      .toBeGreaterThan(2)
    const sent = collector.requests.map((it) => it.bytes.toString('latin1')).join('')
    const everything = sent + out.join('') + err.join('') + (await telemetry.metricsText())
    expect(everything).toContain('[redacted]')
    expect(everything).not.toContain('canary')
    expect(collector.requests[0]?.headers['x-api-key']).toBe(canary)
  })
})

describe('a target that changes', () => {
  it('by its headers alone gets another exporter, and no span is lost or sent twice', async () => {
    const { telemetry } = start()
    telemetry.apply(await telemetry.prepare(everythingTo(collector.url, { 'x-team': 'one' })))
    telemetry.tracer.start('first').end()
    telemetry.apply(await telemetry.prepare(everythingTo(collector.url, { 'x-team': 'two' })))
    telemetry.tracer.start('second').end()
    await telemetry.forceFlush(2000)
    const traces = collector.requests.filter((it) => it.path === '/v1/traces')
    expect(new Set(traces.map((it) => it.headers['x-team']))).toEqual(new Set(['one', 'two']))
    expect(
      collector
        .spans()
        .map((it) => it.name)
        .sort(),
    ).toEqual(['first', 'second'])
  })

  it('from one that is down to one that is up keeps what the first could not take', async () => {
    const other = await startOtlpCollector()
    collector.answer(400)
    const { telemetry } = start()
    telemetry.apply(await telemetry.prepare(everythingTo(collector.url)))
    telemetry.tracer.start('kept').end()
    telemetry.apply(await telemetry.prepare(everythingTo(other.url)))
    await telemetry.forceFlush(2000)
    expect(other.spans().map((it) => it.name)).toEqual(['kept'])
    expect(telemetry.dropped().spans).toBe(0)
    await other.close()
  })

  it('is used without preparation too, as soon as its code is loaded', async () => {
    const { telemetry } = start()
    telemetry.apply(everythingTo(`${collector.url}/`))
    telemetry.tracer.start('early').end()
    await expect.poll(async () => (await telemetry.forceFlush(500), collector.spans().length)).toBe(1)
  })

  it('that is refused leaves the running telemetry as it is', async () => {
    const { telemetry } = start(everythingTo(collector.url))
    const before = telemetry.settings
    const refused = [
      [everythingTo('ftp://x'), 'telemetry.endpoint'],
      [everythingTo('not an address'), 'telemetry.endpoint'],
      [everythingTo('http://user:hunter2@x'), 'telemetry.endpoint'],
      [everythingTo(collector.url, { 'a b': 'x' }), 'telemetry.header'],
      [everythingTo(collector.url, { ok: 'a\r\nInjected: 1' }), 'telemetry.header'],
    ] as const
    for (const [settings, code] of refused) {
      await expect(telemetry.prepare(settings)).rejects.toMatchObject({ code })
      expect(() => telemetry.apply(settings)).toThrow(expect.objectContaining({ code }))
    }
    await expect(telemetry.prepare(everythingTo('http://u:hunter2@x'))).rejects.not.toThrow(/hunter2/)
    expect(telemetry.settings).toBe(before)
  })

  it('leaves no socket behind when it is given up', async () => {
    const sockets = new Set<unknown>()
    const server = createServer((request, response) => request.resume().on('end', () => response.end()))
    server.on('connection', (socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
    })
    await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo
    const { telemetry } = start()
    telemetry.apply(await telemetry.prepare(everythingTo(`http://127.0.0.1:${port}`)))
    telemetry.tracer.start('a').end()
    await telemetry.forceFlush(2000)
    expect(sockets.size).toBeGreaterThan(0)
    telemetry.apply(defaultTelemetrySettings)
    await expect.poll(() => sockets.size, { timeout: 3000 }).toBe(0)
    server.close()
  })

  it('that was only prepared is let go without a connection', async () => {
    const { telemetry } = start()
    const prepared = await telemetry.prepare(everythingTo(collector.url))
    await prepared.release()
    await prepared.release()
    telemetry.apply(prepared)
    telemetry.tracer.start('anyway').end()
    await telemetry.forceFlush(2000)
    expect(collector.spans()).toHaveLength(1)
  })
})

describe('a collector in trouble', () => {
  it('that is busy is asked again until it takes the batch', async () => {
    collector.answer(503)
    const { telemetry } = start()
    telemetry.apply(
      await telemetry.prepare({
        ...everythingTo(collector.url),
        metrics: {},
        logs: defaultTelemetrySettings.logs,
      }),
    )
    telemetry.tracer.start('patient').end()
    const flushed = telemetry.forceFlush(5000)
    await expect.poll(() => collector.refused()).toBeGreaterThan(0)
    collector.answer(200)
    expect(await flushed).toBe(true)
    expect(collector.spans().map((it) => it.name)).toEqual(['patient'])
  })

  it('that refuses part of a batch has that part counted', async () => {
    // ExportTraceServiceResponse { partial_success { rejected_spans: 3 } }
    const partial = createServer((request, response) =>
      request.resume().on('end', () => response.end(Buffer.from([10, 2, 8, 3]))),
    )
    await new Promise<void>((done) => void partial.listen(0, '127.0.0.1', done))
    const { port } = partial.address() as AddressInfo
    const { telemetry, err } = start()
    telemetry.apply(
      await telemetry.prepare({
        ...defaultTelemetrySettings,
        traces: everythingTo(`http://127.0.0.1:${port}`).traces,
      }),
    )
    telemetry.tracer.start('a').end()
    await telemetry.forceFlush(2000)
    expect(telemetry.dropped().spans).toBe(3)
    expect(err[0]).toContain('(refused)')
    partial.close()
    partial.closeAllConnections()
  })

  it('that never answers does not hold up a shutdown beyond its time', async () => {
    const silent = createServer(() => {})
    await new Promise<void>((done) => void silent.listen(0, '127.0.0.1', done))
    const { port } = silent.address() as AddressInfo
    const { telemetry } = start()
    telemetry.apply(await telemetry.prepare(everythingTo(`http://127.0.0.1:${port}`)))
    telemetry.tracer.start('a').end()
    const began = performance.now()
    expect(await telemetry.shutdown(200)).toBe(false)
    expect(performance.now() - began).toBeLessThan(1500)
    silent.closeAllConnections()
    silent.close()
  })
})
