import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ManualClock } from '@changeover/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepTotals, LOST_MS } from './kept-totals.ts'
import { LocalCounters } from './local-counters.ts'

let folder: string
let clock: ManualClock
let logged: string[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'changeover-totals-'))
  clock = new ManualClock()
  logged = []
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const logger = { enabled: () => true, log: ({ message }: { message: string }) => void logged.push(message) }
const total = (key: string, amount: number, endsMs: number | null = null) =>
  ({ kind: 'total', key, amount, most: 1_000_000, endsMs }) as const

function open(path = join(folder, 'budgets.db')) {
  const counters = new LocalCounters()
  const kept = keepTotals({ path, counters, clock, logger })
  return { counters, kept, used: (key: string) => counters.read([total(key, 0)], clock.now())[0] }
}

describe('budgets over a restart', () => {
  it('go on where they were', () => {
    const first = open()
    first.counters.take([total('a', 300), total('b', 5)], clock.now())
    first.counters.correct([{ claim: total('a', 300), by: -100 }], clock.now())
    first.kept.close()
    const second = open()
    expect([second.used('a'), second.used('b')]).toEqual([200, 5])
    second.counters.take([total('a', 50)], clock.now())
    second.kept.close()
    const third = open()
    expect(third.used('a')).toBe(250)
    third.kept.close()
  })

  it('are there after a crash, but for the last moments; what calls held then stays taken', async () => {
    const crashed = open()
    crashed.counters.take([total('a', 300)], clock.now())
    await clock.advance(LOST_MS)
    crashed.counters.take([total('a', 40)], clock.now())
    const next = open()
    expect(next.used('a')).toBe(300)
    next.kept.close()
    crashed.kept.close()
  })

  it('are all written, however many change at once', async () => {
    const first = open()
    for (let i = 0; i < 1000; i += 1) first.counters.take([total(`k${i}`, i + 1)], clock.now())
    for (let i = 0; i < 4; i += 1) await clock.advance(LOST_MS)
    const crashed = open()
    expect(crashed.used('k999')).toBe(1000)
    crashed.kept.close()
    first.kept.close()
  })

  it('cost nothing while nothing changes, and are tried again while they cannot be written', async () => {
    const { counters, kept } = open()
    // The look for periods that are over, once an hour.
    expect(clock.pending).toBe(1)
    counters.take([total('a', 1)], clock.now())
    counters.take([total('b', 1)], clock.now())
    expect(clock.pending).toBe(2)
    await clock.advance(LOST_MS)
    expect(clock.pending).toBe(1)
    await clock.advance(2 * 3_600_000)
    counters.take([total('a', 1)], clock.now())
    await clock.advance(LOST_MS)
    expect(clock.pending).toBe(1)
    kept.close()
    expect(clock.pending).toBe(0)
    const again = open()
    expect([again.used('a'), again.used('b')]).toEqual([2, 1])
    again.kept.close()
  })

  it('whose period ended meanwhile are forgotten', async () => {
    const first = open()
    first.counters.take(
      [total('old', 1, clock.now() + 1000), total('young', 1, clock.now() + 9000)],
      clock.now(),
    )
    first.kept.close()
    await clock.advance(1000)
    const second = open()
    expect([second.used('old'), second.used('young')]).toEqual([0, 1])
    second.kept.close()
  })

  it('have no file before the first of them is to be written', async () => {
    const path = join(folder, 'budgets.db')
    const idle = open(path)
    await clock.advance(2 * 3_600_000)
    idle.kept.close()
    expect(existsSync(path)).toBe(false)
    const busy = open(path)
    busy.counters.take([total('a', 1)], clock.now())
    busy.kept.close()
    expect(open(path).used('a')).toBe(1)
  })

  it('count on without a file, say so once, and are written when it can be opened', async () => {
    const place = join(folder, 'a-file')
    writeFileSync(place, '')
    const { counters, kept, used } = open(join(place, 'budgets.db'))
    counters.take([total('a', 1)], clock.now())
    expect(used('a')).toBe(1)
    await clock.advance(3 * LOST_MS)
    expect(logged).toEqual(['budgets cannot be kept over a restart: their file cannot be opened'])
    rmSync(place)
    mkdirSync(place)
    await clock.advance(LOST_MS)
    kept.close()
    expect(open(join(place, 'budgets.db')).used('a')).toBe(1)
  })

  it('leave a file alone that is none of theirs, and say so at the start', () => {
    const path = join(folder, 'budgets.db')
    writeFileSync(path, 'not a database, and long enough to be looked at as one'.repeat(20))
    const { counters, kept, used } = open(path)
    expect(logged).toEqual(['budgets cannot be kept over a restart: their file cannot be opened'])
    counters.take([total('a', 1)], clock.now())
    expect(used('a')).toBe(1)
    kept.close()
  })
})
