import { describe, expect, it } from 'vitest'
import { blame } from './blame.ts'
import type { BlameInput } from './blame-report.ts'
import { type Hour, makeHour, usualHour } from './test-blame-hour.ts'

const blamed = (hour: Partial<Hour>, seed: number) => {
  const { input, guilty } = makeHour({ ...usualHour, ...hour }, seed)
  return { report: blame(input), guilty }
}

describe('blame', () => {
  it.each([1, 2, 3])('names the one of fifty that made calls half as slow again (hour %d)', (seed) => {
    const { report, guilty } = blamed({ metric: 'latency_ms', times: 1.5 }, seed)
    const [first] = report.ranking
    expect(first?.reload.version).toBe(guilty)
    expect(first).toMatchObject({ guilty: true, evidence: 'step' })
    expect(first?.low).toBeLessThan(first?.change ?? 0)
    expect(report.summary).toContain(`latency_ms changed with ${guilty} by `)
    expect(report.ranking).toHaveLength(50)
  })

  it.each([2, 4, 6])('names the one that made errors five times as many (hour %d)', (seed) => {
    const { report, guilty } = blamed({ times: 5 }, seed)
    expect(report.ranking[0]?.reload.version).toBe(guilty)
    expect(report.concluded).toBe(true)
  })

  it.each([1, 2, 3])('blames nobody for bursts, drift and tenants that come and go (hour %d)', (seed) => {
    for (const metric of ['error_rate', 'latency_ms'] as const) {
      const { report } = blamed({ metric }, seed)
      expect(report.concluded).toBe(false)
      expect(report.summary).toContain(`nothing can be concluded about ${metric}`)
      expect(report.ranking.filter((it) => it.guilty)).toEqual([])
    }
  })

  it('sees a candidate beside the others that was taken back after five minutes', () => {
    const { report, guilty } = blamed({ metric: 'latency_ms', times: 1.5, canaryShare: 20 }, 1)
    expect(report.ranking[0]).toMatchObject({ reload: { version: guilty }, guilty: true, evidence: 'canary' })
    expect(report.ranking[0]?.change).toBeGreaterThan(0.3)
  })

  it('names a reload that nobody can tell from it beside the one that is blamed', () => {
    const { input, guilty } = makeHour({ ...usualHour, metric: 'latency_ms', times: 2 }, 1)
    const reloads = input.reloads.flatMap((it) =>
      it.version === guilty ? [it, { ...it, version: 'twin', author: null, attempt: null }] : [it],
    )
    const { ranking, concluded } = blame({ ...input, reloads })
    expect(concluded).toBe(true)
    const [first, second] = ranking
    expect(new Set([first?.reload.version, second?.reload.version])).toEqual(new Set([guilty, 'twin']))
    expect([first?.guilty, second?.guilty]).toEqual([true, false])
    expect(first?.probability).toBeCloseTo(second?.probability ?? 0, 6)
    expect(first?.reason).toMatch(/; or with a probability of \d+ % \S+.*, at the same moment$/)
  })

  it('lays a change that was mended to who made it, and names who mended it after', () => {
    const { report, guilty } = blamed({ metric: 'latency_ms', times: 2.5, mended: true }, 3)
    const found = report.ranking.filter((it) => it.guilty)
    expect(found[0]?.reload.version).toBe(guilty)
    expect(found[0]?.change).toBeGreaterThan(0.5)
    expect(found[1]?.change).toBeLessThan(-0.3)
  })

  it('concludes nothing from too few calls, or without a reload', () => {
    const { input } = makeHour({ ...usualHour, callsPerSecond: 0.01 }, 1)
    expect(blame(input)).toMatchObject({ concluded: false, ranking: [] })
    expect(blame(input).summary).toContain('too few calls')
    const quiet: BlameInput = { ...makeHour({ ...usualHour, callsPerSecond: 1 }, 1).input, reloads: [] }
    expect(blame(quiet).summary).toContain('no reload came into force')
  })

  it('does not care in which order calls come', () => {
    const { input } = makeHour({ ...usualHour, callsPerSecond: 2, times: 8 }, 4)
    const { calls } = input
    const turned = {
      atMs: calls.atMs.toReversed(),
      value: calls.value.toReversed(),
      reload: calls.reload.toReversed(),
      candidate: calls.candidate.toReversed(),
      tenant: calls.tenant.toReversed(),
      route: calls.route.toReversed(),
    }
    const [one, other] = [blame(input), blame({ ...input, calls: turned })]
    expect(other.summary).toBe(one.summary)
  })

  it('leaves out calls that say nothing', () => {
    const { input } = makeHour({ ...usualHour, callsPerSecond: 1 }, 1)
    const value = input.calls.value.map(() => Number.NaN)
    expect(blame({ ...input, calls: { ...input.calls, value } }).summary).toContain('too few calls')
  })
})
