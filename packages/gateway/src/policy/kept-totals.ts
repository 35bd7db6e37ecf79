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
 *
 * The file is opened when it is there, or with the first total that is to be written: a gateway without budgets has none,
 * and neither loads SQLite nor waits for the disk at its start.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
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

const CANNOT_OPEN = 'budgets cannot be kept over a restart: their file cannot be opened'
const CANNOT_WRITE =
  'budgets cannot be written down; they are counted on, and written when it is possible again'

interface Open {
  readonly database: DatabaseSync
  readonly write: StatementSync
}

function openFile(path: string): Open {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  // Not imported above: SQLite is loaded by those who have budgets, and without a turn of the event loop in between.
  const sqlite = process.getBuiltinModule('node:sqlite')
  const database = new sqlite.DatabaseSync(path, { timeout: 1000 })
  try {
    database.exec(SCHEMA)
    return { database, write: database.prepare(WRITE) }
  } catch (error) {
    database.close()
    throw error
  }
}

/** Takes what was kept into `counters`, and keeps what changes there from now on. */
export function keepTotals(options: KeptTotalsOptions): KeptTotals {
  try {
    return new TotalsFile(options)
  } catch (error) {
    options.logger.log({ level: 'error', room: 'policy', message: CANNOT_OPEN, error })
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
  /** `null` until there is something to write. */
  #open: Open | null = null
  readonly #waiting = new Map<string, Total>()
  /** Only while something waits to be written. */
  #timer: Timer | null = null
  #sweeping: Timer
  #isFailing = false

  constructor(options: KeptTotalsOptions) {
    this.#options = options
    if (existsSync(options.path)) {
      this.#open = openFile(options.path)
      this.#forgetEnded()
      this.#restore()
    }
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
    this.#open?.database.close()
    this.#open = null
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
    const rows = this.#open?.database.prepare('SELECT key, used, ends_ms FROM totals').all() ?? []
    for (const row of rows) {
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
      const { database, write } = this.#openOnce()
      database.exec('BEGIN')
      for (const [key, { used, endsMs }] of some) write.run(key, used, endsMs)
      database.exec('COMMIT')
    } catch (error) {
      this.#fail(error)
      return false
    }
    for (const [key] of some) this.#waiting.delete(key)
    this.#isFailing = false
    return true
  }

  #openOnce(): Open {
    this.#open ??= openFile(this.#options.path)
    return this.#open
  }

  #fail(error: unknown): void {
    if (this.#open?.database.isTransaction === true) this.#open.database.exec('ROLLBACK')
    if (this.#isFailing) return
    this.#isFailing = true
    const message = this.#open === null ? CANNOT_OPEN : CANNOT_WRITE
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
    this.#open?.database.prepare('DELETE FROM totals WHERE ends_ms <= ?').run(this.#options.clock.now())
  }
}
