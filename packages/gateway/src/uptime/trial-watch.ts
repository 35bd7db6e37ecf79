/**
 * Watches what has to go on answering while a version is on trial.
 *
 * Invariant: a version is blamed only for what was well just before it came in, and failed so often in a row since.
 * What was not well before, or was not asked, is not even watched: it could say nothing about the version.
 *
 * Nothing is asked, and no timer runs, while nothing is on trial. Not here: what is asked (`check.ts`), and which
 * version is on trial (`boot/watch-trials.ts`).
 */
import type { Clock, Telemetry, Timer } from '@changeover/reload'
import { sayError } from '../errors.ts'
import { askWithin, type Check } from './check.ts'

/** What does not answer sooner is taken as not well before, so that a reload waits no longer for what hangs. */
const LONGEST_LOOK_MS = 2000

export interface WatchOptions {
  readonly clock: Clock
  readonly telemetry: Telemetry
}

/** Those of the checks that are well now. Never rejects. */
export async function wellNow(
  checks: readonly Check[],
  { clock, telemetry, signal }: WatchOptions & { readonly signal: AbortSignal },
): Promise<readonly Check[]> {
  const answers = await Promise.all(
    checks.map(async (check) => {
      const timeoutMs = Math.min(check.timeoutMs, LONGEST_LOOK_MS)
      const found = await askWithin(check, { clock, timeoutMs, signal })
      if (found !== null) tell(telemetry, 'info', check, `${found}; the next version is not judged by it`)
      return found === null
    }),
  )
  return checks.filter((_, i) => answers[i])
}

export class TrialWatch {
  readonly #options: WatchOptions
  readonly #ended = new AbortController()
  readonly #timers = new Set<Timer>()
  readonly #failed: (check: Check, found: string) => void

  /** Begins at once. `failed` is called once at most, and ends it. */
  constructor(
    checks: readonly Check[],
    failed: (check: Check, found: string) => void,
    options: WatchOptions,
  ) {
    this.#options = options
    this.#failed = failed
    for (const check of checks) void this.#ask(check, 0)
  }

  /** What is still asked is let go, and says nothing any more. */
  end(): void {
    this.#ended.abort()
    for (const it of this.#timers) it.cancel()
    this.#timers.clear()
  }

  async #ask(check: Check, failedBefore: number): Promise<void> {
    const { clock, telemetry } = this.#options
    const { signal } = this.#ended
    const startTime = clock.now()
    const found = await askWithin(check, { clock, timeoutMs: check.timeoutMs, signal })
    if (signal.aborted) return
    const failures = found === null ? 0 : failedBefore + 1
    if (found !== null) this.#trace(check, found, startTime)
    if (found === null || failures < check.failures) return this.#later(check, failures)
    this.end()
    tell(telemetry, 'warn', check, `${found}, ${failures} times in a row`)
    this.#failed(check, found)
  }

  #later(check: Check, failures: number): void {
    const timer = this.#options.clock.after(check.everyMs, () => {
      this.#timers.delete(timer)
      void this.#ask(check, failures)
    })
    this.#timers.add(timer)
  }

  /** Only what is not well leaves a span: the rest of a long trial would be thousands that say nothing. */
  #trace(check: Check, found: string, startTime: number): void {
    const attributes = { 'reload.probe.name': check.name }
    const span = this.#options.telemetry.tracer.start('reload.health_check', { startTime, attributes })
    span.fail('uptime.not_well', new Error(sayError('uptime.not_well', { check: check.name, found })))
    span.end()
  }
}

function tell(telemetry: Telemetry, level: 'info' | 'warn', check: Check, found: string): void {
  const message = sayError('uptime.not_well', { check: check.name, found })
  telemetry.logger.log({ level, room: 'uptime', message })
}
