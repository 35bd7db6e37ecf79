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

/** So long a good answer counts as "just before": reloads in quick succession do not each ask again. */
const GOOD_FOR_MS = 1000

/** A version that is taken back or overtaken at once was not worth asking for. */
const FIRST_AFTER_MS = 250

/** What does not answer sooner is taken as not well before, so that a reload waits no longer for what hangs. */
const LONGEST_LOOK_MS = 2000

export interface WatchOptions {
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly lastWell: LastWell
}

/** When each check was well last, by what it asks; bounded by the checks of the settings in force. */
export class LastWell {
  #atMs = new Map<string, number>()

  isFresh(check: Check, nowMs: number): boolean {
    return nowMs - (this.#atMs.get(check.asks) ?? Number.NEGATIVE_INFINITY) <= GOOD_FOR_MS
  }

  note(check: Check, nowMs: number, isWell: boolean): void {
    if (isWell) this.#atMs.set(check.asks, nowMs)
    else this.#atMs.delete(check.asks)
  }

  /** Forgets what is not asked any more. */
  keep(checks: readonly Check[]): void {
    const asked = new Set(checks.map((it) => it.asks))
    for (const it of this.#atMs.keys()) if (!asked.has(it)) this.#atMs.delete(it)
  }
}

/** Those of the checks that are well now. Never rejects. */
export async function wellNow(
  checks: readonly Check[],
  { clock, telemetry, lastWell, signal }: WatchOptions & { readonly signal: AbortSignal },
): Promise<readonly Check[]> {
  lastWell.keep(checks)
  const answers = await Promise.all(
    checks.map(async (check) => {
      if (lastWell.isFresh(check, clock.monotonic())) return true
      const timeoutMs = Math.min(check.timeoutMs, LONGEST_LOOK_MS)
      const found = await askWithin(check, { clock, timeoutMs, signal })
      lastWell.note(check, clock.monotonic(), found === null)
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

  /** Begins soon. `failed` is called once at most, and ends it. */
  constructor(
    checks: readonly Check[],
    failed: (check: Check, found: string) => void,
    options: WatchOptions,
  ) {
    this.#options = options
    this.#failed = failed
    for (const check of checks) this.#askAfter(FIRST_AFTER_MS, check, 0)
  }

  /** What is still asked is let go, and says nothing any more. */
  end(): void {
    this.#ended.abort()
    for (const it of this.#timers) it.cancel()
    this.#timers.clear()
  }

  async #ask(check: Check, failedBefore: number): Promise<void> {
    const { clock, telemetry, lastWell } = this.#options
    const { signal } = this.#ended
    const startTime = clock.now()
    const found = await askWithin(check, { clock, timeoutMs: check.timeoutMs, signal })
    if (signal.aborted) return
    lastWell.note(check, clock.monotonic(), found === null)
    const failures = found === null ? 0 : failedBefore + 1
    if (found !== null) this.#trace(check, found, startTime)
    if (found === null || failures < check.failures) {
      this.#askAfter(check.everyMs, check, failures)
      return
    }
    this.end()
    tell(telemetry, 'warn', check, `${found}, ${failures} times in a row`)
    this.#failed(check, found)
  }

  #askAfter(waitMs: number, check: Check, failures: number): void {
    const timer = this.#options.clock.after(waitMs, () => {
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
