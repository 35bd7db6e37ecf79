import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '@changeover/testkit'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { CallDesk } from './call-desk.ts'
import { openCallTable } from './call-table.ts'

const folder = mkdtempSync(join(tmpdir(), 'changeover-desk-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

const threads = () => process.getActiveResourcesInfo().filter((it) => it === 'MessagePort').length

function openDesk() {
  const path = join(folder, `calls-${files++}.db`)
  const table = openCallTable(path)
  const clock = new ManualClock()
  return { desk: new CallDesk(path, clock), table, clock }
}

describe('the call desk', () => {
  it('lets its worker go when nobody asks any more, and has another when somebody does', async () => {
    const { desk, table, clock } = openDesk()
    const before = threads()
    expect(await desk.ask({ about: 'calls', filter: {} })).toEqual({ calls: [], next: null })
    await clock.advance(9_000)
    expect(await desk.ask({ about: 'call', id: 'call_1' })).toBeNull()
    await clock.advance(10_000)
    await vi.waitFor(() => expect(threads()).toBeLessThanOrEqual(before))
    expect(await desk.ask({ about: 'versions', versions: [] })).toEqual([])
    await desk.close()
    table.close()
  })

  it('brings what was written into the main file when it is asked to, and keeps no worker for the next time', async () => {
    const { desk, table } = openDesk()
    const before = threads()
    await desk.checkpoint()
    await vi.waitFor(() => expect(threads()).toBeLessThanOrEqual(before))
    await desk.close()
    table.close()
  })

  it('rejects what it was asked when its worker cannot start, and tries again with the next', async () => {
    const desk = new CallDesk(join(folder, 'no-such-folder', 'calls.db'), new ManualClock())
    await expect(desk.ask({ about: 'calls', filter: {} })).rejects.toThrow('the call log stopped')
    await expect(desk.checkpoint()).rejects.toThrow('the call log stopped')
    await desk.close()
  })
})
