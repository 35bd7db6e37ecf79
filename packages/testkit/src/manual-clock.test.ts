/** What a test may rely on when it holds time in its hand. */
import { describe, expect, it } from 'vitest'
import { ManualClock } from './manual-clock.ts'

describe('the manual clock', () => {
  it('runs what falls due in order of time, then of setting, each at its own instant', async () => {
    const clock = new ManualClock(1_000)
    const seen: string[] = []
    clock.after(20, () => seen.push(`b at ${clock.now()}`))
    clock.after(10, () => seen.push(`a at ${clock.now()}`))
    clock.after(20, () => seen.push(`c at ${clock.now()}`))
    clock.after(31, () => seen.push('too early'))
    await clock.advance(30)
    expect(seen).toEqual(['a at 1010', 'b at 1020', 'c at 1020'])
    expect([clock.now(), clock.monotonic(), clock.pending]).toEqual([1_030, 30, 1])
  })

  it('runs timers that were set on the way, and lets long chains of promises end before the next', async () => {
    const clock = new ManualClock(0)
    const seen: string[] = []
    const wait = (ms: number) => new Promise<void>((resolve) => void clock.after(ms, resolve))
    const walk = async () => {
      await wait(5)
      for (let i = 0; i < 50; i += 1) await Promise.resolve()
      seen.push(`woken at ${clock.now()}`)
      await wait(5)
      seen.push(`and again at ${clock.now()}`)
    }
    const done = walk()
    clock.after(7, () => seen.push(`between at ${clock.now()}`))
    await clock.advance(10)
    await done
    expect(seen).toEqual(['woken at 5', 'between at 7', 'and again at 10'])
  })

  it('forgets a cancelled timer', async () => {
    const clock = new ManualClock(0)
    let ran = false
    const timer = clock.after(1, () => (ran = true))
    timer.cancel()
    timer.cancel()
    await clock.advance(10)
    expect([ran, clock.pending]).toEqual([false, 0])
  })

  it('turns the wall without moving timers or the monotonic time', async () => {
    const clock = new ManualClock(1_000)
    clock.after(10, () => {})
    clock.turnWall(-500)
    await clock.advance(0)
    expect([clock.now(), clock.monotonic(), clock.pending]).toEqual([500, 0, 1])
  })
})
