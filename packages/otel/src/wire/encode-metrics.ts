/** Metrics as an OTLP `ExportMetricsServiceRequest`, cumulative; field numbers of opentelemetry-proto 1.x. */
import type { Attributes } from '@changeover/reload'
import { attributesToExport, type CleanAttributes } from '../companions.ts'
import type { Identity } from '../identity.ts'
import type { CollectedMetric } from '../metrics/meter.ts'
import type { Exemplar, Point } from '../metrics/points.ts'
import type { Redactor } from '../redact.ts'
import { writeResource, writeScope } from './encode-spans.ts'
import { ProtobufWriter } from './protobuf-writer.ts'

const CUMULATIVE = 2
const GAUGE = 5
const SUM = 7
const HISTOGRAM = 9

export interface MetricBatch {
  readonly metrics: readonly CollectedMetric[]
  /** Wall milliseconds: since when it is counted, and when it was read. */
  readonly startMs: number
  readonly atMs: number
}

const writer = new ProtobufWriter()

export function encodeMetrics(batch: MetricBatch, identity: Identity, redactor: Redactor): Uint8Array {
  writer.clear()
  const resourceMetrics = writer.begin(1)
  writeResource(writer, identity)
  const scopeMetrics = writer.begin(2)
  writeScope(writer, identity)
  for (const metric of batch.metrics) writeMetric(metric, batch, redactor)
  writer.end(scopeMetrics)
  writer.end(resourceMetrics)
  return writer.take()
}

function writeMetric(metric: CollectedMetric, batch: MetricBatch, redactor: Redactor): void {
  const { instrument } = metric
  const message = writer.begin(2)
  writer.text(1, instrument.name)
  if (instrument.meaning !== '') writer.text(2, instrument.meaning)
  if (instrument.unit !== '') writer.text(3, instrument.unit)
  const form = { counter: SUM, updown: SUM, gauge: GAUGE, histogram: HISTOGRAM }[instrument.kind]
  const inner = writer.begin(form)
  for (const point of metric.points) {
    const attributes = clean(point.attributes, redactor)
    if (metric.bounds === null) writeNumber(point, attributes, batch)
    else writeHistogram(point, { attributes, bounds: metric.bounds }, batch)
  }
  if (form !== GAUGE) writer.int(2, CUMULATIVE)
  if (instrument.kind === 'counter') writer.int(3, 1)
  writer.end(inner)
  writer.end(message)
}

function writeNumber(point: Point, attributes: CleanAttributes, batch: MetricBatch): void {
  const message = writer.begin(1)
  writer.time(2, batch.startMs)
  writer.time(3, batch.atMs)
  if (Number.isSafeInteger(point.value)) writer.fixed64(6, point.value)
  else writer.double(4, point.value)
  writer.attributes(7, attributes)
  writer.end(message)
}

function writeHistogram(
  point: Point,
  how: { attributes: CleanAttributes; bounds: readonly number[] },
  batch: MetricBatch,
): void {
  const message = writer.begin(1)
  writer.time(2, batch.startMs)
  writer.time(3, batch.atMs)
  writer.fixed64(4, point.count)
  writer.double(5, point.value)
  writer.packedFixed64(6, point.buckets)
  writer.packedDouble(7, how.bounds)
  if (point.exemplar !== null) writeExemplar(point.exemplar)
  writer.attributes(9, how.attributes)
  writer.double(11, point.min)
  writer.double(12, point.max)
  writer.end(message)
}

function writeExemplar(exemplar: Exemplar): void {
  const message = writer.begin(8)
  writer.time(2, exemplar.atMs)
  writer.double(3, exemplar.value)
  writer.hex(4, exemplar.span.spanId)
  writer.hex(5, exemplar.span.traceId)
  writer.end(message)
}

function clean(attributes: Attributes, redactor: Redactor): CleanAttributes {
  return attributesToExport(attributes, { names: 'plain', place: 'request', redactor })
}
