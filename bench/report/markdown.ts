/** The report as Markdown: verdicts and ratios first, then the figures that they come from, then the circumstances. */
import { costs } from '../costs.ts'
import { features } from '../features.ts'
import type { Presence } from '../record.ts'
import { plain, type Verdict } from './floors.ts'
import {
  chunkP50,
  chunkP99,
  chunksPerSecond,
  cpuPerChunkUs,
  cpuPerRequestUs,
  gatewayUse,
  latencyP50,
  latencyP99,
  perSecond,
  type Range,
  rssGrownMb,
  rssMb,
  type Summary,
} from './summary.ts'

type Row = readonly string[]

const loadLimitedBelow = 0.9

export function writeMarkdown(summary: Summary, verdicts: readonly Verdict[], plot: string): string {
  const sections = [
    `# Benchmark\n\n${introduce(summary)}\n\n![the main figures as bars](${plot})`,
    section(
      'Floors',
      ['what', 'floor', 'reached', ''],
      verdicts.map((it) => [it.says, it.floor, it.reached, it.verdict]),
    ),
    throughput(summary),
    openLoop(summary),
    streams(summary),
    manyStreams(summary),
    featureCosts(summary),
    costsOfAll(summary),
    twoVersions(summary),
    reloads(summary),
    memory(summary),
    `## Circumstances\n\n${circumstances(summary)}`,
  ]
  return `${sections.filter((it) => it !== '').join('\n\n')}\n`
}

function introduce({ run }: Summary): string {
  return (
    `${run.rounds} rounds of ${run.measureMs / 1000} s a measurement, candidates interleaved and shuffled, gateway alone on one core. ` +
    'Ratios are formed inside each round; given are median (least–greatest; where two processes of one gateway are compared, the mean over their places, and the middle half of all pieces). How to read this: `docs/reference/bench.md`.'
  )
}

function throughput(summary: Summary): string {
  const header = [
    '',
    '× nginx',
    "× Portkey's",
    'CPU × nginx',
    'CPU µs/req',
    'req/s at 1',
    'at 32',
    'at 128',
    'p50/p99 ms at 32',
    '',
  ]
  return section(
    'Throughput: 1 KB of JSON, closed loop',
    header,
    rowsOf(summary, ['json-c1', 'json-c32', 'json-c128'], (name) => [
      range(summary.ratio('json-c32', [name, 'nginx'], perSecond)),
      range(summary.ratio('json-c32', [name, 'portkey'], perSecond)),
      name === 'direct' ? '' : median(summary.ratio('json-c32', [name, 'nginx'], cpuPerRequestUs)),
      name === 'direct' ? '' : median(summary.range('json-c32', name, cpuPerRequestUs)),
      ...['json-c1', 'json-c32', 'json-c128'].map((it) => median(summary.range(it, name, perSecond))),
      `${milliseconds(summary.range('json-c32', name, latencyP50))} / ${milliseconds(summary.range('json-c32', name, latencyP99))}`,
      limits(summary, name),
    ]),
  )
}

function limits(summary: Summary, name: string): string {
  if (name === 'direct') return 'the load side’s own limit'
  const use = summary.range('json-c32', name, gatewayUse)
  return use !== null && use.median < loadLimitedBelow
    ? `load-limited: used ${Math.round(use.median * 100)} % of its core`
    : ''
}

function openLoop(summary: Summary): string {
  const rates = [500, 1000, 2000]
  const header = [
    'added over direct, µs',
    ...rates.flatMap((it) => [`p50 at ${it}/s`, `p99 at ${it}/s`]),
    'CPU µs/req at 1000/s',
  ]
  return section(
    'Latency at a constant rate, open loop',
    header,
    rowsOf(
      summary,
      rates.map((it) => `open-${it}`),
      (name) => [
        ...rates.flatMap((it) =>
          [latencyP50, latencyP99].map((pick) => latency(summary, `open-${it}`, name, pick)),
        ),
        name === 'direct' ? '' : median(summary.range('open-1000', name, cpuPerRequestUs)),
      ],
    ),
  )
}

function latency(summary: Summary, scenario: string, name: string, pick: typeof latencyP50): string {
  if (name === 'direct') return `(${median(summary.range(scenario, name, pick))})`
  return median(summary.added(scenario, name, pick))
}

function streams(summary: Summary): string {
  const counts = [50, 200]
  const header = [
    '',
    ...counts.flatMap((it) => [
      `CPU µs/chunk, ${it} streams`,
      '× nginx',
      'chunk p50/p99 µs',
      'first token p50 ms',
      'chunks/s',
    ]),
  ]
  return section(
    'Streams: 100 chunks at 10 ms',
    header,
    rowsOf(
      summary,
      counts.map((it) => `sse-${it}`),
      (name) =>
        counts.flatMap((it) => [
          name === 'direct' ? '' : median(summary.range(`sse-${it}`, name, cpuPerChunkUs)),
          name === 'direct' ? '' : median(summary.ratio(`sse-${it}`, [name, 'nginx'], cpuPerChunkUs)),
          `${median(summary.range(`sse-${it}`, name, chunkP50))} / ${median(summary.range(`sse-${it}`, name, chunkP99))}`,
          milliseconds(summary.range(`sse-${it}`, name, latencyP50)),
          median(summary.range(`sse-${it}`, name, chunksPerSecond)),
        ]),
    ),
  )
}

