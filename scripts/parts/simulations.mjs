/** What `npm run simulate` can run, and how its rows are shown: one report of canaries, one of `blame`. */
import { blameOutcomes, blameScenarios } from '../../packages/gateway/src/cause/test-blame-scenarios.ts'
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

const canaryHead = [
  'canary',
  'what',
  'of',
  'counted',
  'promised',
  'median requests',
  '95 % within',
  'pass at the end',
]
const blameHead = [
  'hour with 50 reloads',
  'of',
  'guilty one named',
  'somebody else blamed',
  'nothing concluded',
  'promised',
]

export function reports({ canaries, hours }) {
  return [
    {
      name: 'canaries',
      rows: scenarios.map((it) => ({ name: it.name, runs: Math.ceil(canaries * it.part) })),
      cells: canaryCells,
      table: (rows) => table(canaryHead, rows.map(canaryCells)),
    },
    {
      name: 'blame',
      rows: blameScenarios.map((it) => ({ name: it.name, runs: Math.ceil(hours * it.part) })),
      cells: blameCells,
      table: (rows) => table(blameHead, rows.map(blameCells)),
    },
  ]
}

export function runPart({ report, row, ...range }) {
  return report === 'canaries'
    ? outcomes(scenarios[row], traffic(), range)
    : blameOutcomes(blameScenarios[row], range)
}

export function rowOf(report, row, found) {
  return report === 'canaries' ? canaryRow(scenarios[row], found) : { ...blameScenarios[row], found }
}

function canaryCells(it) {
  const requests = (n) => (n === null ? '–' : n.toLocaleString('en-US'))
  return [
    it.name,
    it.counts,
    it.canaries.toLocaleString('en-US'),
    share(it.failed, it.canaries),
    it.promise === '' ? '–' : it.promise,
    requests(it.median),
    requests(it.most),
    share(it.passed, it.canaries),
  ]
}

function blameCells({ name, promise, found }) {
  const named = found.filter((it) => it.named).length
  const concluded = found.filter((it) => it.concluded).length
  const of = found.length
  const [right, wrong, none] = [named, concluded - named, of - concluded].map((it) => share(it, of))
  return [name, String(of), right, wrong, none, promise === '' ? '–' : promise]
}

function share(n, of) {
  return of === 0 ? '–' : `${((100 * n) / of).toFixed(2)} %`
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`
}
