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
