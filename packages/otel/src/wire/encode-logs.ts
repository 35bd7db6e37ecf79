/** Log records as an OTLP `ExportLogsServiceRequest`; field numbers of opentelemetry-proto 1.x. */
import type { Attributes } from '@changeover/reload'
import { attributesToExport } from '../companions.ts'
import { describeError } from '../error-chain.ts'
import type { Identity } from '../identity.ts'
import { levelNumbers } from '../live-settings.ts'
import { type LogEntry, versionOf } from '../logs/log-entry.ts'
import type { Redactor } from '../redact.ts'
import { writeResource, writeScope } from './encode-spans.ts'
import { ProtobufWriter } from './protobuf-writer.ts'

const writer = new ProtobufWriter()

export function encodeLogs(entries: readonly LogEntry[], identity: Identity, redactor: Redactor): Uint8Array {
  writer.clear()
  const resourceLogs = writer.begin(1)
  writeResource(writer, identity)
  const scopeLogs = writer.begin(2)
  writeScope(writer, identity)
  for (const entry of entries) writeEntry(entry, redactor)
  writer.end(scopeLogs)
  writer.end(resourceLogs)
  return writer.take()
}

function writeEntry(entry: LogEntry, redactor: Redactor): void {
  const { record } = entry
  const message = writer.begin(2)
  writer.time(1, entry.atMs)
  writer.int(2, levelNumbers[record.level])
  writer.text(3, record.level.toUpperCase())
  const body = writer.begin(5)
  writer.text(1, redactor.text(record.message))
  writer.end(body)
  writer.attributes(6, attributesOf(entry, redactor))
  if (record.span !== undefined) {
    writer.fixed32(8, record.span.sampled ? 1 : 0)
    writer.hex(9, record.span.traceId)
    writer.hex(10, record.span.spanId)
  }
  writer.time(11, entry.atMs)
  if (record.eventName !== undefined && entry.live.attributes !== 'plain') writer.text(12, record.eventName)
  writer.end(message)
}

function attributesOf(entry: LogEntry, redactor: Redactor): ReturnType<typeof attributesToExport> {
  const { record, live } = entry
  const bags: Attributes[] = [{ 'changeover.room': record.room, 'config.version': versionOf(entry) }]
  if (record.attributes !== undefined) bags.push(record.attributes)
  if (record.eventName !== undefined && live.attributes !== 'otel')
    bags.push({ 'event.type': record.eventName })
  if (record.error !== undefined) {
    const told = describeError(record.error)
    bags.push({
      'exception.type': told.type,
      'exception.message': told.message,
      'exception.stacktrace': told.stack,
    })
  }
  return attributesToExport(bags, { names: live.attributes, place: 'event', redactor })
}
