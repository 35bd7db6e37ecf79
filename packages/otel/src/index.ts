/** `@changeover/otel`: telemetry over OpenTelemetry, whose own settings reload. Everything not named here may move. */
export { attributeNames } from './attribute-names.ts'
export { baggageMember, withMember } from './baggage.ts'
export type { DetailsOf, TelemetryErrorCode } from './errors.ts'
export { rules, TelemetryError } from './errors.ts'
export type { Instrument, InstrumentKind } from './instruments.ts'
export { instruments } from './instruments.ts'
export type { LiveTelemetry, Occasion, PreparedTelemetry, TelemetryOptions } from './live-telemetry.ts'
export { createTelemetry } from './live-telemetry.ts'
export type { LineOutput } from './logs/line-sink.ts'
export { PROMETHEUS_CONTENT_TYPE, prometheusName } from './metrics/prometheus-text.ts'
export type { AttributeName, EventName, SpanName } from './names.ts'
export { eventNames, SCHEMA_VERSION, SCOPE_NAME, spanNames } from './names.ts'
export type { HeadersIn, HeadersOut } from './propagation.ts'
export { extract, inject, readTraceparent, writeTraceparent } from './propagation.ts'
export type { Redactor } from './redact.ts'
export { createRedactor, REDACTED } from './redact.ts'
export type {
  AttributeNames,
  LogFormat,
  MetricsTarget,
  OtlpTarget,
  TelemetrySettings,
} from './settings.ts'
export { defaultTelemetrySettings } from './settings.ts'
