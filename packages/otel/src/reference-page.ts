/**
 * The reference page of telemetry, written from the tables: what is emitted, under which names.
 *
 * `docs/reference/telemetry.md` is its output; a test compares the two, `vitest -u` writes the page anew.
 */
import { attributeNames } from './attribute-names.ts'
import { type Instrument, instruments } from './instruments.ts'
import { prometheusName } from './metrics/prometheus-text.ts'
import { type AttributeName, eventNames, SCHEMA_VERSION, type SpanName, spanNames } from './names.ts'

export function referencePage(): string {
  return [
    INTRODUCTION,
    section('Spans', 'name · kind · meaning · attributes', spanNames.map(spanRow)),
    section(
      'Events',
      '`event.type` · meaning',
      eventNames.map((it) => [code(it.name), it.meaning]),
    ),
    section('Attributes', 'name · type · meaning · standard companion', attributeNames.map(attributeRow)),
    STANDARD_ATTRIBUTES,
    section(
      'Metrics',
      'name · in `/metrics` · kind · unit · meaning · attributes',
      instruments.map(metricRow),
    ),
    LOGS,
    SETTINGS,
    RELOAD,
  ].join('\n')
}

const INTRODUCTION = `# Telemetry

What Changeover emits: spans, events, attributes, metrics and log lines. Names are a contract; version ${SCHEMA_VERSION} of it is
described here. The tables are made from \`packages/otel/src/names.ts\`, \`attribute-names.ts\` and \`instruments.ts\`; a test
compares them with this page.

Traces, metrics and logs leave as OTLP over HTTP (protobuf); metrics can be scraped at \`/metrics\` as well. W3C \`traceparent\` and
\`tracestate\` are honoured on the way in and written on the way out. \`baggage\` ends at the gateway, but for providers with \`callerHeaders: [baggage]\`; those
with \`versionInBaggage: true\` are told \`config.version\` in it. Spans named \`reload\` and \`reload.*\` are always kept, whatever
the sampling ratio; \`context.*\` spans are kept when they begin a trace.
`

const STANDARD_ATTRIBUTES = `Standard attributes are used as their conventions say: \`error.type\` (a code of the error tables, never free text), \`user.id\`,
\`http.*\`, \`url.*\`, \`server.*\`, \`gen_ai.*\`, \`db.*\`, \`exception.*\`. The resource is \`service.name\`, \`service.version\` (of the build) and
\`service.instance.id\`. The version of the settings is never a resource attribute: it changes while the process runs.

The setting \`telemetry.attributes\` chooses the names: \`dup\` (default) emits ours and the standard companions, \`plain\` ours alone,
\`otel\` the companion instead of ours where there is one.
`

const LOGS = `## Log lines

One line a record, on standard output, in the form \`pretty\`, \`json\` or \`logfmt\`. JSON keys, in this order: \`time\` (RFC 3339), \`level\`,
\`room\`, \`msg\`, \`trace_id\`, \`span_id\`, \`config.version\`, then \`event.type\` and the attributes of the record, then \`error.type\`,
\`error.chain\` (outermost first) and \`error.stack\`. An attribute with the name of one of these keys is written as \`attr.<name>\`.

Levels are \`trace\`, \`debug\`, \`info\`, \`warn\`, \`error\`; a room that is named under \`rooms\` has its own, the others follow \`level\`. An event that
ends an attempt is written when its beginning was, whatever the level has become.

Secrets appear in none of this: exact values that went through the settings, values under telling names (\`authorization\`, \`…api_key\`,
\`…password\`) and strings that look like keys are written as \`[redacted]\`, in lines, spans, log records and metric labels.
`

const SETTINGS = `## Settings

| setting | meaning |
|---|---|
| \`logs.level\`, \`logs.rooms\` | levels |
| \`logs.format\` | \`pretty\`, \`json\` or \`logfmt\` |
| \`traces.ratio\` | share of new request traces that is kept, 0 to 1; a caller's own decision goes before it |
| \`attributes\` | \`dup\`, \`plain\` or \`otel\` |
| \`logs.otlp\`, \`traces.otlp\`, \`metrics.otlp\` | where OTLP goes: \`endpoint\` (base address; \`/v1/traces\` and so on are added), \`headers\`, \`timeoutMs\` (10 000) |
| \`metrics.otlp.intervalMs\` | how often metrics are sent (60 000) |

All of them change live. Without \`traces.otlp\`, request spans are not recorded; the caller's trace context is passed on all the same.
`

const RELOAD = `## What a change of these settings does

1. What began under one settings ends under it: an open span keeps its attribute names, a line the form in which it was written.
2. A span that was begun is ended; one that was not kept at its start is not kept later.
3. Tracer, meter and logger are handed out once and stay good; context goes from parent to child across the change.
4. Levels are worked out anew.
5. Nothing is logged through the logger during the swap.
6. After shutdown, a change is refused with \`telemetry.closed\`.
7. The change itself is written to the old and to the new sink: the span \`reload.swap\`, and a record \`reload.swap\` with \`config.changed_parameters\`.
8. A sink that fails falls back to standard error. A collector that cannot be reached costs its records, counted in
   \`changeover.telemetry.dropped\`, and no request.

An exporter whose endpoint or headers change is built aside; the old one sends what it holds and is then closed. What it cannot deliver goes to
the new one. The first collector is told the whole reload that brought it in, though most of its stages were over before. Up to 8 192 spans and as many log records are held in memory; beyond that the newest are dropped and counted.
`

function section(title: string, columns: string, rows: readonly (readonly string[])[]): string {
  const names = columns.split(' · ')
  const lines = [names, names.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
  return `## ${title}\n\n${lines.join('\n')}\n`
}

function code(name: string): string {
  return `\`${name}\``
}

function spanRow(it: SpanName): string[] {
  return [code(it.name), it.kind, it.meaning, it.attributes.map(code).join(', ')]
}

function attributeRow(it: AttributeName): string[] {
  const { companion } = it
  return [code(it.name), it.type, it.meaning, companion === undefined ? '' : companionText(companion)]
}

function companionText(it: NonNullable<AttributeName['companion']>): string {
  const on = it.on
    .map((place) => ({ reload: 'reload spans', event: 'events and log records' })[place])
    .join(', ')
  const values = Object.entries(it.values ?? {}).map(([ours, theirs]) => `${ours} → ${theirs}`)
  const name = it.name.includes(' ') ? it.name : code(it.name)
  return `${name} (on ${on}${values.length === 0 ? '' : `; ${values.join(', ')}`})`
}

function metricRow(it: Instrument): string[] {
  const unit = it.unit === '' ? '' : code(it.unit)
  return [
    code(it.name),
    code(prometheusName(it)),
    it.kind,
    unit,
    it.meaning,
    it.attributes.map(code).join(', '),
  ]
}
