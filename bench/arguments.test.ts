import { describe, expect, it } from 'vitest'
import { readArguments } from './arguments.ts'
import { crossings } from './crossing.ts'
import { scenarios } from './scenarios.ts'

const ids = (args: readonly string[]): string[] | undefined =>
  readArguments(args)?.plan.scenarios.map((it) => it.id)

describe('the command line', () => {
  it('runs everything unless told, and writes the full report', () => {
    expect(ids([])).toHaveLength(scenarios.length)
    expect(readArguments([])?.plan.crossings).toHaveLength(crossings.length)
    expect(readArguments([])).toMatchObject({ isPartial: false, plan: { rounds: 3, starts: 10 } })
  })

  it('chooses scenarios by how they begin, and does not replace the full report with a part', () => {
    const some = ids(['--only', 'sse,reload-1']) ?? []
    expect(some.filter((it) => it === 'reload-1').length).toBeGreaterThan(1)
    expect([...new Set(some)]).toEqual(['sse-50', 'sse-200', 'sse-2000', 'reload-1', 'reload-10'])
    expect(readArguments(['--only', 'sse'])?.isPartial).toBe(true)
    expect(readArguments(['--quick'])).toMatchObject({ isPartial: true, plan: { rounds: 2 } })
  })

  it('chooses what two settings differ by, by the name of either', () => {
    const crossed = (only: string) => readArguments(['--only', only])?.plan.crossings.map((it) => it.other.id)
    expect(crossed('versions-1')).toEqual(['versions-2'])
    expect(crossed('cost-keys')).toEqual(['cost-keys'])
    expect(crossed('bare')?.length).toBeGreaterThan(5)
    expect(crossed('sse')).toEqual([])
    expect(readArguments(['--only', 'cost-keys'])).toMatchObject({ isPartial: true, plan: { scenarios: [] } })
  })

  it('refuses what it does not know', () => {
    expect(() => readArguments(['--only', 'tls'])).toThrow('no scenario begins with "tls"')
    expect(() => readArguments(['--rounds', 'many'])).toThrow('expected a number above 0')
    expect(() => readArguments(['--candidates', 'envoy'])).toThrow('no candidate')
  })
})
