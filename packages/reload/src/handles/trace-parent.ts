/**
 * Reads a W3C `traceparent` that came with settings. One that breaks the grammar counts as absent: a half-read
 * identity would join strangers.
 */
import type { SpanContext } from '../contract/telemetry.ts'

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

export function readTraceParent(text: string | undefined, traceState?: string): SpanContext | null {
  const [, version, traceId = '', spanId = '', flags = '', more] = FORM.exec(text ?? '') ?? []
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return null
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return null
  const sampled = (Number.parseInt(flags, 16) & 1) === 1
  const state = traceState === undefined || traceState.length > 512 ? {} : { traceState }
  return { traceId, spanId, sampled, remote: true, ...state }
}
