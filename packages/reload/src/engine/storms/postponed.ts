/**
 * What came by itself, failed for a reason of the moment, and is tried again by the engine: a handle offers a
 * change once and does not repeat it, so without this a full disk at the wrong second would lose a change.
 *
 * One at a time, the newest; a newer offer takes its place. What the trouble was decides how often: a store or
 * a breaker heals, a warm-up that failed twice will fail again.
 */
import { createHash } from 'node:crypto'
import type { Clock, Timer } from '../../contract/clock.ts'
import type { ErrorCode, ReloadError } from '../../errors.ts'
import type { Attempt } from '../attempt.ts'
import { isCode } from '../work.ts'

const FIRST_MS = 1_000
const LONGEST_MS = 300_000

const MOST_TRIES: Partial<Record<ErrorCode, number>> = {
  'store.failed': Number.POSITIVE_INFINITY,
  'storm.breaker_open': Number.POSITIVE_INFINITY,
  'reload.generations': Number.POSITIVE_INFINITY,
  'rollout.frozen': Number.POSITIVE_INFINITY,
  'rollout.in_progress': Number.POSITIVE_INFINITY,
  'fetch.failed': 3,
  'warmup.failed': 1,
  'warmup.deadline': 1,
}

export class Postponed {
  private readonly clock: Clock
  private readonly again: (attempt: Attempt) => void
  private timer: Timer | null = null

  constructor(clock: Clock, again: (attempt: Attempt) => void) {
    this.clock = clock
    this.again = again
  }

  /** Tries it again later, if that makes sense. */
  consider(attempt: Attempt, error: ReloadError): void {
    const most = MOST_TRIES[error.code] ?? 0
    if (attempt.beginning.tries >= most) return
    this.drop()
    this.timer = this.clock.after(waitMs(attempt, error), () => {
      this.timer = null
      this.again(attempt)
    })
  }

  drop(): void {
    this.timer?.cancel()
    this.timer = null
  }
}

/** As long as the breaker says; else twice as long each time, with full jitter. */
function waitMs(attempt: Attempt, error: ReloadError): number {
  if (isCode(error, 'storm.breaker_open')) return error.details.retryMs
  const { tries } = attempt.beginning
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(tries, 20))
  const { instance } = attempt.core
  const spread = createHash('sha256').update(`${instance}:${tries}`).digest().readUInt16BE(0) / 0xffff
  return Math.ceil(longest * (0.5 + spread / 2))
}
