/**
 * Remembers finished calls: takes a record on the request path, writes it a little later, in batches.
 *
 * Invariant: `finish` only appends to an array in memory. No disk, no statement and no allocation that grows
 * without bound lies behind it: what does not fit is dropped and counted.
 *
 * Rows are written on this thread, a handful in a turn of the event loop, as soon as there is a handful; a batch of
 * them is committed a few times a second. Written all at once they would hold up each call of that moment by some
 * milliseconds; kept until then they would be old enough to be moved by the garbage collector, which holds up
 * calls as well. What waits for the disk (checkpoints) or may take long (questions) is done by a worker thread that
 * comes and goes (`call-desk.ts`). Writing there too would cost twenty megabytes for the thread and twice the work
 * for carrying records over.
 *
 * While the worker brings the log into the main file, nothing is written here: with a batch open at nearly all
 * times, a log that is emptied beside it could never begin anew.
 *
 * Not here: rows and queries (`call-table.ts`), deciding whether a call is recorded (the snapshot says).
 */
import { stat } from 'node:fs/promises'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock, Telemetry, Timer } from '@changeover/reload'
import type { CallCopy, CallRecord, CallSink, Feedback } from '../contract/call.ts'
import { CallDesk } from './call-desk.ts'
import type { CallTable } from './call-table.ts'
import type {
  Answers,
  CallFilter,
  CallPage,
  KeyUse,
  Question,
  Retention,
  VersionSummary,
} from './questions.ts'

/** As many as this are written with the next turn of the event loop. */
const handful = 8
/** At most so many in one turn: half a millisecond. */
const turnRows = 64
/** How old a batch becomes, and how large. */
const batchMs = 200
const batchRows = 512
/** Records waiting; at 2,000 calls a second the disk may stand still for four seconds before any is dropped. */
const capacity = 8_192
/** After a failure records are dropped for this long: a disk that is full stays so for a while. */
const restMs = 10_000
/** Size of what waits to be brought into the main file, and how many batches lie between two looks at it. */
const defaultCheckpointBytes = 32 * 1024 * 1024
const checkpointEvery = 16
/** A disk that takes longer than this is not waited for any more. */
const checkpointPatienceMs = 1_000
/** No worker for so long that this much has gathered: better one pause than a full disk. */
const checkpointHereBytes = 256 * 1024 * 1024
export const defaultRetention: Retention = { keepDays: 30, maxRows: 1_000_000 }

export interface CallLogOptions {
  /** The database file; its folder exists. */
  readonly path: string
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly retention?: Retention
  /** How large the write-ahead log becomes before it is brought into the main file. */
  readonly checkpointBytes?: number
}

export interface CallLog extends CallSink {
  /** Of calls that were finished. */
  hear(it: Feedback): void
  copied(it: CallCopy): void
  find(id: string): Promise<CallRecord | null>
  list(filter: CallFilter): Promise<CallPage>
  summarise(versions: readonly string[]): Promise<readonly VersionSummary[]>
  /** The copy that has this id of its own; the last part of it that was billed. */
  findCopy(id: string): Promise<CallCopy | null>
  /** When each key was used last. */
  keysUsed(): Promise<readonly KeyUse[]>
  /** Takes effect with the next batches, in small steps. */
  retain(retention: Retention): void
  /** Resolves when everything finished so far is written, or was dropped. */
  flush(): Promise<void>
  /** Writes what waits, and resolves to the file: of this build's schema, and to be read by any thread. */
  readable(): Promise<string>
  /** Writes what waits, then closes the file. Records that come later are dropped. */
  close(): Promise<void>
}

export function createCallLog(options: CallLogOptions): CallLog {
  const log = new SqliteCallLog(options)
  return {
    finish: (record) => log.finish(record),
    hear: (it) => log.hear(it),
    copied: (it) => log.copied(it),
    find: (id) => log.ask({ about: 'call', id }) as Promise<Answers['call']>,
    list: (filter) => log.ask({ about: 'calls', filter }) as Promise<Answers['calls']>,
    summarise: (versions) => log.ask({ about: 'versions', versions }) as Promise<Answers['versions']>,
    findCopy: (id) => log.ask({ about: 'copy', id }) as Promise<Answers['copy']>,
    keysUsed: () => log.ask({ about: 'keys' }) as Promise<Answers['keys']>,
    retain: (retention) => log.retain(retention),
    flush: () => log.flush(),
    readable: () => log.readable(),
    close: () => log.close(),
  }
}

