/** Spans as an OTLP `ExportTraceServiceRequest`; field numbers of opentelemetry-proto 1.x. */
import type { AttributeValue, SpanContext } from '@changeover/reload'
import type { Identity } from '../identity.ts'
import type { SpanRecord } from '../traces/span-record.ts'
import { ProtobufWriter } from './protobuf-writer.ts'

const HAS_IS_REMOTE = 0x100
const IS_REMOTE = 0x200

const writer = new ProtobufWriter()

export function encodeSpans(spans: readonly SpanRecord[], identity: Identity): Uint8Array {
  writer.clear()
  const resourceSpans = writer.begin(1)
  writeResource(writer, identity)
  const scopeSpans = writer.begin(2)
  writeScope(writer, identity)
  for (const span of spans) writeSpan(span)
  writer.end(scopeSpans)
  writer.end(resourceSpans)
  return writer.take()
}

export function writeResource(to: ProtobufWriter, identity: Identity): void {
  const resource = to.begin(1)
  to.attributes(1, identity.attributes)
  to.end(resource)
}

export function writeScope(to: ProtobufWriter, identity: Identity): void {
  const scope = to.begin(1)
  to.text(1, identity.scope.name)
  if (identity.scope.version !== undefined) to.text(2, identity.scope.version)
  to.end(scope)
}

function writeSpan(span: SpanRecord): void {
  const message = writer.begin(2)
  const { context, parent } = span
  writer.hex(1, context.traceId)
  writer.hex(2, context.spanId)
  if (context.traceState !== undefined) writer.text(3, context.traceState)
  if (parent !== null) writer.hex(4, parent.spanId)
  writer.text(5, span.name)
  writer.int(6, span.kind + 1)
  writer.time(7, span.startMs)
  writer.time(8, span.endMs)
  span.eachAttribute(writeAttribute)
  if (span.eventList.length > 0) writeEvents(span)
  for (const link of span.linkList) writeLink(link)
  if (span.droppedLinksCount > 0) writer.int(14, span.droppedLinksCount)
  if (span.failure !== null) writeFailure(span.failure)
  writer.fixed32(16, flags(context, parent))
  writer.end(message)
}

function writeAttribute(name: string, value: AttributeValue): void {
  writer.attribute(9, name, value)
}

function writeEvents(span: SpanRecord): void {
  for (const event of span.eventList) {
    const message = writer.begin(11)
    writer.time(1, event.atMs)
    writer.text(2, event.name)
    writer.attributes(3, span.eventAttributes(event))
    writer.end(message)
  }
  if (span.droppedEventsCount > 0) writer.int(12, span.droppedEventsCount)
}

function writeLink(link: SpanContext): void {
  const message = writer.begin(13)
  writer.hex(1, link.traceId)
  writer.hex(2, link.spanId)
  if (link.traceState !== undefined) writer.text(3, link.traceState)
  writer.fixed32(6, flags(link, link))
  writer.end(message)
}

function writeFailure(code: string): void {
  const status = writer.begin(15)
  writer.text(2, code)
  writer.int(3, 2)
  writer.end(status)
}

function flags(own: SpanContext, from: SpanContext | null): number {
  return (own.sampled ? 1 : 0) | HAS_IS_REMOTE | (from?.remote === true ? IS_REMOTE : 0)
}
