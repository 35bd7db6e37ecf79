/**
 * Our plain values in the forms of OpenTelemetry's API: time as a pair, a context with flags, the numbers
 * of its enums. Loading its package for three numbers would cost 20 ms of every start.
 */
import type { SpanContext, SpanOptions } from '@changeover/reload'
import type * as api from '@opentelemetry/api'

type Kind = NonNullable<SpanOptions['kind']>

export const spanKinds = {
  internal: 0,
  server: 1,
  client: 2,
  producer: 3,
  consumer: 4,
} as unknown as Readonly<Record<Kind, api.SpanKind>>

export const statusCodes = { unset: 0, error: 2 } as unknown as Readonly<
  Record<'unset' | 'error', api.SpanStatusCode>
>

/** Seconds and nanoseconds of milliseconds with fractions. */
export function hrTime(ms: number): api.HrTime {
  const seconds = Math.floor(ms / 1000)
  return [seconds, Math.round((ms - seconds * 1000) * 1e6)]
}

export function apiContext(context: SpanContext): api.SpanContext {
  return {
    traceId: context.traceId,
    spanId: context.spanId,
    traceFlags: context.sampled ? 1 : 0,
    isRemote: context.remote === true,
    ...(context.traceState === undefined ? {} : { traceState: apiTraceState(context.traceState) }),
  }
}

/** Read only: nothing here changes a `tracestate` that came from elsewhere. */
function apiTraceState(text: string): api.TraceState {
  const state: api.TraceState = {
    set: () => state,
    unset: () => state,
    get: (key) =>
      text
        .split(',')
        .find((it) => it.startsWith(`${key}=`))
        ?.slice(key.length + 1),
    serialize: () => text,
  }
  return state
}
