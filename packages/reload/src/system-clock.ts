/**
 * The machine's own time, for everything that was not given another clock.
 *
 * Timers are unreferenced: a debounce or a poll that waits must not keep alive a process whose work is done.
 * Delays beyond what Node can hold (24.8 days) are walked in steps instead of firing at once.
 */
import type { Clock, Timer } from './contract/clock.ts'

const LONGEST_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after,
}

function after(ms: number, run: () => void): Timer {
  let timer: NodeJS.Timeout
  const start = (leftMs: number) => {
    const stepMs = Math.min(leftMs, LONGEST_MS)
    timer = setTimeout(() => (leftMs > stepMs ? start(leftMs - stepMs) : run()), stepMs)
    timer.unref()
  }
  start(Math.max(0, ms))
  return { cancel: () => clearTimeout(timer) }
}
