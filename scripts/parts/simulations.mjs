/** What `npm run simulate` can run, and how its rows are shown: one report of canaries, one of `blame`. */
import { blameOutcomes, blameScenarios } from '../../packages/gateway/src/cause/test-blame-scenarios.ts'
import { measures } from '../../packages/gateway/src/pipeline/measures.ts'
import { simulatedMeasures } from '../../packages/reload/src/rollout/analysis/test-measures.ts'
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
  'seed',
]
const blameHead = [
  'hour with 50 reloads',
  'of',
  'guilty one named',
  'somebody else blamed',
  'nothing concluded',
  'promised',
  'seed',
]

/** `canaries`, `hours`: of each row, in place of as many as it has by itself. */
export function reports({ canaries, hours }) {
  return [
    {
      name: 'canaries',
      head: canaryHead,
      rows: scenarios.map((it) => ({ name: it.name, runs: canaries ?? it.runs })),
      cells: canaryCells,
    },
    {
      name: 'blame',
      head: blameHead,
      rows: blameScenarios.map((it) => ({ name: it.name, runs: hours ?? it.runs })),
      cells: blameCells,
    },
  ]
}

/** How what is simulated differs from what a gateway compares; empty where it does not. */
export function strangeMeasures() {
  const said = (it) => {
    const { name, kind, worse, tolerance, minSamples, optional = false, weight = 1, grain = 1 } = it
    return JSON.stringify({ name, kind, worse, tolerance, minSamples, optional, weight, grain })
  }
  const [ours, theirs] = [simulatedMeasures.map(said), measures.map(said)]
  const length = Math.max(ours.length, theirs.length)
  return Array.from({ length }, (_, i) => i)
    .filter((i) => ours[i] !== theirs[i])
    .map((i) => `found ${ours[i] ?? 'nothing'}, and a gateway compares ${theirs[i] ?? 'nothing'}`)
}

export function runPart({ report, row, ...range }) {
  return report === 'canaries'
    ? outcomes(scenarios[row], traffic(), range)
    : blameOutcomes(blameScenarios[row], range)
}

export function rowOf(report, row, found) {
  return report === 'canaries' ? canaryRow(scenarios[row], found) : { ...blameScenarios[row], found }
}

function canaryCells(it, seed) {
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
    String(seed),
  ]
}

function blameCells({ name, promise, found }, seed) {
  const named = found.filter((it) => it.named).length
  const concluded = found.filter((it) => it.concluded).length
  const of = found.length
  const [right, wrong, none] = [named, concluded - named, of - concluded].map((it) => share(it, of))
  return [name, String(of), right, wrong, none, promise === '' ? '–' : promise, String(seed)]
}

function share(n, of) {
  return of === 0 ? '–' : `${((100 * n) / of).toFixed(2)} %`
}
