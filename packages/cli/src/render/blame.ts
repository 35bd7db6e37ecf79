/** Which reload moved a metric: a sentence, a table, and the guilty told in full. */
import type { Blame, BlameEntry } from '@changeover/sdk'
import { writeVersions } from './origins.ts'
import type { Paint } from './paint.ts'
import { type Page, writeTable } from './table.ts'
import { sayAgo, sayDuration } from './times.ts'

export interface BlameView extends Page {
  readonly now: number
  /** Reloads shown. */
  readonly limit: number
}

const mostWords = 6

export function writeBlame(it: Blame, view: BlameView): string[] {
  const { paint, now, limit } = view
  const head = it.concluded ? paint('red', 'to blame') : paint('yellow', 'inconclusive')
  const cut = it.cut ? ', the newest of more' : ''
  const looked = paint('dim', `${it.metric}, ${it.calls} calls from ${it.from} to ${it.to}${cut}`)
  const shown = it.ranking.slice(0, limit)
  const left = it.ranking.length - shown.length
  return [
    `${head}  ${it.summary}`,
    looked,
    ...(shown.length === 0 ? [] : ['', ...writeRanking(it.metric, shown, view)]),
    ...(left > 0 ? [paint('dim', `and ${left} more; --limit shows them`)] : []),
    ...it.ranking.filter((entry) => entry.guilty).flatMap((entry) => writeGuilty(entry, paint, now)),
  ]
}

function writeRanking(metric: string, entries: readonly BlameEntry[], view: BlameView): string[] {
  const { paint, now } = view
  const columns = [
    { title: 'VERSION', whole: true },
    { title: 'WHEN' },
    { title: 'CHANGE', right: true },
    { title: '95 %', right: true, spare: true },
    { title: 'BEFORE', right: true },
    { title: 'AFTER', right: true },
    { title: 'CALLS', right: true, spare: true },
    { title: 'BY', spare: true },
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
    it.step?.author ?? '-',
    it.probability === null ? 'canary' : `before, after: ${Math.round(it.probability * 100)} %`,
    it.words[0] ?? it.changed[0] ?? '',
  ])
  return writeTable(columns, rows, view)
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
