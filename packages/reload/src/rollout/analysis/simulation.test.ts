import { describe, expect, it } from 'vitest'
import { outcomes, rowOf, scenarios } from './test-scenarios.ts'
import { fittedTraffic } from './test-traffic.ts'

// The fitted sizes, so that what is counted is the same wherever this runs. The whole table: npm run simulate.
const traffic = fittedTraffic()

function rowNamed(start: string, canaries: number, candidateRequests: number) {
  const scenario = scenarios.find((it) => it.name.startsWith(start))
  if (scenario === undefined) throw new Error(`no scenario begins with "${start}"`)
  const asked = { ...scenario, world: { candidateRequests, ...scenario.world } }
  return rowOf(asked, outcomes(asked, traffic, { seed: 1, from: 0, to: canaries }))
}

describe('simulated canaries', () => {
  it.each([
    ['good; by request', 60],
    ['good; by session', 20],
    ['good; by tenant, 100 that differ', 20],
    ['good; outage of both', 40],
  ])('are not taken back when %s', (name, canaries) => {
    expect(rowNamed(name, canaries, 1500).failed).toBe(0)
  })

  it('are taken back when errors double, nearly always', () => {
    expect(rowNamed('errors 1 % → 2 %; by request', 40, 5000).failed).toBeGreaterThanOrEqual(36)
  })

  it.each(['cost + 20 %; by request', 'latency + 20 %; by request'])('are taken back at %s', (name) => {
    expect(rowNamed(name, 40, 2000).failed).toBeGreaterThanOrEqual(36)
  })

  it('are taken back within some tens of requests when their provider is down', () => {
    const row = rowNamed('provider down', 100, 1000)
    expect(row.failed).toBe(100)
    expect(row.most).toBeLessThan(40)
  })
})
