/** What `npm run simulate` can run, and how its rows are shown: one report of canaries, one of `blame`. */
import {
  rowOf as canaryRow,
  outcomes,
  scenarios,
} from '../../packages/reload/src/rollout/analysis/test-scenarios.ts'
import { readTraffic } from '../../packages/reload/src/rollout/analysis/test-traffic.ts'

let read

/** Read once a thread. */
export function traffic() {
  read ??= readTraffic()
  return read
}

export function reports({ canaries }) {
  return [
    {
      name: 'canaries',
      rows: scenarios.map((it) => ({ name: it.name, runs: Math.ceil(canaries * it.part) })),
      cells: canaryCells,
      table: (rows) =>
        table(
          [
            'canary',
            'what',
            'of',
            'counted',
            'promised',
            'median requests',
            '95 % within',
            'pass at the end',
          ],
          rows.map(canaryCells),
        ),
    },
  ]
}

export function runPart({ report, row, ...range }) {
  if (report !== 'canaries') throw new Error(`no report is called "${report}"`)
  return outcomes(scenarios[row], traffic(), range)
}

export function rowOf(report, row, found) {
  if (report !== 'canaries') throw new Error(`no report is called "${report}"`)
  return canaryRow(scenarios[row], found)
}

function canaryCells(it) {
  const share = (n) => `${((100 * n) / it.canaries).toFixed(2)} %`
  const requests = (n) => (n === null ? '–' : n.toLocaleString('en-US'))
  return [
    it.name,
    it.counts,
    it.canaries.toLocaleString('en-US'),
    share(it.failed),
    it.promise === '' ? '–' : it.promise,
    requests(it.median),
    requests(it.most),
    share(it.passed),
  ]
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`
}
