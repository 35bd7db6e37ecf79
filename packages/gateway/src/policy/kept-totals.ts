/**
 * Budgets over a restart: the totals of this process in a file of the state directory.
 *
 * Written in the background, a few hundred a turn, some moments after they change; so a crash forgets what was taken in
 * the last of them, at most `LOST_MS` and what is still to be written then. What calls had held when the process died
 * stays taken, because nobody is left to say what they came to: a budget is then smaller than it should be, never larger.
 *
 * Rates and places are not kept: they are over in minutes, and calls under way end with their process.
 *
 * A file that cannot be opened or written is told to the log and costs no call anything.
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Clock, Logger, Timer } from '@changeover/reload'
import type { LocalCounters, Total } from './local-counters.ts'

export interface KeptTotalsOptions {
  readonly path: string
  readonly counters: LocalCounters
  readonly clock: Clock
  readonly logger: Logger
}

export interface KeptTotals {
  /** Writes down what there is, and closes the file. Once. */
  close(): void
}

/** How long a change waits to be written. */
export const LOST_MS = 250
/** More would hold up calls for as long as they are written. */
const ROWS_A_TURN = 300
/** Between two looks for periods that are over. */
const SWEEP_MS = 3_600_000

const SCHEMA = `PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;
  CREATE TABLE IF NOT EXISTS totals (key TEXT PRIMARY KEY, used REAL NOT NULL, ends_ms REAL) STRICT, WITHOUT ROWID;`
const WRITE = `INSERT INTO totals (key, used, ends_ms) VALUES (?, ?, ?)
  ON CONFLICT (key) DO UPDATE SET used = excluded.used, ends_ms = excluded.ends_ms`

/** Takes what was kept into `counters`, and keeps what changes there from now on. */
export function keepTotals(options: KeptTotalsOptions): KeptTotals {
  try {
    return new TotalsFile(options)
  } catch (error) {
    const message = 'budgets cannot be kept over a restart: their file cannot be opened'
    options.logger.log({ level: 'error', room: 'policy', message, error })
    return { close: () => undefined }
  }
}

function firstOf(waiting: ReadonlyMap<string, Total>, most: number): readonly (readonly [string, Total])[] {
  const some: (readonly [string, Total])[] = []
  for (const it of waiting) {
    if (some.length === most) break
    some.push(it)
  }
  return some
}

class TotalsFile implements KeptTotals {
  readonly #options: KeptTotalsOptions
  readonly #database: DatabaseSync
  readonly #write: StatementSync
  readonly #waiting = new Map<string, Total>()
  /** Only while something waits to be written. */
  #timer: Timer | null = null
  #sweeping: Timer
  #isFailing = false

  constructor(options: KeptTotalsOptions) {
    this.#options = options
    mkdirSync(dirname(options.path), { recursive: true, mode: 0o700 })
    this.#database = new DatabaseSync(options.path, { timeout: 1000 })
    this.#database.exec(SCHEMA)
    this.#write = this.#database.prepare(WRITE)
    this.#forgetEnded()
    this.#restore()
    options.counters.onTotal = (key, total) => {
      this.#waiting.set(key, total)
      this.#timer ??= this.#later()
    }
    this.#sweeping = this.#sweepLater()
  }

  close(): void {
    this.#timer?.cancel()
    this.#sweeping.cancel()
    this.#options.counters.onTotal = null
    while (this.#waiting.size > 0 && this.#writeSome());
    this.#database.close()
  }

  #later(): Timer {
    return this.#options.clock.after(LOST_MS, () => {
      this.#writeSome()
      this.#timer = this.#waiting.size === 0 ? null : this.#later()
    })
  }

  #sweepLater(): Timer {
    return this.#options.clock.after(SWEEP_MS, () => {
      this.#sweep()
      this.#sweeping = this.#sweepLater()
    })
  }

  #restore(): void {
    for (const row of this.#database.prepare('SELECT key, used, ends_ms FROM totals').all()) {
      const endsMs = row['ends_ms']
      this.#options.counters.restore(
        String(row['key']),
        Number(row['used']),
        endsMs === null ? null : Number(endsMs),
      )
    }
  }

  /** True when all that was asked of it is written. */
  #writeSome(): boolean {
    if (this.#waiting.size === 0) return true
    const some = firstOf(this.#waiting, ROWS_A_TURN)
    try {
      this.#database.exec('BEGIN')
      for (const [key, { used, endsMs }] of some) this.#write.run(key, used, endsMs)
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#fail(error)
      return false
    }
    for (const [key] of some) this.#waiting.delete(key)
    this.#isFailing = false
    return true
  }

  #fail(error: unknown): void {
    if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
    if (this.#isFailing) return
    this.#isFailing = true
    const message =
      'budgets cannot be written down; they are counted on, and written when it is possible again'
    this.#options.logger.log({ level: 'error', room: 'policy', message, error })
  }

  #sweep(): void {
    const { clock, counters } = this.#options
    counters.sweep(clock.now(), clock.monotonic())
    try {
      this.#forgetEnded()
    } catch (error) {
      this.#fail(error)
    }
  }

  #forgetEnded(): void {
    this.#database.prepare('DELETE FROM totals WHERE ends_ms <= ?').run(this.#options.clock.now())
  }
}
