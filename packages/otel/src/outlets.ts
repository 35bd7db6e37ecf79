/**
 * The three ways out (spans, logs, metrics) and what is done about a loss.
 *
 * A loss is counted (`changeover.telemetry.dropped`) and said on standard error at most once a minute for
 * each signal: through the log it could feed itself.
 */
import type { Clock } from '@changeover/reload'
import { describeError } from './error-chain.ts'
import { TelemetryError } from './errors.ts'
import type { Identity } from './identity.ts'
import type { LineSink } from './logs/line-sink.ts'
import type { LogEntry } from './logs/log-entry.ts'
import type { LiveMeter } from './metrics/meter.ts'
import { MetricPump } from './metrics/metric-pump.ts'
import type { Redactor } from './redact.ts'
import type { TelemetrySettings } from './settings.ts'
import type { SpanRecord } from './traces/span-record.ts'
import { BatchQueue, type DropReason, type Loss } from './wire/batch-queue.ts'
import { encodeLogs } from './wire/encode-logs.ts'
import { encodeMetrics, type MetricBatch } from './wire/encode-metrics.ts'
import { encodeSpans } from './wire/encode-spans.ts'
import type { ExporterMaker, Signal } from './wire/exporter.ts'
import { createOtlpMaker } from './wire/otlp-exporter.ts'
import { type Built, SignalPort } from './wire/signal-port.ts'

const QUEUE = { capacity: 8192, batchSize: 256, delayMs: 1000 } as const
const DEFAULT_INTERVAL_MS = 60_000
const COMPLAINT_MS = 60_000

export interface ExporterMakers {
  readonly spans: ExporterMaker<readonly SpanRecord[]>
  readonly logs: ExporterMaker<readonly LogEntry[]>
  readonly metrics: ExporterMaker<MetricBatch>
}

export interface OutletsOptions {
  readonly clock: Clock
  readonly identity: Identity
  readonly redactor: Redactor
  readonly meter: LiveMeter
  readonly sink: LineSink
  readonly makers?: Partial<ExporterMakers>
}

/** Exporters that were built aside for settings that are not in force yet. */
export interface BuiltOutlets {
  readonly spans: Built<readonly SpanRecord[]>
  readonly logs: Built<readonly LogEntry[]>
  readonly metrics: Built<MetricBatch>
}

export type Dropped = Readonly<Record<Signal, number>>

