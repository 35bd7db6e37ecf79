/**
 * Remembers finished calls: takes a record on the request path, writes it a little later, in batches.
 *
 * Invariant: `finish` only appends to an array in memory. No disk, no statement and no allocation that grows
 * without bound lies behind it: what does not fit is dropped and counted.
 *
 * Batches are written on this thread, a few at a time with the event loop in between: a commit is a copy into
 * the kernel's memory and takes a quarter of a millisecond. What waits for the disk (checkpoints) or may take
 * long (questions) is done by a worker thread that comes and goes (`call-desk.ts`). Writing there too would
 * cost twenty megabytes for the thread and twice the work for carrying records over.
 *
 * Not here: rows and queries (`call-table.ts`), deciding whether a call is recorded (the snapshot says).
 */
import { stat } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, Telemetry, Timer } from '@changeover/reload'
import type { CallRecord, CallSink } from '../contract/call.ts'
import { CallDesk } from './call-desk.ts'
import type { CallTable } from './call-table.ts'
import type { Answers, CallFilter, CallPage, Question, Retention, VersionSummary } from './questions.ts'

const batchRows = 64
const batchMs = 200
/** As many as this are not left waiting for the time to be over. */
const hurryRows = 256
/** Records waiting; at 2,000 calls a second the disk may stand still for four seconds before any is dropped. */
const capacity = 8_192
/** After a failure records are dropped for this long: a disk that is full stays so for a while. */
const restMs = 10_000
/** Size of what waits to be brought into the main file, and how many batches lie between two looks at it. */
const checkpointBytes = 16 * 1024 * 1024
const checkpointEvery = 128
/** No worker for so long that this much has gathered: better one pause than a full disk. */
const checkpointHereBytes = 256 * 1024 * 1024
export const defaultRetention: Retention = { keepDays: 30, maxRows: 1_000_000 }

export interface CallLogOptions {
  /** The database file; its folder exists. */
  readonly path: string
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly retention?: Retention
}

export interface CallLog extends CallSink {
  find(id: string): Promise<CallRecord | null>
  list(filter: CallFilter): Promise<CallPage>
  summarise(versions: readonly string[]): Promise<readonly VersionSummary[]>
  /** Takes effect with the next batches, in small steps. */
  retain(retention: Retention): void
  /** Resolves when everything finished so far is written, or was dropped. */
  flush(): Promise<void>
  /** Writes what waits, then closes the file. Records that come later are dropped. */
  close(): Promise<void>
}

export function createCallLog(options: CallLogOptions): CallLog {
  const log = new SqliteCallLog(options)
  return {
    finish: (record) => log.finish(record),
    find: (id) => log.ask({ about: 'call', id }) as Promise<Answers['call']>,
    list: (filter) => log.ask({ about: 'calls', filter }) as Promise<Answers['calls']>,
    summarise: (versions) => log.ask({ about: 'versions', versions }) as Promise<Answers['versions']>,
    retain: (retention) => log.retain(retention),
    flush: () => log.flush(),
    close: () => log.close(),
  }
}

class SqliteCallLog {
  readonly #options: CallLogOptions
  readonly #desk: CallDesk
  #retention: Retention
  #waiting: CallRecord[] = []
  #timer: Timer | null = null
  #writing: Promise<void> | null = null
  #table: CallTable | null = null
  #isClosed = false
  #restsUntil = 0
  #batches = 0
  #checkpointing = false

  constructor(options: CallLogOptions) {
    this.#options = options
    this.#retention = options.retention ?? defaultRetention
    this.#desk = new CallDesk(options.path, options.clock)
  }

  finish(record: CallRecord): void {
    if (this.#isClosed) return this.#drop(1, 'closed')
    if (this.#waiting.length >= capacity) return this.#drop(1, 'full')
    if (this.#isResting()) return this.#drop(1, 'failed')
    this.#waiting.push(record)
    if (this.#waiting.length === hurryRows) void this.flush()
    else this.#timer ??= this.#options.clock.after(batchMs, () => void this.flush())
  }

  async ask(question: Question): Promise<unknown> {
    await this.flush()
    if (this.#isClosed) throw new Error('the call log is closed')
    await this.#open()
    return this.#desk.ask(question)
  }

  retain(retention: Retention): void {
    this.#retention = retention
  }

  /** Never rejects. */
  flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#waiting.length === 0) return this.#writing ?? Promise.resolve()
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null
    })
    return this.#writing
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    do await this.flush()
    while (this.#waiting.length > 0)
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#desk.close()
    this.#table?.close()
    this.#table = null
  }

  async #write(): Promise<void> {
    try {
      // Not in the turn of the call that brought the batch to its size.
      await nextTurn()
      const table = await this.#open()
      while (this.#waiting.length > 0) {
        this.#writeBatch(table, this.#waiting.splice(0, batchRows))
        await nextTurn()
      }
      await this.#checkpointWhenDue(table)
    } catch (error) {
      await this.#fail(error)
    }
  }

  #writeBatch(table: CallTable, records: readonly CallRecord[]): void {
    try {
      table.write(records)
      // Twice what came in, so that the log shrinks to a bound that was lowered.
      table.trim(this.#retention, this.#options.clock.now(), batchRows * 2)
      this.#batches++
    } catch (error) {
      this.#drop(records.length, 'failed')
      throw error
    }
  }

  async #open(): Promise<CallTable> {
    if (this.#table !== null) return this.#table
    if (this.#isResting()) throw new Error('the call log failed and is being given a rest')
    // Loaded here and not above: SQLite is not needed to start.
    const { openOrSetAside } = await import('./call-table.ts')
    const { path, clock } = this.#options
    const opened = openOrSetAside(path, clock.now())
    if (opened.aside !== null)
      this.#warn(`the call log was damaged and is kept as "${opened.aside}"; a new one is begun`)
    this.#table ??= opened.table
    return this.#table
  }

  async #checkpointWhenDue(table: CallTable): Promise<void> {
    if (this.#checkpointing || this.#batches < checkpointEvery) return
    this.#batches = 0
    const sizeBytes = await stat(`${this.#options.path}-wal`).then(
      (it) => it.size,
      () => 0,
    )
    if (sizeBytes > checkpointHereBytes) table.checkpoint()
    else if (sizeBytes > checkpointBytes) this.#checkpointAside()
  }

  #checkpointAside(): void {
    this.#checkpointing = true
    this.#desk
      .checkpoint()
      .catch((error: unknown) => this.#warn('the call log could not be brought to the disk', error))
      .finally(() => {
        this.#checkpointing = false
      })
  }

  async #fail(error: unknown): Promise<void> {
    this.#restsUntil = this.#options.clock.monotonic() + restMs
    this.#drop(this.#waiting.splice(0).length, 'failed')
    this.#warn(`call records could not be written; calls are not recorded for ${restMs} ms`, error)
    await this.#desk.close()
    const table = this.#table
    this.#table = null
    try {
      table?.close()
    } catch {
      // What could not be written will not be by closing.
    }
  }

  #isResting(): boolean {
    return this.#restsUntil !== 0 && this.#options.clock.monotonic() < this.#restsUntil
  }

  #drop(rows: number, reason: 'full' | 'failed' | 'closed'): void {
    if (rows === 0) return
    this.#options.telemetry.meter.add('changeover.calls.dropped', rows, { 'changeover.reason': reason })
  }

  #warn(message: string, error?: unknown): void {
    this.#options.telemetry.logger.log({ level: 'warn', room: 'calls', message, error })
  }
}
