/**
 * Looks, now and then and while nothing else goes on, whether what is in force is still what was applied, and
 * puts it right: what a restart would bring back (`store-drift.ts`), and what parts have set up outside
 * themselves (`part-drift.ts`). What it means, and what it does not: `docs/decisions/2026-11-21-drift.md`.
 *
 * A look that finds nothing leaves no trace. One that finds something is an attempt with trigger `drift`: a span,
 * a report, one line in the audit log, the event `config.drift`. Whatever begins meanwhile goes before it. What
 * cannot be put right is tried again, later each time, and the instance says `degraded` until then.
 */
import type { Timer } from '../../contract/clock.ts'
import type { StateStore } from '../../contract/store.ts'
import { ReloadError } from '../../errors.ts'
import { Attempt } from '../attempt.ts'
import { type Core, say } from '../core.ts'
import type { Generation } from '../live/generation.ts'
import type { Observer } from '../observer.ts'
import { isCode } from '../work.ts'
import type { Finding } from './finding.ts'
import { findPartDrift } from './part-drift.ts'
import { rebuild } from './rebuild.ts'
import { findStoreDrift, recordsOf } from './store-drift.ts'

const LONGEST_MS = 3_600_000

export interface Watched {
  readonly core: Core
  readonly store: StateStore
  readonly observer: Observer
  /** Whether an offer is on its way. */
  isBusy(): boolean
  /** Told of each repair. */
  began(repair: Attempt): void
}

export class DriftWatch {
  /** Something was found that could not be put right. */
  isDrifted = false
  private readonly it: Watched
  private readonly ending = new AbortController()
  private timer: Timer | null = null
  private looking: Promise<void> = Promise.resolve()
  /** Repairs in a row after which something was still not right. */
  private failedInARow = 0
  /** Monotonic milliseconds of the last time that the store could be read. */
  private readAtMs: number | null = null

  constructor(it: Watched) {
    this.it = it
  }

  /** Seconds since the store could last be read; `null` while nobody looks. */
  get storeLagSeconds(): number | null {
    return this.readAtMs === null ? null : (this.it.core.clock.monotonic() - this.readAtMs) / 1000
  }

  /** Begins to look; what the store holds has just been read. */
  start(): void {
    const { clock, limits } = this.it.core
    if (limits.driftEveryMs <= 0 || this.ending.signal.aborted) return
    this.readAtMs = clock.monotonic()
    this.later()
  }

  /** Resolves when nothing of it goes on. */
  async close(): Promise<void> {
    this.timer?.cancel()
    this.ending.abort(new ReloadError('reload.closed', { scope: this.it.core.scope }))
    await this.looking
  }

  private later(): void {
    if (this.ending.signal.aborted) return
    const { clock, limits } = this.it.core
    const waitMs = Math.max(
      limits.driftEveryMs,
      Math.min(LONGEST_MS, limits.driftEveryMs * 2 ** this.failedInARow),
    )
    this.timer = clock.after(waitMs, () => {
      this.looking = this.look().finally(() => this.later())
    })
  }

  /** Never rejects. */
  private async look(): Promise<void> {
    const { core } = this.it
    try {
      const generation = core.cell.current
      if (generation === null || !this.isQuiet) return
      const found = await this.find(generation)
      if (found === null) return
      if (found.length > 0) return await this.repair(generation, found)
      this.isDrifted = false
      this.failedInARow = 0
    } catch (error) {
      if (this.ending.signal.aborted) return
      say(
        core.telemetry,
        'warn',
        'the store could not be read; what a restart would bring back is not known',
        {
          error,
        },
      )
    }
  }

  /** What has drifted; `null` when something began meanwhile, so that nothing can be said. */
  private async find(generation: Generation): Promise<readonly Finding[] | null> {
    const { core, store } = this.it
    const before = JSON.stringify(recordsOf(core))
    const inStore = await findStoreDrift(core, store)
    this.readAtMs = core.clock.monotonic()
    const inParts = await findPartDrift(core, generation, this.ending.signal)
    const isSame = this.isQuiet && JSON.stringify(recordsOf(core)) === before
    return isSame && core.cell.current === generation ? [...inStore, ...inParts] : null
  }

  private get isQuiet(): boolean {
    const { core, observer, isBusy } = this.it
    return !isBusy() && observer.observed === null && core.recorder.isSettled
  }

  private async repair(generation: Generation, found: readonly Finding[]): Promise<void> {
    this.failedInARow += 1
    this.isDrifted = true
    const attempt = this.begin(generation, found)
    const stop = (): void => attempt.abort(this.ending.signal.reason as ReloadError)
    this.ending.signal.addEventListener('abort', stop, { once: true })
    try {
      await this.mend(attempt, generation, found)
      attempt.end({ status: 'success', reason: '' })
      this.isDrifted = false
    } catch (error) {
      // What took its place is another version: the next look tells whether anything is left of this.
      if (isCode(error, 'reload.superseded')) this.isDrifted = false
      attempt.refuse(error)
    } finally {
      this.ending.signal.removeEventListener('abort', stop)
    }
  }

  private begin({ facts }: Generation, found: readonly Finding[]): Attempt {
    const { core } = this.it
    const origin = { trigger: 'drift', source: sourcesOf(found), actor: 'instance' } as const
    const [atMs, sinceMs] = [core.clock.now(), core.clock.monotonic()]
    const attempt = new Attempt(core, {
      origin,
      offered: null,
      order: 0,
      tries: 0,
      atMs,
      sinceMs,
      author: null,
    })
    attempt.identify({ ...facts, keyids: [], isSealedHere: false, readUpon: null, places: undefined })
    attempt.issues = found.map((it) => it.issue)
    this.it.began(attempt)
    return attempt
  }

  /** The store first: should the process end while the parts are built, a restart brings back the right version. */
  private async mend(attempt: Attempt, generation: Generation, found: readonly Finding[]): Promise<void> {
    const { core, observer } = this.it
    for (const it of found) await it.mend?.()
    await core.recorder.tried()
    let serving = generation
    if (found.some((it) => it.mend === undefined)) {
      const isOvertaken = (): boolean => !this.isQuiet || core.cell.current !== generation
      serving = await rebuild(attempt, { generation, observer, isOvertaken })
    }
    const left = await this.find(serving)
    // Nothing can be said of what goes on by now; but a record that the store does not take is not right.
    const isStuck = left === null && !core.recorder.isSettled && !this.it.isBusy()
    if (isStuck) throw remaining(serving, found)
    if (left !== null && left.length > 0) throw remaining(serving, left)
    // Seen to be right again: whoever changes it once more does not wait longer for it.
    if (left !== null) this.failedInARow = 0
  }
}

function remaining({ ref }: Generation, found: readonly Finding[]): ReloadError {
  const what = sourcesOf(found)
  return new ReloadError(
    'drift.remains',
    { version: ref.version, what },
    { issues: found.map((it) => it.issue) },
  )
}

function sourcesOf(found: readonly Finding[]): string {
  return [...new Set(found.map((it) => it.source))].join(', ')
}
