/** The machine's time, as the engine sees it. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { systemClock } from './system-clock.ts'

const timeouts = () => process.getActiveResourcesInfo().filter((it) => it === 'Timeout').length

describe('the system clock', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('calls once after the time, and not at all when cancelled', async () => {
    const calls: string[] = []
    systemClock.after(1, () => calls.push('kept'))
    systemClock.after(1, () => calls.push('cancelled')).cancel()
    const startMs = systemClock.monotonic()
    await vi.waitFor(() => expect(calls).toEqual(['kept']))
    expect(systemClock.monotonic()).toBeGreaterThan(startMs)
    expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1_000)
  })

  it('does not keep the process alive', () => {
    const before = timeouts()
    const timer = systemClock.after(60_000, () => {})
    expect(timeouts()).toBe(before)
    timer.cancel()
  })

  it('waits longer than the 24.8 days that one timer of Node can', () => {
    vi.useFakeTimers()
    const run = vi.fn()
    systemClock.after(2 ** 31 + 5, run)
    vi.advanceTimersByTime(2 ** 31)
    expect(run).not.toHaveBeenCalled()
    vi.advanceTimersByTime(5)
    expect(run).toHaveBeenCalledOnce()
  })
})
