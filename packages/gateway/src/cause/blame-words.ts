/** What `blame` says to people. */
import type { BlameEntry, BlameMetric, BlameReload } from './blame-report.ts'

export function sayValue(metric: BlameMetric, value: number | null): string {
  if (value === null) return '–'
  if (metric.kind === 'proportion') return `${(value * 100).toFixed(value >= 0.1 ? 0 : 2)} %`
  return value >= 1000 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)))
}

export function sayChange(change: number | null): string {
  if (change === null) return 'changed'
  const points = Math.abs(change) * 100
  const text =
    change > 9 ? `${(change + 1).toFixed(0)} times as much` : `${points.toFixed(points < 10 ? 1 : 0)} %`
  if (change > 9) return text
  return `${text} ${change < 0 ? 'less' : 'more'}`
}

export function sayReload({ version, author, attempt }: BlameReload): string {
  const by = author === null ? '' : ` by ${author}`
  return attempt === null ? `${version}${by}` : `${version}${by} (${attempt})`
}

/** `guilty`: those that were found, the strongest first. */
export function saySummary(metric: BlameMetric, guilty: readonly BlameEntry[], others: string): string {
  const [first, ...rest] = guilty
  if (first === undefined) return `nothing can be concluded about ${metric.name}: ${others}`
  const { before, after, change, reload } = first
  const moved = `${sayValue(metric, before)} → ${sayValue(metric, after)}, ${sayChange(change)}`
  const more = rest.length === 0 ? '' : `; and ${rest.map((it) => sayReload(it.reload)).join(', ')}`
  return `${metric.name} changed with ${sayReload(reload)}: ${moved}${more}`
}

interface Rival {
  readonly reload: BlameReload
  /** Than the one that is blamed; negative: before it. */
  readonly laterMs: number
  readonly probability: number
}

/** Who it may have been instead: a neighbour that is too near to be told apart. */
export function sayRival({ reload, laterMs, probability }: Rival): string {
  const apart = `${(Math.abs(laterMs) / 1000).toFixed(1)} s ${laterMs < 0 ? 'before' : 'after'}`
  const when = laterMs === 0 ? 'at the same moment' : apart
  return `; or with a probability of ${Math.round(probability * 100)} % ${sayReload(reload)}, ${when}`
}
