/**
 * Telemetry for services that have none: spans that say nothing, but have identities, so that receipts,
 * audit lines and a caller's `traceparent` fit together all the same.
 */
import { randomBytes } from 'node:crypto'
import type { Span, Telemetry } from '../../contract/telemetry.ts'

export const silentTelemetry: Telemetry = {
  tracer: {
    start(_name, options): Span {
      const traceId = options?.parent?.traceId ?? randomBytes(16).toString('hex')
      const context = { traceId, spanId: randomBytes(8).toString('hex'), sampled: false }
      return { context, set() {}, event() {}, fail() {}, end() {} }
    },
  },
  meter: { add() {}, record() {}, observe: () => () => {} },
  logger: { enabled: () => false, log() {} },
}
