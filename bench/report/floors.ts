/** What the gateway was meant to reach (`bench/floors.json`), beside what it reached. */
import { readFileSync } from 'node:fs'
import { latencyP50, latencyP99, perSecond, type Summary } from './summary.ts'

export interface Floor {
  readonly id: string
  readonly says: string
  readonly atLeast?: number
  readonly atMost?: number
}

export interface Verdict {
  readonly says: string
  readonly floor: string
  readonly reached: string
  readonly verdict: 'PASS' | 'MISSED' | 'NOT MEASURED'
}

const us = 'changeover'
const reloadScenarios = ['reload-1', 'reload-10']
/** nginx's own p99 can lie within the noise of the direct run's; a ratio over nothing says nothing. */
const leastAddedUs = 50

const figures: Readonly<Record<string, (summary: Summary) => number | null>> = {
  'throughput-over-nginx': (it) => it.ratio('json-c32', [us, 'nginx'], perSecond)?.median ?? null,
  'throughput-over-portkey': (it) => it.ratio('json-c32', [us, 'portkey'], perSecond)?.median ?? null,
  'added-p50-beyond-nginx-us': (it) =>
    it.paired('open-1000', [us, 'nginx'], latencyP50, (left, right) => left - right)?.median ?? null,
  'added-p99-over-nginx': addedP99OverNginx,
  'reload-loss': (it) => it.reloadLoss(us, 'reload-10')?.median ?? null,
  'reload-failed': (it) => sumOfReloads(it, (run) => run.measured.failed),
  'reload-mixed': (it) =>
    sumOfReloads(it, (run) => (run.reloads?.mixedVersions ?? 0) + run.measured.versionsBackwards),
  'everything-cost': (it) => it.cost('everything', us)?.median ?? null,
  'versions-loss': (it) => it.versionsLoss(us)?.median ?? null,
  'rss-mb': (it) => it.rssMb(us)?.median ?? null,
  'start-ms': (it) => it.start(us)?.median ?? null,
}

export function loadFloors(): readonly Floor[] {
  return JSON.parse(readFileSync(new URL('../floors.json', import.meta.url), 'utf8')) as Floor[]
}

export function judgeFloors(floors: readonly Floor[], summary: Summary): readonly Verdict[] {
  return floors.map((floor) => {
    const figure = figures[floor.id]
    if (figure === undefined) throw new Error(`bench/floors.json names "${floor.id}", which is not measured`)
    const reached = figure(summary)
    const { says } = floor
    const bound = floor.atLeast === undefined ? `≤ ${floor.atMost}` : `≥ ${floor.atLeast}`
    if (reached === null) return { says, floor: bound, reached: 'not measured', verdict: 'NOT MEASURED' }
    const holds = reached >= (floor.atLeast ?? -Infinity) && reached <= (floor.atMost ?? Infinity)
    return { says, floor: bound, reached: plain(reached), verdict: holds ? 'PASS' : 'MISSED' }
  })
}

/** Three significant digits, without exponent. */
export function plain(value: number): string {
  if (value === 0) return '0'
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}

function addedP99OverNginx(summary: Summary): number | null {
  const own = summary.added('open-1000', us, latencyP99)
  const limit = summary.added('open-1000', 'nginx', latencyP99)
  if (own === null || limit === null) return null
  return own.median / Math.max(leastAddedUs, limit.median)
}

function sumOfReloads(summary: Summary, count: (run: Summary['measured'][number]) => number): number | null {
  const runs = reloadScenarios.flatMap((it) => summary.of(it, us)).filter((it) => it.reloads !== undefined)
  // Without a single reload taken, "none failed" would be an empty claim.
  if (runs.every((it) => it.reloads?.taken === 0)) return null
  return runs.reduce((sum, it) => sum + count(it), 0)
}
