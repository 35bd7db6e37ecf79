import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { CallRecord } from '../contract/call.ts'
import { testCall } from '../contract/test-call.ts'
import { BLAME_METRICS, type BlameMetricName, readBlameColumns } from './blame-rows.ts'
import { openCallTable } from './call-table.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-blame-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

let files = 0
function logOf(records: readonly Partial<CallRecord>[]): string {
  files += 1
  const path = join(folder, `${files}.db`)
  const table = openCallTable(path)
  table.add(records.map((it, i) => testCall({ id: `call_${i}`, startedAt: 1_000 + i, ...it })))
  table.commit()
  table.close()
  return path
}

const all = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, most: 1_000_000 }

function valuesOf(metric: BlameMetricName, more: Partial<CallRecord>): number[] {
  return [...readBlameColumns(logOf([more]), { ...all, metric }).value]
}

describe('the calls of a window', () => {
  it('are columns: when, under which version, by which side, of whom', () => {
    const path = logOf([
      { version: '1.1' },
      { version: '1.2', role: 'candidate', tenant: 'bee' },
      { version: '1.1', role: 'current', error: 'upstream.failed', status: 502 },
    ])
    const found = readBlameColumns(path, { ...all, metric: 'error_rate' })
    expect([...found.atMs]).toEqual([1_002, 1_001, 1_000])
    expect([...found.value]).toEqual([1, 0, 0])
    expect(Array.from(found.version, (it) => found.versions[it])).toEqual(['1.1', '1.2', '1.1'])
    expect([...found.candidate]).toEqual([0, 1, 0])
    expect([...found.tenant]).toEqual([0, 1, 0])
    expect([...found.route]).toEqual([0, 0, 0])
    expect(found.firstMs).toEqual([1_000, 1_001])
    expect(found.isCut).toBe(false)
  })

  it('are those that began in it, the newest of them where there are too many', () => {
    const path = logOf(Array.from({ length: 20_000 }, () => ({})))
    const found = readBlameColumns(path, { metric: 'latency', fromMs: 2_000, toMs: 4_000, most: 5_000 })
    expect(found.atMs).toHaveLength(2_000)
    expect([Math.min(...found.atMs), Math.max(...found.atMs)]).toEqual([2_000, 3_999])
    const cut = readBlameColumns(path, { metric: 'latency', ...all, most: 100 })
    expect([cut.atMs.length, Math.min(...cut.atMs), cut.isCut]).toEqual([100, 20_900, true])
  })

  it('say nothing where a metric has nothing to say', () => {
    expect(valuesOf('latency', { error: 'upstream.failed' })).toEqual([Number.NaN])
    expect(valuesOf('first_token', { stream: false })).toEqual([Number.NaN])
    expect(valuesOf('cost', { costMicroUsd: null })).toEqual([Number.NaN])
    expect(valuesOf('tokens', { outputTokens: null })).toEqual([Number.NaN])
    expect(valuesOf('refusals', { finish: null })).toEqual([Number.NaN])
  })

  it.each(['call.cancelled', 'call.out_of_time'])(
    'say nothing at all that ended by their callers: %s',
    (error) => {
      const call = { error, stream: true, costMicroUsd: 9, finish: 'refusal' } as const
      expect(BLAME_METRICS.map((it) => valuesOf(it, call)[0])).toEqual(BLAME_METRICS.map(() => Number.NaN))
    },
  )

  it('say what they cost, took and held', () => {
    const call = { stream: true, costMicroUsd: 9, finish: 'refusal' } as const
    expect(BLAME_METRICS.map((it) => valuesOf(it, call)[0])).toEqual([0, 120, 20, 9, 30, 1])
  })
})
