/** The rows about `blame` in docs/reference/analysis.md. Hour i of every row has the seed `seed + i`. */
import { blame } from './blame.ts'
import { type Hour, makeHour, usualHour } from './test-blame-hour.ts'

export interface BlameScenario {
  readonly name: string
  readonly promise: string
  readonly hour: Partial<Hour>
  /** Hours. */
  readonly runs: number
}

export interface BlameOutcome {
  readonly concluded: boolean
  /** Whether the guilty one was named first, among those that are blamed. */
  readonly named: boolean
}

const nobody = { promise: 'nobody blamed in at least 98 %', runs: 200 } as const
const somebody = { promise: 'named in at least 95 %', runs: 200 } as const
const latency = { metric: 'latency_ms' } as const

export const blameScenarios: readonly BlameScenario[] = [
  { ...nobody, name: 'noise, errors', hour: {} },
  { ...nobody, name: 'noise, latency', hour: latency },
  { ...somebody, name: 'errors × 10', hour: { times: 10 } },
  { ...somebody, name: 'latency × 2', hour: { ...latency, times: 2 } },
  { name: 'errors × 5', promise: '', runs: 100, hour: { times: 5 } },
  { name: 'latency + 50 %', promise: '', runs: 100, hour: { ...latency, times: 1.5 } },
  { name: 'errors × 5, mended four reloads later', promise: '', runs: 100, hour: { times: 5, mended: true } },
  {
    name: 'latency + 50 %, of one route in five',
    promise: '',
    runs: 100,
    hour: { ...latency, times: 1.5, routes: 5 },
  },
  {
    name: 'latency + 50 %, a canary of ten tenants taken back',
    promise: '',
    runs: 100,
    hour: { ...latency, times: 1.5, canaryShare: 10 },
  },
  {
    name: 'noise, and a provider that gets twice as slow for good',
    promise: '',
    runs: 100,
    hour: { ...latency, outside: true },
  },
]

export function blameOutcomes(
  scenario: BlameScenario,
  range: { readonly seed: number; readonly from: number; readonly to: number },
): readonly BlameOutcome[] {
  const found: BlameOutcome[] = []
  for (let i = range.from; i < range.to; i += 1) {
    const { input, guilty } = makeHour({ ...usualHour, ...scenario.hour }, range.seed + i)
    const { concluded, ranking } = blame(input)
    found.push({ concluded, named: concluded && ranking[0]?.reload.version === guilty })
  }
  return found
}
