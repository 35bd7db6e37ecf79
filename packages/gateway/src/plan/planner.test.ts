/** The plan's thread: what it tells, that it leaves the serving one alone, and that it can be left. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { changes, type LogRecord, systemClock, type Telemetry } from '@changeover/reload'
import { afterAll, describe, expect, it } from 'vitest'
import { openCallTable } from '../calls/call-table.ts'
import type { CallRecord } from '../contract/call.ts'
import type { ReplayAsk } from './look.ts'
import { createPlanner, type PlannedChange, type Progress } from './planner.ts'
import { base, row, tenants, tree } from './test-rows.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-plan-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

/** A file of so many calls by two keys, one a second and the last of them now. */
function recorded(count: number): string {
  const path = join(folder, `calls-${files++}.db`)
  const table = openCallTable(path)
  const firstMs = Date.now() - count * 1000
  const records = Array.from({ length: count }, (_, i): CallRecord => {
    const { asked, ...rest } = row({
      tenant: 'acme',
      key: i % 4 === 0 ? 'acme/ops' : 'acme/ci',
      startedAt: firstMs + i * 1000,
    })
    const unused = { rollout: null, role: null, cohort: null, unit: null, finish: null, schemaValid: null }
    const unasked = {
      version: '1.1',
      costMicroUsd: null,
      pricedBy: null,
      attempts: [],
      traceId: '',
      replyBytes: 1,
    }
    return { ...rest, ...unused, ...unasked, rule: null, choice: null, ...(asked === null ? {} : { asked }) }
  })
  table.add(records)
  table.commit()
  table.close()
  return path
}

function openPlanner(readable: () => Promise<string>) {
  const logged: string[] = []
  const telemetry = { logger: { log: (it: LogRecord) => logged.push(it.message) } } as unknown as Telemetry
  return {
    planner: createPlanner({ calls: { readable }, clock: systemClock, telemetry, shipped: async () => ({}) }),
    logged,
  }
}

const place = { file: 'changeover.yaml', line: 7, column: 3 }
function change(before: string, after: string): PlannedChange {
  const [previous, settings] = [tree(before), tree(after)]
  return { previous, settings, changes: changes(previous, settings), placeOf: () => place }
}
const withoutOps = change(base + tenants, base + tenants.replace(/ {6}ops.*\n/, ''))
const all: ReplayAsk = { most: 100_000, lastMs: null }

describe('a look', () => {
  it('says what changes, who loses by it, and where that stands', async () => {
    const { planner } = openPlanner(async () => recorded(40))
    const { sentences, warnings, replay, trouble } = await planner.look(withoutOps, { replay: all })
    expect(sentences.map((it) => it.text)).toEqual(['key ops of tenant acme is removed'])
    expect(warnings).toMatchObject([{ code: 'plan.removed_in_use', numbers: { calls: 10 }, place }])
    expect(replay).toMatchObject({ calls: 40, replayed: 40, refused: { calls: 10 } })
    expect(trouble).toBe('')
  })

  it('replays the newest calls, or those of a time', async () => {
    const path = recorded(100)
    const { planner } = openPlanner(async () => path)
    const newest = await planner.look(withoutOps, { replay: { most: 20, lastMs: null } })
    const lately = await planner.look(withoutOps, { replay: { most: 1000, lastMs: 50_500 } })
    expect(newest.replay?.calls).toBe(20)
    expect(lately.replay?.calls).toBeGreaterThan(30)
    expect(lately.replay?.calls).toBeLessThanOrEqual(50)
  })

  it('replays nothing when it is not asked to, or nothing changes', async () => {
    const { planner } = openPlanner(() => Promise.reject(new Error('asked')))
    const off = await planner.look(withoutOps, { replay: null })
    expect(off).toMatchObject({ replay: null, trouble: '', warnings: [], sentences: [{}] })
    const same = await planner.look(change(base, base), { replay: all })
    expect(same).toEqual({ sentences: [], warnings: [], replay: null, trouble: '' })
  })

  it('is still there when the record is not, and says so', async () => {
    const { planner, logged } = openPlanner(async () => join(folder, 'no-such-folder', 'calls.db'))
    const looked = await planner.look(withoutOps, { replay: all })
    expect(looked).toMatchObject({
      replay: null,
      trouble: 'the recorded calls could not be replayed',
      sentences: [{}],
    })
    expect(logged).toEqual(['the recorded calls could not be replayed'])
  })

  it('tells how far it is, and ends when nobody waits', async () => {
    const path = recorded(10_000)
    const { planner, logged } = openPlanner(async () => path)
    const left = new AbortController()
    const heard: Progress[] = []
    const onProgress = (it: Progress): void => {
      heard.push(it)
      left.abort(new Error('left'))
    }
    await expect(planner.look(withoutOps, { replay: all, signal: left.signal, onProgress })).rejects.toThrow(
      'left',
    )
    expect(heard[0]).toEqual({ stage: 'read', calls: expect.any(Number) })
    expect(logged).toEqual([])
    const later = await planner.look(withoutOps, { replay: { most: 10, lastMs: null } })
    expect(later.replay?.calls).toBe(10)
  })

  it('takes next to nothing of the thread that serves', async () => {
    const path = recorded(20_000)
    const { planner } = openPlanner(async () => path)
    await planner.look(withoutOps, { replay: { most: 1, lastMs: null } })
    const before = process.threadCpuUsage()
    const { replay } = await planner.look(withoutOps, { replay: all })
    const { user, system } = process.threadCpuUsage(before)
    expect(replay?.replayed).toBe(20_000)
    // Twenty thousand calls replayed here would take a quarter of a second of this thread.
    expect((user + system) / 1000).toBeLessThan(100)
  })
})
