/** What a watching loop sleeps on. */
import { ManualClock } from '@changeover/testkit'
import { describe, expect, it } from 'vitest'
import { untilAborted, Wake } from './wake.ts'

function sleeper() {
  const clock = new ManualClock()
  const ending = new AbortController()
  return { clock, ending, wake: new Wake(clock, ending.signal) }
}

/** Whether a promise has settled by now. */
async function settled(work: Promise<unknown>): Promise<boolean> {
  let isSettled = false
  void work.then(() => (isSettled = true))
  await new ManualClock().advance(0)
  return isSettled
}

describe('a wake', () => {
  it('ends a sleep by the bell, by the time or by the end, and leaves no timer', async () => {
    const { clock, ending, wake } = sleeper()
    const byBell = wake.sleep(100)
    wake.ring()
    expect(await byBell).toBe('rung')
    const byTime = wake.sleep(100)
    await clock.advance(100)
    expect(await byTime).toBe('elapsed')
    const byEnd = wake.sleep(null)
    ending.abort()
    expect(await byEnd).toBe('aborted')
    expect(await wake.sleep(100)).toBe('aborted')
    expect(clock.pending).toBe(0)
  })

  it('keeps a ring that nobody slept for, and takes many for one', async () => {
    const { clock, wake } = sleeper()
    wake.ring()
    wake.ring()
    expect(await wake.sleep(null)).toBe('rung')
    expect(await settled(wake.sleep(100))).toBe(false)
    expect(clock.pending).toBe(1)
  })

  it('waits for quiet after the bell', async () => {
    const { clock, wake } = sleeper()
    const quiet = wake.sleepUntilQuiet(50, null)
    for (let i = 0; i < 5; i += 1) {
      wake.ring()
      await clock.advance(40)
    }
    expect(await settled(quiet)).toBe(false)
    await clock.advance(10)
    expect(await settled(quiet)).toBe(true)
  })

  it('waits no longer than ten times the quiet for it', async () => {
    const { clock, wake } = sleeper()
    const quiet = wake.sleepUntilQuiet(50, null)
    let rings = 0
    while (!(await settled(quiet))) {
      wake.ring()
      await clock.advance(25)
      rings += 1
    }
    expect(rings).toBeGreaterThan(15)
    expect(rings).toBeLessThan(25)
  })

  it('does not wait for quiet when nothing rang by the time of the poll', async () => {
    const { clock, wake } = sleeper()
    const polled = wake.sleepUntilQuiet(50, 1_000)
    await clock.advance(1_000)
    expect(await settled(polled)).toBe(true)
  })
})

describe('work until the end', () => {
  it('gives its result, or nothing as soon as the end has come', async () => {
    const ending = new AbortController()
    expect(await untilAborted(Promise.resolve(7), ending.signal)).toBe(7)
    await expect(untilAborted(Promise.reject(new Error('broken')), ending.signal)).rejects.toThrow('broken')
    const endless = untilAborted(new Promise<number>(() => {}), ending.signal)
    ending.abort()
    expect(await endless).toBeNull()
    expect(await untilAborted(Promise.reject(new Error('nobody’s concern')), ending.signal)).toBeNull()
  })
})
