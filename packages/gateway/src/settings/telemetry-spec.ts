/**
 * What can be set about logs, traces and metrics. They belong to no room of the gateway, so their
 * description stands with the settings.
 *
 * Not here: what the settings do (`@changeover/otel`).
 */
import { z } from 'zod'
import { LONGEST_MS, refuseLiteralSecrets, setting } from '../contract/setting.ts'

export const TELEMETRY_DEFAULTS = {
  level: 'info',
  // Enough for latency by route; a request that is looked for is kept by the caller's own decision.
  ratio: 0.1,
  // OpenTelemetry's own defaults for OTLP exporters and periodic readers.
  otlpTimeoutMs: 10_000,
  metricsIntervalMs: 60_000,
  attributes: 'dup',
} as const

const level = z.enum(['trace', 'debug', 'info', 'warn', 'error'])

const otlpHeaders = z.record(z.string(), z.string()).superRefine(refuseLiteralSecrets)

const otlpFields = {
  endpoint: setting(
    z.string().refine(isEndpoint, { error: 'an http or https URL without user or query' }),
    'where OTLP over HTTP goes, such as http://127.0.0.1:4318',
  ),
  headers: setting(
    otlpHeaders.optional(),
    'further headers of each export; values may hold references, and those of credential headers must',
  ),
  timeoutMs: setting(
    z.int().min(1).max(LONGEST_MS).default(TELEMETRY_DEFAULTS.otlpTimeoutMs),
    'for one batch with all its retries',
    { unit: 'ms' },
  ),
}

const otlpSpec = z.strictObject(otlpFields)
const metricsOtlpSpec = z.strictObject({
  ...otlpFields,
  intervalMs: setting(
    z.int().min(100).max(LONGEST_MS).default(TELEMETRY_DEFAULTS.metricsIntervalMs),
    'between two exports',
    { unit: 'ms' },
  ),
})

export const logsSpec = z.strictObject({
  level: setting(level.default(TELEMETRY_DEFAULTS.level), 'least level that is written'),
  rooms: setting(
    z
      .record(
        z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, { error: 'the name of a room, such as server' }),
        level,
      )
      .default({}),
    'least level by room, such as server: debug; the others follow level',
  ),
  format: setting(
    z.enum(['pretty', 'json', 'logfmt']).optional(),
    'form of a log line; without it pretty on a terminal and json elsewhere',
  ),
  otlp: setting(otlpSpec.optional(), 'log records go there too'),
})

export const tracesSpec = z.strictObject({
  ratio: setting(
    z.number().min(0).max(1).default(TELEMETRY_DEFAULTS.ratio),
    "share of request traces that is kept, 0 to 1; a caller's own decision goes before it, and reloads are always kept",
  ),
  otlp: setting(otlpSpec.optional(), 'where spans go'),
  attributes: setting(
    z.enum(['plain', 'otel', 'dup']).default(TELEMETRY_DEFAULTS.attributes),
    "names of attributes: ours (plain), OpenTelemetry's where it has one (otel), or both (dup)",
  ),
})

export const metricsSpec = z.strictObject({
  otlp: setting(metricsOtlpSpec.optional(), 'where metrics are pushed; /metrics can be scraped in any case'),
})

export type LogsSpec = z.output<typeof logsSpec>
export type TracesSpec = z.output<typeof tracesSpec>
export type MetricsSpec = z.output<typeof metricsSpec>

function isEndpoint(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return false
  return url.search === '' && url.hash === '' && url.username === '' && url.password === ''
}
