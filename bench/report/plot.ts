/**
 * The main figures as bars, in SVG written by hand: panels, each with its own linear scale from zero, so
 * that the length of a bar is its value.
 */
import type { Presence } from '../record.ts'
import { plain } from './floors.ts'
import {
  cpuPerChunkUs,
  cpuPerRequestUs,
  latencyP50,
  latencyP99,
  type Pick,
  perSecond,
  type Summary,
} from './summary.ts'

interface Bar {
  readonly label: string
  readonly value: number
  readonly isOurs: boolean
}

interface Panel {
  readonly title: string
  readonly unit: string
  readonly bars: readonly Bar[]
}

const width = 960
const columnWidth = 460
const labelWidth = 120
const barHeight = 18
const rowHeight = 26
const titleHeight = 46
const valueWidth = 110

const mostDrawnUs = 20_000

const ours = '#c2410c'
const others = '#475569'
const text = '#1e293b'
const muted = '#64748b'

export function drawPlot(summary: Summary): string {
  const panels = panelsOf(summary).filter((it) => it.bars.length > 0)
  const rows = Math.max(1, ...panels.map((it) => it.bars.length))
  const panelHeight = titleHeight + rows * rowHeight + 14
  const height = 20 + Math.ceil(panels.length / 2) * panelHeight
  const drawn = panels.map((it, i) =>
    drawPanel(it, 16 + (i % 2) * (columnWidth + 24), 16 + Math.floor(i / 2) * panelHeight),
  )
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, 'DejaVu Sans', sans-serif">
<rect width="${width}" height="${height}" fill="#ffffff"/>
${drawn.join('\n')}
</svg>
`
}

function panelsOf(summary: Summary): Panel[] {
  const bars = (value: (name: string) => Omit<Bar, 'label' | 'isOurs'> | null): Bar[] =>
    summary.present.flatMap((it: Presence) => {
      const found = value(it.name)
      if (found === null || it.name === 'direct') return []
      return [{ label: it.name, isOurs: it.name === 'changeover', ...found }]
    })
  const single = (value: number | undefined): { value: number } | null =>
    value === undefined ? null : { value }
  return [
    {
      title: 'Throughput on one core, 32 connections',
      unit: '× nginx; more is better',
      bars: bars((it) => single(summary.ratio('json-c32', [it, 'nginx'], perSecond)?.median)),
    },
    {
      title: 'CPU per request, 32 connections',
      unit: 'µs; less is better',
      bars: bars((it) => single(summary.range('json-c32', it, cpuPerRequestUs)?.median)),
    },
    {
      title: 'Median latency added at 1,000 requests a second',
      unit: 'µs over direct; less is better',
      bars: bars((it) => addedLatency(summary, it, latencyP50)),
    },
    {
      title: 'p99 latency added at 1,000 requests a second',
      unit: 'µs over direct; less is better',
      bars: bars((it) => addedLatency(summary, it, latencyP99)),
    },
    {
      title: 'Throughput during reloads, Changeover',
      unit: 'share of the throughput without reloads; 1 is best',
      bars: reloadBars(summary),
    },
    {
      title: 'CPU per streamed chunk, 200 streams',
      unit: 'µs; less is better',
      bars: bars((it) => single(summary.range('sse-200', it, cpuPerChunkUs)?.median)),
    },
    {
      title: 'Memory at 2,000 requests a second',
      unit: 'MB resident; less is better',
      bars: bars((it) => single(summary.rssMb(it)?.median)),
    },
    {
      title: 'From start to ready',
      unit: 'ms; less is better',
      bars: bars((it) => single(summary.start(it)?.median)),
    },
  ]
}

/** A saturated peer adds so much that beside it nothing else could be seen; it is left to the table. */
function addedLatency(summary: Summary, name: string, pick: Pick): { value: number } | null {
  const added = summary.added('open-1000', name, pick)
  return added === null || added.median > mostDrawnUs ? null : { value: Math.max(0, added.median) }
}

function reloadBars(summary: Summary): Bar[] {
  return [1, 10].flatMap((rate) => {
    const loss = summary.reloadLoss('changeover', `reload-${rate}`)
    return loss === null ? [] : [{ label: `${rate} a second`, value: 1 - loss.median, isOurs: true }]
  })
}

function drawPanel(panel: Panel, x: number, y: number): string {
  const most = Math.max(...panel.bars.map((it) => it.value), Number.MIN_VALUE)
  const scale = (columnWidth - labelWidth - valueWidth) / most
  const title = `<text x="${x}" y="${y + 14}" font-size="15" font-weight="600" fill="${text}">${panel.title}</text>`
  const unit = `<text x="${x}" y="${y + 32}" font-size="12" fill="${muted}">${panel.unit}</text>`
  const bars = panel.bars.map((it, i) => drawBar(it, scale, { x, y: y + titleHeight + i * rowHeight }))
  return [title, unit, ...bars].join('\n')
}

function drawBar(bar: Bar, scale: number, at: { readonly x: number; readonly y: number }): string {
  const colour = bar.isOurs ? ours : others
  const left = at.x + labelWidth
  const middle = at.y + barHeight - 4
  const length = (value: number): number => Math.max(1, Math.round(value * scale))
  const end = left + length(bar.value) + 6
  return [
    `<text x="${left - 8}" y="${middle}" font-size="13" text-anchor="end" fill="${text}" font-weight="${bar.isOurs ? 600 : 400}">${bar.label}</text>`,
    `<rect x="${left}" y="${at.y}" width="${length(bar.value)}" height="${barHeight}" rx="2" fill="${colour}"/>`,
    `<text x="${end}" y="${middle}" font-size="12" fill="${text}">${plain(bar.value)}</text>`,
  ].join('')
}
