/**
 * Metrics in the text form that Prometheus scrapes (0.0.4), named as OpenTelemetry's mapping says:
 * dots become underscores, the unit is a suffix, counters end in `_total`.
 *
 * Why not the SDK's serializer: it leaves units out of names, so `reload.duration` in seconds would be
 * `reload_duration`, and it loads the whole metrics SDK.
 */
import type { Attributes, AttributeValue } from '@changeover/reload'
import type { Instrument } from '../instruments.ts'
import type { Redactor } from '../redact.ts'
import type { CollectedMetric } from './meter.ts'
import type { Point } from './points.ts'

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

const UNIT_SUFFIXES: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes', '%': 'percent' }

export function prometheusText(
  metrics: readonly CollectedMetric[],
  target: Readonly<Record<string, string>>,
  redactor: Redactor,
): string {
  const lines = [
    '# HELP target_info The service and instance that report',
    '# TYPE target_info gauge',
    `target_info${labels(target, redactor)} 1`,
  ]
  for (const metric of metrics) addMetric(lines, metric, redactor)
  return `${lines.join('\n')}\n`
}

/** The name under which Prometheus knows an instrument. */
export function prometheusName(instrument: Instrument): string {
  const base = instrument.name.replace(/[^A-Za-z0-9_:]/g, '_').replace(/_+/g, '_')
  const suffix = UNIT_SUFFIXES[instrument.unit]
  const named = suffix === undefined || base.endsWith(`_${suffix}`) ? base : `${base}_${suffix}`
  return instrument.kind === 'counter' && !named.endsWith('_total') ? `${named}_total` : named
}

function addMetric(lines: string[], metric: CollectedMetric, redactor: Redactor): void {
  const { instrument } = metric
  const name = prometheusName(instrument)
  const type = instrument.kind === 'updown' ? 'gauge' : instrument.kind
  lines.push(`# HELP ${name} ${escapeHelp(instrument.meaning || instrument.name)}`, `# TYPE ${name} ${type}`)
  for (const point of metric.points) {
    if (metric.bounds === null)
      lines.push(`${name}${labels(point.attributes, redactor)} ${number(point.value)}`)
    else addHistogram(lines, { name, point, bounds: metric.bounds, redactor })
  }
}

function addHistogram(
  lines: string[],
  it: { name: string; point: Point; bounds: readonly number[]; redactor: Redactor },
): void {
  const { name, point, bounds, redactor } = it
  let sum = 0
  for (let i = 0; i <= bounds.length; i++) {
    sum += point.buckets[i] ?? 0
    const le = i < bounds.length ? number(bounds[i] as number) : '+Inf'
    lines.push(`${name}_bucket${labels(point.attributes, redactor, le)} ${sum}`)
  }
  lines.push(`${name}_sum${labels(point.attributes, redactor)} ${number(point.value)}`)
  lines.push(`${name}_count${labels(point.attributes, redactor)} ${point.count}`)
}

function labels(attributes: Attributes, redactor: Redactor, le?: string): string {
  const pairs = Object.entries(attributes).map(([name, value]) => {
    const clean = redactor.attribute(name, value as AttributeValue)
    return `${name.replace(/[^A-Za-z0-9_]/g, '_')}="${escapeLabel(String(clean))}"`
  })
  if (le !== undefined) pairs.push(`le="${le}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return '+Inf'
  if (value === Number.NEGATIVE_INFINITY) return '-Inf'
  return String(value)
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"')
}
