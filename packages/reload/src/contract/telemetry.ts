/**
 * What the engine asks of telemetry. `@changeover/otel` implements it over OpenTelemetry; without it the
 * engine runs with the silent one in `engine/telling/silent-telemetry.ts`.
 *
 * Span, attribute and metric names are the contract of `docs/reference/telemetry.md`.
 */

export type AttributeValue = string | number | boolean | readonly string[]
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>

/** Identity of a span. `traceId` 32, `spanId` 16 lower-case hex digits (W3C Trace Context). */
export interface SpanContext {
  readonly traceId: string
  readonly spanId: string
  readonly sampled: boolean
  readonly traceState?: string
  readonly remote?: boolean
}

export interface SpanOptions {
  /** `null` or absent starts a new trace. */
  readonly parent?: SpanContext | null
  readonly links?: readonly SpanContext[]
  readonly kind?: 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  readonly attributes?: Attributes
  /** Wall milliseconds; now when absent. */
  readonly startTime?: number
  /** Kept whatever the ratio says, as far as anything is exported: the first requests under a new version. */
  readonly keep?: boolean
}

export interface Span {
  readonly context: SpanContext
  set(attributes: Attributes): void
  event(name: string, attributes?: Attributes): void
  /** Links to a span that turned out to matter only later. A tracer may leave it out. */
  link?(to: SpanContext): void
  /** Marks the span failed. `code` is a stable error code (`error.type`), never free text. */
  fail(code: string, error?: unknown): void
  /** Ends once; later calls do nothing. */
  end(endTime?: number): void
}

export interface Tracer {
  start(name: string, options?: SpanOptions): Span
}

/** Instruments are named as in the contract; the meter makes each on first use. */
export interface Meter {
  add(name: string, value: number, attributes?: Attributes): void
  /** `exemplar` is a span in which the value was seen; kept for histograms when it is sampled. */
  record(name: string, value: number, attributes?: Attributes, exemplar?: SpanContext): void
  /** Asks `read` at each collection. Returns a function that stops asking. */
  observe(name: string, read: () => Iterable<{ value: number; attributes?: Attributes }>): () => void
  /** For hot paths: the instrument at these attributes, looked up once. A meter may leave it out. */
  bind?(name: string, attributes: Attributes): BoundInstrument
}

export interface BoundInstrument {
  add(value: number): void
  record(value: number): void
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error'

export interface LogRecord {
  readonly level: LogLevel
  /** The room that speaks: `engine`, `handles`, `server` … Levels are set per room. */
  readonly room: string
  readonly message: string
  readonly attributes?: Attributes
  readonly error?: unknown
  readonly span?: SpanContext
  /** OpenTelemetry EventName, for records that are events: `config.reload.completed`. */
  readonly eventName?: string
}

export interface Logger {
  /** False when a record of that level would be dropped: ask before building a costly one. */
  enabled(level: LogLevel, room: string): boolean
  log(record: LogRecord): void
}

export interface Telemetry {
  readonly tracer: Tracer
  readonly meter: Meter
  readonly logger: Logger
}
