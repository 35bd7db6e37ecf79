/**
 * Telemetry whose own settings change while it runs.
 *
 * One tracer, one meter and one logger for life, handed out once; what they do is read from one frozen
 * settings object, and `apply` exchanges that object in one synchronous step. Whatever can fail has
 * failed before, and nothing is written through the logger meanwhile. Spans that are open end as they
 * began; what an exporter holds is sent by it before it goes.
 *
 * OpenTelemetry's global registration is not used: it can be set once, and a tracer obtained before a
 * change keeps writing to the old provider.
 *
 * Not here: how settings are read and checked (the gateway's settings).
 */
import type { Clock, LogRecord, SpanContext, Telemetry, Tracer } from '@changeover/reload'
import { changedSettings } from './changed-settings.ts'
import { TelemetryError } from './errors.ts'
import { createIdentity, type Identity } from './identity.ts'
import { compileSettings, type LiveHolder, type LiveSettings, withVersion } from './live-settings.ts'
import { type LineOutput, LineSink } from './logs/line-sink.ts'
import { LiveLogger } from './logs/logger.ts'
import { LiveMeter } from './metrics/meter.ts'
import { prometheusText } from './metrics/prometheus-text.ts'
import { type BuiltOutlets, type Dropped, type ExporterMakers, Outlets } from './outlets.ts'
import { extract, type HeadersIn, type HeadersOut, inject } from './propagation.ts'
import { createRedactor, type Redactor } from './redact.ts'
import type { OtlpTarget, TelemetrySettings } from './settings.ts'
import { RecentSpans } from './traces/recent-spans.ts'
import { createSpanClock, LiveTracer } from './traces/tracer.ts'

export interface TelemetryOptions {
  readonly serviceName: string
  readonly serviceVersion: string
  /** This instance, for `service.instance.id`. */
  readonly instance: string
  readonly settings: TelemetrySettings
  readonly clock: Clock
  /** Instrumentation scope of everything emitted. Default `changeover`. */
  readonly scope?: string
  /** Where log lines go. Default: standard output. */
  readonly stdout?: LineOutput
  /** Where they go when they cannot go there, and where telemetry tells its own trouble. Default: standard error. */
  readonly stderr?: LineOutput
  /** Instead of OTLP over HTTP, for tests. */
  readonly exporters?: Partial<ExporterMakers>
}

/** Settings whose exporters stand ready beside the running ones. */
export interface PreparedTelemetry {
  readonly settings: TelemetrySettings
  /** Lets go of what `apply` has not taken. May be called at any time, more than once. */
  release(): Promise<void>
}

/** What an `apply` belongs to. */
export interface Occasion {
  /** `config.version` of records that do not name one, from now on. */
  readonly version?: string
  readonly span?: SpanContext
}

export interface LiveTelemetry extends Telemetry {
  readonly meter: LiveMeter
  readonly redactor: Redactor
  readonly settings: TelemetrySettings
  /** Builds exporters aside. Rejects with a `TelemetryError`; the running telemetry stays as it is. */
  prepare(settings: TelemetrySettings): Promise<PreparedTelemetry>
  /**
   * Puts settings in force, at once and as a whole. Throws a `TelemetryError` before anything has changed
   * or not at all: `telemetry.closed` after `shutdown`, `telemetry.endpoint` for unprepared nonsense.
   */
  apply(next: TelemetrySettings | PreparedTelemetry, occasion?: Occasion): void
  /** For Prometheus; its content type is `PROMETHEUS_CONTENT_TYPE`. */
  metricsText(): Promise<string>
  extract(headers: HeadersIn): SpanContext | null
  inject(context: SpanContext, headers: HeadersOut): void
  /** Items that were lost since the start, by signal. */
  dropped(): Dropped
  /** Resolves to whether everything was sent or given up within the time. */
  forceFlush(timeoutMs: number): Promise<boolean>
  /** Writes log lines that are still held; for the last moment of a process. */
  flushLines(): void
  /** Sends what there is and frees everything. Log lines are still written afterwards. */
  shutdown(timeoutMs: number): Promise<boolean>
}

export function createTelemetry(options: TelemetryOptions): LiveTelemetry {
  return new ReloadableTelemetry(options)
}

class Prepared implements PreparedTelemetry {
  readonly settings: TelemetrySettings
  readonly built: BuiltOutlets

  constructor(settings: TelemetrySettings, built: BuiltOutlets) {
    this.settings = settings
    this.built = built
  }

  async release(): Promise<void> {
    const { spans, logs, metrics } = this.built
    const left = [spans.exporter, logs.exporter, metrics.exporter].filter((it) => it !== null)
    spans.exporter = null
    logs.exporter = null
    metrics.exporter = null
    await Promise.all(left.map((it) => it.close()))
  }
}

class ReloadableTelemetry implements LiveTelemetry {
  readonly tracer: Tracer
  readonly meter: LiveMeter
  readonly logger: LiveLogger
  readonly redactor = createRedactor()
  readonly extract = extract
  readonly inject = inject
  readonly #clock: Clock
  readonly #identity: Identity
  readonly #holder: LiveHolder
  readonly #sink: LineSink
  readonly #outlets: Outlets
  readonly #recentSpans: RecentSpans
  #closed = false

