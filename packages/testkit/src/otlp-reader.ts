/**
 * Reads OTLP protobuf into plain objects: the fields that tests ask for.
 *
 * Field numbers are those of opentelemetry-proto 1.x. Unknown fields are skipped, as protobuf asks.
 */
import { type Message, readMessage } from './protobuf-reader.ts'

export type CollectedValue = string | number | boolean | null | CollectedValue[]
export type CollectedAttributes = Record<string, CollectedValue>

export interface CollectedSpan {
  readonly name: string
  readonly kind: 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer'
  readonly traceId: string
  readonly spanId: string
  /** Empty for a root. */
  readonly parentSpanId: string
  readonly traceState: string
  readonly startUnixNano: bigint
  readonly endUnixNano: bigint
  readonly attributes: CollectedAttributes
  readonly events: readonly {
    readonly name: string
    readonly timeUnixNano: bigint
    readonly attributes: CollectedAttributes
  }[]
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly status: { readonly code: 'unset' | 'ok' | 'error'; readonly message: string }
  readonly flags: number
  readonly resource: CollectedAttributes
  readonly scope: string
}

export interface CollectedLog {
  readonly timeUnixNano: bigint
  readonly severityNumber: number
  readonly severityText: string
  readonly body: CollectedValue
  readonly attributes: CollectedAttributes
  readonly traceId: string
  readonly spanId: string
  readonly eventName: string
  readonly resource: CollectedAttributes
}

export interface CollectedMetricPoint {
  readonly name: string
  readonly unit: string
  readonly description: string
  readonly type: 'gauge' | 'sum' | 'histogram'
  readonly monotonic: boolean
  readonly attributes: CollectedAttributes
  /** Value, or the sum of a histogram. */
  readonly value: number
  readonly count: number
  readonly buckets: readonly number[]
  readonly bounds: readonly number[]
  readonly exemplarTraceIds: readonly string[]
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const
const STATUSES = ['unset', 'ok', 'error'] as const

export function readSpans(bytes: Uint8Array): CollectedSpan[] {
  return scoped(bytes).flatMap(({ resource, scope, message }) =>
    message.messages(2).map((it) => spanOf(it, resource, scope)),
  )
}

export function readLogs(bytes: Uint8Array): CollectedLog[] {
  return scoped(bytes).flatMap(({ resource, message }) =>
    message.messages(2).map((it) => ({
      timeUnixNano: it.fixed64(1),
      severityNumber: it.int(2),
      severityText: it.text(3),
      body: anyValue(it.message(5)),
      attributes: attributesOf(it, 6),
      traceId: it.hex(9),
      spanId: it.hex(10),
      eventName: it.text(12),
      resource,
    })),
  )
}

export function readMetrics(bytes: Uint8Array): CollectedMetricPoint[] {
  return scoped(bytes).flatMap(({ message }) => message.messages(2).flatMap(pointsOf))
}

/** Resource and scope are wrapped alike in all three signals. */
function scoped(bytes: Uint8Array): { resource: CollectedAttributes; scope: string; message: Message }[] {
  return readMessage(bytes)
    .messages(1)
    .flatMap((outer) => {
      const resource = attributesOf(outer.message(1), 1)
      return outer.messages(2).map((message) => ({ resource, scope: message.message(1).text(1), message }))
    })
}

function spanOf(it: Message, resource: CollectedAttributes, scope: string): CollectedSpan {
  const status = it.message(15)
  return {
    traceId: it.hex(1),
    spanId: it.hex(2),
    traceState: it.text(3),
    parentSpanId: it.hex(4),
    name: it.text(5),
    kind: KINDS[it.int(6)] ?? 'unspecified',
    startUnixNano: it.fixed64(7),
    endUnixNano: it.fixed64(8),
    attributes: attributesOf(it, 9),
    events: it.messages(11).map((event) => ({
      timeUnixNano: event.fixed64(1),
      name: event.text(2),
      attributes: attributesOf(event, 3),
    })),
    links: it.messages(13).map((link) => ({ traceId: link.hex(1), spanId: link.hex(2) })),
    status: { message: status.text(2), code: STATUSES[status.int(3)] ?? 'unset' },
    flags: it.fixed32(16),
    resource,
    scope,
  }
}

function pointsOf(metric: Message): CollectedMetricPoint[] {
  const type = metric.has(5) ? 'gauge' : metric.has(7) ? 'sum' : 'histogram'
  const inner = metric.message({ gauge: 5, sum: 7, histogram: 9 }[type])
  return inner.messages(1).map((point) => ({
    name: metric.text(1),
    description: metric.text(2),
    unit: metric.text(3),
    type,
    monotonic: inner.int(3) === 1,
    attributes: attributesOf(point, type === 'histogram' ? 9 : 7),
    value: type === 'histogram' ? point.double(5) : numberValue(point),
    count: type === 'histogram' ? Number(point.fixed64(4)) : 0,
    buckets: type === 'histogram' ? point.packedFixed64(6).map(Number) : [],
    bounds: type === 'histogram' ? point.packedDouble(7) : [],
    exemplarTraceIds: type === 'histogram' ? point.messages(8).map((it) => it.hex(5)) : [],
  }))
}

function numberValue(point: Message): number {
  return point.has(4) ? point.double(4) : Number(BigInt.asIntN(64, point.fixed64(6)))
}

function attributesOf(message: Message, field: number): CollectedAttributes {
  return Object.fromEntries(
    message.messages(field).map((it) => [it.text(1), anyValue(it.message(2))] as const),
  )
}

function anyValue(it: Message): CollectedValue {
  if (it.has(1)) return it.text(1)
  if (it.has(2)) return it.int(2) === 1
  if (it.has(3)) return Number(BigInt.asIntN(64, it.varint(3)))
  if (it.has(4)) return it.double(4)
  if (it.has(5)) return it.message(5).messages(1).map(anyValue)
  return null
}