function manyStreams(summary: Summary): string {
  const scenario = 'sse-2000'
  const header = [
    '',
    'CPU µs/chunk',
    '× nginx',
    'core',
    'chunk p50/p99 µs',
    'first token p50/p99 ms',
    'chunks/s',
    'RSS MB',
    'grown MB',
    'failed',
  ]
  return section(
    'Streams: 2,000 at a time, 5 chunks a second each, 20 of them not read',
    header,
    rowsOf(summary, [scenario], (name) => {
      const cells = [chunkP50, chunkP99].map((pick) => median(summary.range(scenario, name, pick)))
      const first = [latencyP50, latencyP99].map((pick) => milliseconds(summary.range(scenario, name, pick)))
      const isGateway = name !== 'direct'
      const own = (text: () => string): string => (isGateway ? text() : '')
      return [
        own(() => median(summary.range(scenario, name, cpuPerChunkUs))),
        own(() => median(summary.ratio(scenario, [name, 'nginx'], cpuPerChunkUs))),
        own(() => percent(summary.range(scenario, name, gatewayUse))),
        cells.join(' / '),
        first.join(' / '),
        median(summary.range(scenario, name, chunksPerSecond)),
        own(() => median(summary.range(scenario, name, rssMb))),
        own(() => median(summary.range(scenario, name, rssGrownMb))),
        String(summary.of(scenario, name).reduce((sum, it) => sum + it.measured.failed, 0)),
      ]
    }),
  )
}

/** Only this gateway has these, so they are compared with itself. */
function featureCosts(summary: Summary): string {
  const name = 'changeover'
  const rows = features.flatMap((it): Row[] => {
    const scenario = `feature-${it.name}`
    if (summary.of(scenario, name).length === 0) return []
    return [
      [
        it.says,
        range(summary.featureCost(scenario, name)),
        median(summary.range(scenario, name, cpuPerRequestUs)),
        median(summary.range(scenario, name, perSecond)),
        String(summary.of(scenario, name).reduce((sum, run) => sum + run.measured.failed, 0)),
      ],
    ]
  })
  return section(
    'What a feature costs: as `json-c32`, beside the bare route',
    ['', 'CPU × bare route', 'CPU µs/req', 'req/s', 'failed'],
    rows,
  )
}

function costsOfAll(summary: Summary): string {
  const name = 'changeover'
  const rows = costs.flatMap((it): Row[] => {
    const scenario = `cost-${it.name}`
    if (summary.of(scenario, name).length === 0) return []
    return [
      [
        it.says,
        range(summary.cost(it.name, name)),
        median(summary.range(scenario, name, cpuPerRequestUs)),
        median(summary.range(scenario, name, perSecond)),
        String(summary.of(scenario, name).reduce((sum, run) => sum + run.measured.failed, 0)),
      ],
    ]
  })
  return section(
    'What the rest costs: as `json-c32`, in turn with a second process that only passes on',
    ['', 'CPU × passing on', 'CPU µs/req', 'req/s', 'failed'],
    rows,
  )
}

function twoVersions(summary: Summary): string {
  const rows = rowsOf(summary, ['versions-2'], (name) => {
    const loss = summary.versionsLoss(name)
    const cpu = ['versions-1', 'versions-2'].map((it) => median(summary.range(it, name, cpuPerRequestUs)))
    const failed = summary.of('versions-2', name).reduce((sum, it) => sum + it.measured.failed, 0)
    return [loss === null ? '–' : percentRange(loss), cpu.join(' / '), String(failed)]
  })
  return section(
    'Two versions side by side: half of the requests under a canary, 32 connections, in turn with a second process without',
    ['', 'throughput lost', 'CPU µs/req with one / two', 'failed'],
    rows,
  )
}

function percentRange({ median, min, max }: Range): string {
  return `${(median * 100).toFixed(1)} % (${(min * 100).toFixed(1)}–${(max * 100).toFixed(1)})`
}

function reloads(summary: Summary): string {
  const header = [
    '',
    'reloads/s',
    'throughput lost',
    'failed',
    'mixed',
    'backwards',
    'p99 × without',
    'taken/asked',
    'reload p50/p99 ms',
  ]
  const rows = summary.present.flatMap((it) =>
    [1, 10].map((rate) => reloadRow(summary, it, rate)).filter((row) => row.length > 0),
  )
  return section('Reloading under load, 32 connections', header, rows)
}

