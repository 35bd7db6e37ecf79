import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@changeover/reload'
import { afterAll, describe, expect, it } from 'vitest'
import { openCallTable } from '../calls/call-table.ts'
import type { CallRecord } from '../contract/call.ts'
import { testCall } from '../contract/test-call.ts'
import { createBlameFinder } from './find-blame.ts'
import type { VersionStep } from './origin.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-blamed-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const hourMs = 3_600_000
const startMs = Date.UTC(2026, 0, 1)
const reloads = 6
const calls = 18_000
const versionOf = (i: number): string => `1.${i + 1}`

/** Between 0 and 1, as if by chance, and the same each time. */
function fraction(i: number, salt: number): number {
  let hash = Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(salt, 0x85ebca6b)
  for (const shift of [15, 13, 16]) hash = Math.imul(hash ^ (hash >>> shift), 0x2c1b3c6d)
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32
}

const steps: readonly VersionStep[] = Array.from({ length: reloads }, (_, i) => ({
  version: versionOf(i),
  from: i === 0 ? null : versionOf(i - 1),
  at: new Date(startMs + (i * hourMs) / reloads).toISOString(),
  author: i === 3 ? 'bo' : 'ann',
  reason: '',
  attempt: `rl_${i}`,
  traceId: `trace-${i}`,
  trigger: 'admin_api',
  source: 'PATCH /v1/settings',
  status: 'success',
  changed: ['/routes/chat/targets/0/weight'],
  restores: null,
  isOverride: false,
  approvedBy: [],
  emergency: null,
  commit: null,
  text: null,
  isStarter: false,
}))

function finderOver(name: string, record: (i: number, reload: number) => Partial<CallRecord>) {
  const path = join(folder, `${name}.db`)
  const table = openCallTable(path)
  table.add(
    Array.from({ length: calls }, (_, i) => {
      const reload = Math.floor((i * reloads) / calls)
      const startedAt = startMs + (i * hourMs) / calls
      return testCall({ id: `call_${i}`, startedAt, version: versionOf(reload), ...record(i, reload) })
    }),
  )
  table.commit()
  table.close()
  return createBlameFinder({
    clock: systemClock,
    provenance: { broughtBetween: () => Promise.resolve(steps) },
    readable: () => Promise.resolve(path),
  })
}

const failed = { error: 'upstream.failed', status: 502 } as const
const window = { fromMs: startMs, toMs: startMs + hourMs }

describe('who is to blame', () => {
  it('is the reload with which errors began, with its author and its trace', async () => {
    const finder = finderOver('errors', (i, reload) =>
      fraction(i, 1) < (reload >= 3 ? 0.06 : 0.01) ? failed : {},
    )
    const found = await finder.find('error_rate', window)
    expect(found).toMatchObject({ calls, isCut: false })
    expect(found.report.concluded, found.report.summary).toBe(true)
    const [first] = found.report.ranking
    expect(first).toMatchObject({ guilty: true, reload: { version: versionOf(3), attempt: 'rl_3' } })
    expect(first?.change).toBeGreaterThan(2)
    expect(found.steps.get(versionOf(3))).toMatchObject({ author: 'bo', traceId: 'trace-3' })
  })

  it('is the reload with which answers became slower', async () => {
    const finder = finderOver('latency', (i, reload) => ({
      durationMs: (reload >= 2 ? 150 : 100) * Math.exp(fraction(i, 2) - 0.5),
    }))
    const { report } = await finder.find('latency', window)
    expect(report.ranking.filter((it) => it.guilty).map((it) => it.reload.version)).toEqual([versionOf(2)])
  })

  it('is nobody where nothing happened, and where nothing is known', async () => {
    const finder = finderOver('noise', (i) => (fraction(i, 3) < 0.02 ? failed : {}))
    const noise = (await finder.find('error_rate', window)).report
    expect([noise.concluded, noise.ranking.some((it) => it.guilty)]).toEqual([false, false])
    const costs = (await finder.find('cost', window)).report
    expect([costs.concluded, costs.ranking.some((it) => it.guilty)]).toEqual([false, false])
  })

  it('cannot be said when the log cannot be read', async () => {
    const finder = createBlameFinder({
      clock: systemClock,
      provenance: { broughtBetween: () => Promise.resolve([]) },
      readable: () => Promise.resolve(join(folder, 'nowhere', 'calls.db')),
    })
    await expect(finder.find('cost', window)).rejects.toThrow()
  })
})
