/** Which reload moved a metric: a sentence, a table, and the guilty told in full. */
import type { Blame, BlameEntry } from '@changeover/sdk'
import { writeVersions } from './origins.ts'
import { clip, type Paint } from './paint.ts'
import { writeTable } from './table.ts'
import { sayAgo, sayDuration } from './times.ts'

export interface BlameView {
  readonly paint: Paint
  readonly now: number
  /** Reloads shown. */
  readonly limit: number
}

const mostWords = 6

export function writeBlame(it: Blame, { paint, now, limit }: BlameView): string[] {
  const head = it.concluded ? paint('red', 'to blame') : paint('yellow', 'inconclusive')
  const cut = it.cut ? ', the newest of more' : ''
  const looked = paint('dim', `${it.metric}, ${it.calls} calls from ${it.from} to ${it.to}${cut}`)
  const shown = it.ranking.slice(0, limit)
  const left = it.ranking.length - shown.length
  return [
    `${head}  ${it.summary}`,
    looked,
    ...(shown.length === 0 ? [] : ['', ...writeRanking(it.metric, shown, { paint, now, limit })]),
    ...(left > 0 ? [paint('dim', `and ${left} more; --limit shows them`)] : []),
    ...it.ranking.filter((entry) => entry.guilty).flatMap((entry) => writeGuilty(entry, paint, now)),
  ]
}

function writeRanking(metric: string, entries: readonly BlameEntry[], { paint, now }: BlameView): string[] {
  const columns = [
    { title: 'VERSION' },
    { title: 'WHEN' },
    { title: 'CHANGE', right: true },
    { title: '95 %', right: true },
    { title: 'BEFORE', right: true },
    { title: 'AFTER', right: true },
    { title: 'CALLS', right: true },
    { title: 'BY' },
    { title: 'EVIDENCE' },
    { title: 'WHAT' },
  ]
  const rows = entries.map((it) => [
    it.guilty ? paint('red', it.version) : it.version,
    sayAgo(it.at, now),
    sayChange(it.change),
    it.low === null || it.high === null ? '' : `${sayChange(it.low)} … ${sayChange(it.high)}`,
    sayMetric(metric, it.before),
    sayMetric(metric, it.after),
    String(it.samples),
    clip(it.step?.author ?? '-', 24),
    it.probability === null ? 'canary' : `before, after: ${Math.round(it.probability * 100)} %`,
    clip(it.words[0] ?? it.changed[0] ?? '', 60),
  ])
  return writeTable(columns, rows, paint)
}

function writeGuilty(it: BlameEntry, paint: Paint, now: number): string[] {
  const words = it.words.slice(0, mostWords).map((text) => `  ${paint('yellow', '~')} ${text}`)
  const left = it.words.length - words.length
  return [
    '',
    `${paint('red', it.version)}  ${it.reason}`,
    ...words,
    ...(left > 0 ? [paint('dim', `  and ${left} more`)] : []),
    ...(it.step === null ? [] : writeVersions([it.step], paint, now).map((text) => `  ${text}`)),
  ]
}

/** `+30 %` */
function sayChange(change: number | null): string {
  if (change === null) return ''
  const percent = change * 100
  const text = Math.abs(percent) < 10 ? percent.toFixed(1) : percent.toFixed(0)
  return `${percent > 0 ? '+' : ''}${text} %`
}

function sayMetric(metric: string, value: number | null): string {
  if (value === null) return ''
  if (metric === 'error_rate' || metric === 'refusals') return `${(value * 100).toFixed(2)} %`
  if (metric === 'latency' || metric === 'first_token') return sayDuration(value)
  return metric === 'cost' ? `$${(value / 1e6).toFixed(6)}` : value.toFixed(0)
}