  constructor(options: TelemetryOptions) {
    const { clock } = options
    this.#clock = clock
    this.#identity = createIdentity(options)
    this.#holder = { live: compileSettings(options.settings, null) }
    this.meter = new LiveMeter(() => clock.now())
    this.#sink = new LineSink({
      output: options.stdout ?? process.stdout,
      fallback: options.stderr ?? process.stderr,
      clock,
      lost: (lines, error) => this.#linesLost(lines, error),
    })
    this.#outlets = new Outlets({
      clock,
      identity: this.#identity,
      redactor: this.redactor,
      meter: this.meter,
      sink: this.#sink,
      ...(options.exporters === undefined ? {} : { makers: options.exporters }),
    })
    this.#recentSpans = new RecentSpans(clock, this.#outlets.spans)
    this.logger = this.#createLogger(options)
    this.tracer = new LiveTracer(this.#holder, {
      identity: this.#identity,
      redactor: this.redactor,
      now: createSpanClock(clock),
      ended: (span) => this.#recentSpans.ended(span, this.#holder.live),
    })
    this.#outlets.check(options.settings)
    this.#learnSecrets(options.settings)
    this.#outlets.apply(options.settings, null)
  }

  get settings(): TelemetrySettings {
    return this.#holder.live.settings
  }

  async prepare(settings: TelemetrySettings): Promise<PreparedTelemetry> {
    if (this.#closed) throw new TelemetryError('telemetry.closed', { act: 'prepare other settings' })
    this.#learnSecrets(settings)
    return new Prepared(settings, await this.#outlets.prepare(settings))
  }

  apply(next: TelemetrySettings | PreparedTelemetry, occasion: Occasion = {}): void {
    if (this.#closed) throw new TelemetryError('telemetry.closed', { act: 'take other settings' })
    const prepared = next instanceof Prepared ? next : null
    const settings = prepared?.settings ?? (next as TelemetrySettings)
    this.#outlets.check(settings)
    this.#learnSecrets(settings)
    const old = this.#holder.live
    const version = occasion.version ?? old.version
    const changed = changedSettings(old.settings, settings)
    const live = changed.length === 0 ? withVersion(old, version) : compileSettings(settings, version)
    this.#holder.live = live
    if (changed.length === 0) return
    const moved = this.#outlets.apply(live.settings, prepared?.built ?? null)
    if (moved.spans) this.#recentSpans.moved(old)
    this.#tellBoth({ old, live, moved: moved.logs, changed, occasion })
  }

  metricsText(): Promise<string> {
    const text = () => prometheusText(this.meter.collect(), this.#identity.attributes, this.redactor)
    return Promise.resolve().then(text)
  }

  dropped(): Dropped {
    return this.#outlets.dropped
  }

  forceFlush(timeoutMs: number): Promise<boolean> {
    this.#sink.flush()
    return this.#within(timeoutMs, this.#outlets.flush())
  }

  flushLines(): void {
    this.#sink.flush()
  }

  shutdown(timeoutMs: number): Promise<boolean> {
    if (this.#closed) return Promise.resolve(true)
    this.#closed = true
    this.#sink.flush()
    return this.#within(timeoutMs, this.#outlets.close())
  }

  #createLogger(options: TelemetryOptions): LiveLogger {
    return new LiveLogger({
      holder: this.#holder,
      sink: this.#sink,
      redactor: this.redactor,
      clock: options.clock,
      colours: (options.stdout ?? process.stdout).isTTY === true,
      forward: (entry) => {
        if (entry.live.exportsLogs) this.#outlets.logs.push(entry)
      },
    })
  }

  /** The change itself, where the old settings wrote and where the new ones write. */
  #tellBoth(it: {
    old: LiveSettings
    live: LiveSettings
    moved: boolean
    changed: readonly string[]
    occasion: Occasion
  }): void {
    const record: LogRecord = {
      level: 'info',
      room: 'telemetry',
      message: 'telemetry settings changed',
      eventName: 'reload.swap',
      attributes: { 'config.changed_parameters': it.changed },
      ...(it.occasion.span === undefined ? {} : { span: it.occasion.span }),
    }
    const atMs = this.#clock.now()
    const sameForm = it.old.settings.logs.format === it.live.settings.logs.format
    if (!sameForm) this.logger.writeUnder(record, it.old)
    this.logger.writeUnder(record, it.live)
    if (it.moved) this.#outlets.logs.pushToPrevious({ record, atMs, live: it.old })
    if (it.live.exportsLogs) this.#outlets.logs.push({ record, atMs, live: it.live })
  }

  /** Credentials for a collector must not appear in what is sent to it. */
  #learnSecrets(settings: TelemetrySettings): void {
    const targets: readonly (OtlpTarget | undefined)[] = [
      settings.traces.otlp,
      settings.logs.otlp,
      settings.metrics.otlp,
    ]
    for (const target of targets) {
      for (const value of Object.values(target?.headers ?? {})) {
        this.redactor.add(value)
        this.redactor.add(value.replace(/^(?:bearer|basic) +/i, ''))
      }
    }
  }

  #linesLost(lines: number, error: unknown): void {
    this.#outlets.lose('logs', lines, 'output_failed', error)
  }

  #within(timeoutMs: number, work: Promise<unknown>): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.#clock.after(timeoutMs, () => resolve(false))
      void work.then(() => {
        timer.cancel()
        resolve(true)
      })
    })
  }
}
