/**
 * What a watching loop sleeps on: a bell, a time, or the end.
 *
 * The bell is level, not edge: rings while nobody sleeps are one ring, and it is not lost.
 */
import type { Clock } from '../contract/clock.ts'

export type Woken = 'rung' | 'elapsed' | 'aborted'

export class Wake {
  private readonly clock: Clock
  private readonly signal: AbortSignal
  private isRung = false
  private sleeper: ((woken: Woken) => void) | null = null

  constructor(clock: Clock, signal: AbortSignal) {
    this.clock = clock
    this.signal = signal
  }

  /** Whether it has rung and nobody has woken for it yet. */
  get hasRung(): boolean {
    return this.isRung
  }

  ring(): void {
    this.isRung = true
    this.sleeper?.('rung')
  }

  /** Sleeps until the bell, the end, or `ms` have gone by; `null` waits for as long as it takes. */
  sleep(ms: number | null): Promise<Woken> {
    if (this.signal.aborted) return Promise.resolve('aborted')
    if (this.isRung) return Promise.resolve(this.answer('rung'))
    return new Promise((resolve) => {
      const onAbort = () => wake('aborted')
      const timer = ms === null ? null : this.clock.after(ms, () => wake('elapsed'))
      const wake = (woken: Woken) => {
        timer?.cancel()
        this.signal.removeEventListener('abort', onAbort)
        this.sleeper = null
        resolve(this.answer(woken))
      }
      this.signal.addEventListener('abort', onAbort)
      this.sleeper = wake
    })
  }

  /** Sleeps until the bell has rung and then been quiet for `quietMs`, ten times that at most, or until `pollMs`. */
  async sleepUntilQuiet(quietMs: number, pollMs: number | null): Promise<Woken> {
    const woken = await this.sleep(pollMs)
    if (woken !== 'rung') return woken
    const endMs = this.clock.monotonic() + 10 * quietMs
    while ((await this.sleep(quietMs)) === 'rung' && this.clock.monotonic() < endMs);
    return woken
  }

  private answer(woken: Woken): Woken {
    if (woken === 'rung') this.isRung = false
    return woken
  }
}

/** The result of `work`, or `null` as soon as `signal` aborts; what `work` does after that is nobody's concern. */
export async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | null> {
  if (signal.aborted) {
    work.catch(() => {})
    return null
  }
  let onAbort = () => {}
  const aborted = new Promise<null>((resolve) => {
    onAbort = () => resolve(null)
    signal.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