export class Outlets {
  readonly spans: BatchQueue<SpanRecord>
  readonly logs: BatchQueue<LogEntry>
  readonly #metrics: MetricPump
  readonly #ports: {
    readonly spans: SignalPort<readonly SpanRecord[]>
    readonly logs: SignalPort<readonly LogEntry[]>
    readonly metrics: SignalPort<MetricBatch>
  }
  readonly #options: OutletsOptions
  readonly #dropped: Record<Signal, number> = { spans: 0, logs: 0, metrics: 0 }
  readonly #complainedAt = new Map<string, number>()
  #intervalMs = DEFAULT_INTERVAL_MS

  constructor(options: OutletsOptions) {
    this.#options = options
    const { clock, meter } = options
    const startMs = clock.now()
    this.spans = new BatchQueue({ signal: 'spans', clock, ...QUEUE, lost: this.#lost })
    this.logs = new BatchQueue({ signal: 'logs', clock, ...QUEUE, lost: this.#lost })
    this.#metrics = new MetricPump({
      clock,
      read: () => ({ metrics: meter.collect(), startMs, atMs: clock.now() }),
      lost: this.#lost,
    })
    const makers = { ...createMakers(options), ...options.makers }
    this.#ports = {
      spans: new SignalPort({
        signal: 'spans',
        maker: makers.spans,
        exchange: (next, waiting) => this.spans.exchange(next, waiting),
        failed: (error) => this.#failed('spans', error),
      }),
      logs: new SignalPort({
        signal: 'logs',
        maker: makers.logs,
        exchange: (next, waiting) => this.logs.exchange(next, waiting),
        failed: (error) => this.#failed('logs', error),
      }),
      metrics: new SignalPort({
        signal: 'metrics',
        maker: makers.metrics,
        exchange: (next) => this.#metrics.exchange(next, this.#intervalMs),
        failed: (error) => this.#failed('metrics', error),
      }),
    }
  }

  get dropped(): Dropped {
    return { ...this.#dropped }
  }

  /** Throws a `TelemetryError` when a target makes no sense. */
  check(settings: TelemetrySettings): void {
    this.#ports.spans.check(settings.traces.otlp)
    this.#ports.logs.check(settings.logs.otlp)
    this.#ports.metrics.check(settings.metrics.otlp)
  }

  async prepare(settings: TelemetrySettings): Promise<BuiltOutlets> {
    const [spans, logs, metrics] = await Promise.all([
      this.#ports.spans.prepare(settings.traces.otlp),
      this.#ports.logs.prepare(settings.logs.otlp),
      this.#ports.metrics.prepare(settings.metrics.otlp),
    ])
    return { spans, logs, metrics }
  }

  /** Which signals have another target than before. */
  apply(settings: TelemetrySettings, built: BuiltOutlets | null): { spans: boolean; logs: boolean } {
    this.#intervalMs = settings.metrics.otlp?.intervalMs ?? DEFAULT_INTERVAL_MS
    const spans = this.#ports.spans.apply(settings.traces.otlp, built?.spans ?? null)
    const logs = this.#ports.logs.apply(settings.logs.otlp, built?.logs ?? null)
    if (!this.#ports.metrics.apply(settings.metrics.otlp, built?.metrics ?? null)) {
      this.#metrics.pace(this.#intervalMs)
    }
    return { spans, logs }
  }

  async flush(): Promise<void> {
    await Promise.all([this.spans.flush(), this.logs.flush(), this.#metrics.flush()])
  }

  async close(): Promise<void> {
    await Promise.all([this.spans.close(), this.logs.close(), this.#metrics.close()])
  }

  /** For losses that happen before a queue. */
  lose(signal: Signal, count: number, reason: DropReason, error: unknown): void {
    this.#lost({ signal, count, reason, error })
  }

  readonly #lost = (loss: Loss): void => {
    const { signal, count, reason } = loss
    this.#dropped[signal] += count
    if (count > 0) {
      const attributes = { 'changeover.signal': signal, 'changeover.reason': reason }
      this.#options.meter.add('changeover.telemetry.dropped', count, attributes)
    }
    this.#complain(loss)
  }

  #failed(signal: Signal, error: unknown): void {
    this.#lost({ signal, count: 0, reason: 'export_failed', error })
  }

  #complain(loss: Loss): void {
    const now = this.#options.clock.monotonic()
    const last = this.#complainedAt.get(loss.signal)
    if (last !== undefined && now - last < COMPLAINT_MS) return
    this.#complainedAt.set(loss.signal, now)
    const { signal, count, target = 'nowhere', error } = loss
    const said = new TelemetryError('telemetry.export_failed', { signal, count, target })
    const why = error === undefined ? loss.reason : describeError(error).chain.join(', caused by ')
    this.#options.sink.complain(this.#options.redactor.text(`${said.code}: ${said.message} (${why})\n`))
  }
}

function createMakers(options: OutletsOptions): ExporterMakers {
  const { identity, redactor } = options
  const service = identity.attributes['service.name'] ?? 'changeover'
  const userAgent = `${service}/${identity.scope.version ?? '0'}`
  return {
    spans: createOtlpMaker({ signal: 'spans', userAgent, encode: (batch) => encodeSpans(batch, identity) }),
    logs: createOtlpMaker({
      signal: 'logs',
      userAgent,
      encode: (batch) => encodeLogs(batch, identity, redactor),
    }),
    metrics: createOtlpMaker({
      signal: 'metrics',
      userAgent,
      encode: (batch) => encodeMetrics(batch, identity, redactor),
    }),
  }
}
