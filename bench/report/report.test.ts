import { describe, expect, it } from 'vitest'
import type { Measured } from '../load/job.ts'
import type { BenchRecord } from '../record.ts'
import { judgeFloors, loadFloors, plain } from './floors.ts'
import { writeMarkdown } from './markdown.ts'
import { drawPlot } from './plot.ts'
import { perSecond, rangeOf, Summary } from './summary.ts'

const spread = { p50: 100, p90: 150, p99: 200, max: 300, count: 10 }

function measured(requests: number, more: Partial<Measured> = {}): Measured {
  return {
    seconds: 1,
    requests,
    failed: 0,
    failures: {},
    latencyUs: spread,
    gatewayCpuUs: 900_000,
    gatewayUse: 0.95,
    loadUse: 0.5,
    foreignShare: 0,
    rssBytes: 90e6,
    rssGrownBytes: 0,
    versions: [],
    versionsBackwards: 0,
    ...more,
  }
}

const run: BenchRecord = {
  kind: 'run',
  at: '2026-11-21T00:00:00Z',
  rounds: 2,
  measureMs: 5000,
  present: [
    { name: 'direct', label: 'direct', version: 'v24' },
    { name: 'nginx', label: 'nginx', version: '1' },
    { name: 'changeover', label: 'Changeover', version: '0.1.0' },
    { name: 'portkey', label: 'Portkey', absent: 'not installed' },
  ],
  machine: {
    cpuModel: 'a CPU',
    cpuCount: 2,
    kernel: '6',
    memoryBytes: 2 ** 33,
    node: 'v24',
    taskset: '/usr/bin/taskset',
    loadCpu: 0,
    gatewayCpu: 1,
    watched: [0, 1],
  },
}

function record(
  round: number,
  scenario: string,
  of: readonly [string, Measured],
  isVoid = false,
): BenchRecord {
  const [candidate, it] = of
  return {
    kind: 'measured',
    round,
    scenario,
    candidate,
    tries: 1,
    disturbed: isVoid ? 'late' : null,
    isVoid,
    measured: it,
  }
}

const summary = new Summary([
  run,
  record(1, 'json-c32', ['nginx', measured(30_000)]),
  record(1, 'json-c32', ['changeover', measured(6_000)]),
  record(2, 'json-c32', ['nginx', measured(20_000)]),
  record(2, 'json-c32', ['changeover', measured(8_000)]),
  record(2, 'open-2000', ['changeover', measured(2_000)]),
])

describe('a summary', () => {
  it('forms ratios inside each round', () => {
    const ratio = summary.ratio('json-c32', ['changeover', 'nginx'], perSecond)
    expect(ratio?.min).toBeCloseTo(0.2)
    expect(ratio?.max).toBeCloseTo(0.4)
    expect(ratio?.median).toBeCloseTo(0.3)
  })

  it('leaves out what is void, and rounds that lack one side', () => {
    const some = new Summary([
      run,
      record(1, 'json-c32', ['nginx', measured(30_000)]),
      record(1, 'json-c32', ['changeover', measured(1)], true),
      record(2, 'json-c32', ['changeover', measured(8_000)]),
    ])
    expect(some.ratio('json-c32', ['changeover', 'nginx'], perSecond)).toBeNull()
    expect(some.range('json-c32', 'changeover', perSecond)?.median).toBe(8_000)
  })

  it('holds each run in turn against those just before and after it, so that a drift is taken out', () => {
    const turns = (round: number, figures: readonly number[]) =>
      figures.map((it, i) => record(round, `versions-${(i % 2) + 1}`, ['changeover', measured(it)]))
    const some = new Summary([
      run,
      ...turns(1, [1000, 810, 800, 560, 800]),
      ...turns(2, [500, 500, 500, 250]),
    ])
    // 810 of 900 on the way from 1,000 to 800; 560 of 800; 500 of 500; and 250 of the 500 before it, where none comes after.
    const [low, high] = [0.075, 0.35].map((it) => expect.closeTo(it) as number)
    expect(some.versionsLoss('changeover')).toEqual({ min: low, median: expect.closeTo(0.225), max: high })
  })

  it('takes the mean over the places of two processes, in each of which single pieces may stray', () => {
    const inPlace = (place: number, figures: readonly number[]) =>
      figures.map((it, i) => ({
        ...record(1, `versions-${(i % 2) + 1}`, ['changeover', measured(it)]),
        place,
      }))
    // By luck the one process is slower by a tenth: 0.14, 0.14 and a piece that strayed; then -0.06 the other way round.
    const first = inPlace(0, [1000, 860, 1000, 860, 1000, 100, 1000])
    const second = inPlace(1, [1000, 1060, 1000, 1060, 1000])
    const found = new Summary([run, ...first, ...second]).versionsLoss('changeover')
    expect(found?.median).toBeCloseTo(0.04)
  })

  it('has no range of nothing', () => {
    expect(rangeOf([])).toBeNull()
    expect(rangeOf([Number.NaN, 3, 1])).toEqual({ median: 2, min: 1, max: 3 })
  })
})

describe('floors', () => {
  it('are held, missed or not measured, and each is known', () => {
    const verdicts = judgeFloors(loadFloors(), summary)
    const of = (text: string): string | undefined => verdicts.find((it) => it.says.includes(text))?.verdict
    expect(of("share of nginx's")).toBe('PASS')
    expect(of('resident memory')).toBe('PASS')
    expect(of("multiple of Portkey's")).toBe('NOT MEASURED')
    expect(of('failed requests')).toBe('NOT MEASURED')
    const [missed] = judgeFloors([{ id: 'throughput-over-nginx', says: 'x', atLeast: 0.5 }], summary)
    expect(missed?.verdict).toBe('MISSED')
  })

  it('do not pass for reloads when none was taken', () => {
    const tookMs = { p50: 0, p90: 0, p99: 0, max: 0, count: 0 }
    const reloads = { asked: 3, taken: 0, refused: ['no'], tookMs, mixedVersions: 0 }
    const calm = record(1, 'reload-10', ['changeover', measured(6_000)])
    const some = new Summary([run, { ...calm, reloads } as BenchRecord])
    const [verdict] = judgeFloors([{ id: 'reload-failed', says: 'x', atMost: 0 }], some)
    expect(verdict?.verdict).toBe('NOT MEASURED')
  })
})

describe('a report', () => {
  it('says which candidate is absent and why, and puts the verdicts first', () => {
    const text = writeMarkdown(summary, judgeFloors(loadFloors(), summary), 'x.svg')
    expect(text).toContain('| Portkey | absent: not installed |')
    expect(text.indexOf('## Floors')).toBeLessThan(text.indexOf('## Throughput'))
  })

  it('draws a bar for each candidate that was measured', () => {
    const svg = drawPlot(summary)
    expect(svg).toContain('>changeover</text>')
    expect(svg).not.toContain('NaN')
    expect(svg).not.toContain('>portkey</text>')
  })
})

describe('a figure', () => {
  it('has three significant digits and no exponent', () => {
    expect([0, 0.012345, 1.2345, 123.45, 123_456].map(plain)).toEqual([
      '0',
      '0.0123',
      '1.23',
      '123',
      '123456',
    ])
  })
})
