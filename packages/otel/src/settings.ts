/**
 * What an operator can change about telemetry while the service runs, as plain data.
 *
 * Checked by whoever reads the settings; here it is only given its defaults and frozen. One frozen
 * object is in force at a time, and every span and record keeps the one it began under.
 *
 * Not here: what the settings mean (`live-settings.ts`), reading and checking them (the gateway).
 */
import type { LogLevel } from '@changeover/reload'

export type LogFormat = 'pretty' | 'json' | 'logfmt'
/** `plain`: our names. `otel`: the standard name instead, where there is one. `dup`: both. */
export type AttributeNames = 'plain' | 'otel' | 'dup'

/** Where OTLP over HTTP goes. */
export interface OtlpTarget {
  /** Base URL, such as `http://127.0.0.1:4318`; the signal's path (`/v1/traces`) is added unless it is there. */
  readonly endpoint: string
  readonly headers?: Readonly<Record<string, string>>
  /** For one batch with all its retries. Default 10 000. */
  readonly timeoutMs?: number
}

export interface MetricsTarget extends OtlpTarget {
  /** Default 60 000. */
  readonly intervalMs?: number
}

export interface TelemetrySettings {
  readonly logs: {
    readonly level: LogLevel
    /** Levels of single rooms; the others follow `level`. */
    readonly rooms?: Readonly<Record<string, LogLevel>>
    readonly format: LogFormat
    readonly otlp?: OtlpTarget
  }
  readonly traces: {
    /** Share of new request traces that is kept, 0 to 1. A caller's own decision goes before it. */
    readonly ratio: number
    readonly otlp?: OtlpTarget
  }
  readonly metrics: { readonly otlp?: MetricsTarget }
  readonly attributes: AttributeNames
}

export const defaultTelemetrySettings: TelemetrySettings = Object.freeze({
  logs: Object.freeze({ level: 'info', format: 'pretty' }),
  traces: Object.freeze({ ratio: 1 }),
  metrics: Object.freeze({}),
  attributes: 'dup',
})