function reloadRow(summary: Summary, { name, label }: Presence, rate: number): Row {
  const runs = summary.of(`reload-${rate}`, name)
  if (runs.length === 0) return []
  const sum = (count: (run: (typeof runs)[number]) => number): string =>
    String(runs.reduce((total, it) => total + count(it), 0))
  const loss = summary.reloadLoss(name, `reload-${rate}`)
  const [storm, calm] = [`reload-${rate}`, 'reload-0'].map(
    (it) => summary.range(it, name, latencyP99)?.median,
  )
  const versions = runs.some((it) => it.measured.versions.length > 0)
  const took = runs.map((it) => it.reloads?.tookMs).filter((it) => it !== undefined && it.max > 0)
  return [
    label,
    String(rate),
    loss === null ? '–' : percentRange(loss),
    sum((it) => it.measured.failed),
    versions ? sum((it) => it.reloads?.mixedVersions ?? 0) : 'no versions',
    versions ? sum((it) => it.measured.versionsBackwards) : '–',
    storm === undefined || calm === undefined ? '–' : plain(storm / calm),
    `${sum((it) => it.reloads?.taken ?? 0)}/${sum((it) => it.reloads?.asked ?? 0)}`,
    took.length === 0
      ? '–'
      : `${plain(Math.max(...took.map((it) => it?.p50 ?? 0)))} / ${plain(Math.max(...took.map((it) => it?.p99 ?? 0)))}`,
  ]
}

function memory(summary: Summary): string {
  const header = ['', 'RSS idle MB', 'RSS at 2,000 req/s MB', 'start ms']
  return section(
    'Memory and start',
    header,
    rowsOf(summary, ['open-2000'], (name) => [
      median(summary.rssIdleMb(name)),
      name === 'direct' ? '–' : range(summary.rssMb(name)),
      range(summary.start(name)),
    ]).filter((row) => !row[0]?.startsWith('direct')),
  )
}

function circumstances(summary: Summary): string {
  const { machine, at, present } = summary.run
  const disturbed = summary.measured.filter((it) => it.disturbed !== null)
  const failed = summary.measured.filter((it) => it.measured.failed > 0)
  const lines = [
    `measured ${at.slice(0, 10)} on ${machine.cpuCount} × ${machine.cpuModel}, ${Math.round(machine.memoryBytes / 2 ** 30)} GiB, Linux ${machine.kernel}, Node ${machine.node}`,
    machine.taskset === null
      ? 'nothing was pinned: gateway and load side shared the CPUs, so figures per core do not hold'
      : `gateway pinned to CPU ${machine.gatewayCpu}, load side and mock upstream to CPU ${machine.loadCpu}`,
    `versions: ${present.map((it) => `${it.name} ${'version' in it ? it.version : `absent (${it.absent})`}`).join(', ')}`,
    `${summary.measured.length} measurements; ${disturbed.length} were disturbed and no repetition was better, of which ${disturbed.filter((it) => it.isVoid).length} void`,
    ...disturbed
      .slice(0, 10)
      .map((it) => `  disturbed: round ${it.round} ${it.scenario} ${it.candidate}: ${it.disturbed}`),
    ...failed
      .slice(0, 10)
      .map(
        (it) =>
          `  failures: round ${it.round} ${it.scenario} ${it.candidate}: ${JSON.stringify(it.measured.failures)}`,
      ),
    ...summary.troubles.map((it) => `  trouble: ${it.replaceAll('\n', ' ').slice(0, 300)}`),
  ]
  return lines.map((it) => (it.startsWith('  ') ? `  - ${it.trim()}` : `- ${it}`)).join('\n')
}

/** A row for each candidate that was measured in one of the scenarios, and one that says so for each absent. */
function rowsOf(summary: Summary, scenarios: readonly string[], cells: (name: string) => Row): Row[] {
  return summary.present.flatMap((it): Row[] => {
    if ('absent' in it) return [[it.label, `absent: ${it.absent}`]]
    const wasMeasured = scenarios.some((scenario) => summary.of(scenario, it.name).length > 0)
    return wasMeasured ? [[it.label, ...cells(it.name)]] : []
  })
}

function section(title: string, header: Row, rows: readonly Row[]): string {
  if (rows.length === 0) return ''
  const line = (cells: Row): string => `| ${header.map((_, i) => cells[i] ?? '').join(' | ')} |`
  const rule = `|${header.map((_, i) => (i === 0 ? '---' : '---:')).join('|')}|`
  return [`## ${title}`, '', line(header), rule, ...rows.map(line)].join('\n')
}

function range(it: Range | null): string {
  if (it === null) return '–'
  return `**${plain(it.median)}** (${plain(it.min)}–${plain(it.max)})`
}

function median(it: Range | null): string {
  return it === null ? '–' : plain(it.median)
}

function percent(it: Range | null): string {
  return it === null ? '–' : `${Math.round(it.median * 100)} %`
}

function milliseconds(it: Range | null): string {
  return it === null ? '–' : plain(it.median / 1000)
}