class SqliteCallLog {
  readonly #options: CallLogOptions
  readonly #desk: CallDesk
  #retention: Retention
  #waiting: CallRecord[] = []
  #said: Feedback[] = []
  #copies: CallCopy[] = []
  #timer: Timer | null = null
  #hasTurn = false
  #writing: Promise<void> | null = null
  /** Until the worker has done with the file, or has taken too long. */
  #pause: Promise<void> | null = null
  #checkpointing = false
  #table: CallTable | null = null
  #isClosed = false
  #restsUntil = 0
  /** Rows of the open batch. */
  #openRows = 0
  #batches = 0

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
    this.#writeSoon()
    this.#timer ??= this.#options.clock.after(batchMs, () => void this.flush())
  }

  hear(it: Feedback): void {
    if (this.#isClosed || this.#isResting() || this.#said.length >= capacity) return
    this.#said.push(it)
    this.#timer ??= this.#options.clock.after(batchMs, () => void this.flush())
  }

  copied(it: CallCopy): void {
    if (this.#isClosed || this.#isResting() || this.#copies.length >= capacity) return
    this.#copies.push(it)
    this.#timer ??= this.#options.clock.after(batchMs, () => void this.flush())
  }

  async ask(question: Question): Promise<unknown> {
    await this.readable()
    return this.#desk.ask(question)
  }

  async readable(): Promise<string> {
    await this.flush()
    if (this.#isClosed) throw new Error('the call log is closed')
    await this.#openTable()
    return this.#options.path
  }

  retain(retention: Retention): void {
    this.#retention = retention
  }

  /** Never rejects. */
  async flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = null
    // One that is under way may have passed by what came last.
    await this.#writing
    if (this.#waiting.length + this.#openRows + this.#beside === 0) return
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null
      this.#writeSoon()
    })
    await this.#writing
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    do await this.flush()
    while (this.#waiting.length + this.#beside > 0)
    this.#isClosed = true
    this.#timer?.cancel()
    await this.#desk.close()
    this.#table?.close()
    this.#table = null
  }

  /** What waits and is no record. */
  get #beside(): number {
    return this.#said.length + this.#copies.length
  }

  #writeSoon(): void {
    if (this.#waiting.length < handful || this.#table === null) return
    if (this.#writing !== null || this.#pause !== null) return
    if (this.#hasTurn) return
    this.#hasTurn = true
    setImmediate(this.#takeTurn)
  }

  readonly #takeTurn = (): void => {
    this.#hasTurn = false
    const table = this.#table
    if (table === null || this.#writing !== null || this.#pause !== null) return
    try {
      this.#add(table)
    } catch (error) {
      void this.#fail(error)
      return
    }
    if (this.#openRows >= batchRows) void this.flush()
    else this.#writeSoon()
  }

  async #write(): Promise<void> {
    try {
      // Not in the turn of the call that brought the batch to its size.
      await nextTurn()
      await this.#pause
      const table = await this.#openTable()
      // As many as there are now: more come while these are written.
      for (let left = this.#waiting.length; left > 0; left -= turnRows) {
        this.#add(table)
        await nextTurn()
      }
      for (const it of this.#said.splice(0)) table.hear(it, this.#retention)
      for (const it of this.#copies.splice(0)) table.copied(it, this.#retention)
      this.#commit(table)
      this.#batches++
      await this.#checkpointWhenDue(table)
    } catch (error) {
      await this.#fail(error)
    }
  }

  #commit(table: CallTable): void {
    table.commit()
    this.#openRows = 0
  }

  /** Throws when the rows cannot be written; the open batch is lost then. */
  #add(table: CallTable): void {
    const rows = this.#waiting.splice(0, turnRows)
    this.#openRows += rows.length
    table.add(rows)
    // Twice what came in, so that the log shrinks to a bound that was lowered.
    table.trim(this.#retention, this.#options.clock.now(), rows.length * 2)
  }

  async #openTable(): Promise<CallTable> {
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
    if (sizeBytes <= (this.#options.checkpointBytes ?? defaultCheckpointBytes)) return
    this.#commit(table)
    if (sizeBytes > checkpointHereBytes) table.checkpoint()
    else this.#checkpointAside()
  }

  #checkpointAside(): void {
    this.#checkpointing = true
    const patience = Promise.withResolvers<void>()
    const timer = this.#options.clock.after(checkpointPatienceMs, patience.resolve)
    const done = this.#desk
      .checkpoint()
      .catch((error: unknown) => this.#warn('the call log could not be brought to the disk', error))
      .finally(() => {
        this.#checkpointing = false
        timer.cancel()
      })
    this.#pause = Promise.race([done, patience.promise]).then(() => {
      this.#pause = null
      this.#writeSoon()
    })
  }

  async #fail(error: unknown): Promise<void> {
    this.#restsUntil = this.#options.clock.monotonic() + restMs
    this.#drop(this.#openRows + this.#waiting.splice(0).length, 'failed')
    this.#said = []
    this.#copies = []
    this.#openRows = 0
    this.#warn(`call records could not be written; calls are not recorded for ${restMs} ms`, error)
    const table = this.#table
    this.#table = null
    await this.#desk.close()
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
