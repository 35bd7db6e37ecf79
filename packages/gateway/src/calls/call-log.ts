/**
 * Remembers finished calls: takes a record on the request path, writes it later, in batches, elsewhere.
 *
 * Invariant: `finish` only appends to an array in memory. No disk, no statement and no allocation that grows
 * without bound lies behind it: what does not fit is dropped and counted.
 *
 * Why a worker thread: SQLite is synchronous, and its checkpoint waits for the disk. On the main thread that
 * would be a pause of ten milliseconds for every stream, every few seconds. The thread is started with the
 * first record or question, so it costs nothing at start-up.
 *
 * Not here: rows and queries (`call-table.ts`), deciding whether a call is recorded (the snapshot says).
 */
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { Clock, Telemetry, Timer } from '@changeover/reload'
import type { CallRecord, CallSink } from '../contract/call.ts'
import type {
  Answers,
  CallFilter,
  CallPage,
  FromWorker,
  Question,
  Retention,
  ToWorker,
  VersionSummary,
} from './questions.ts'

const batchRows = 256
const batchMs = 200
/** Records waiting; at 2,000 calls a second the disk may stand still for four seconds before any is dropped. */
const capacity = 8_192
/** Batches the worker has not answered for. More would only move the queue into its inbox. */
const batchesUnderway = 4
/** After the worker died, records are dropped for this long: a disk that is full stays so for a while. */
const restMs = 10_000
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
  /** Takes effect at once, in small steps. */
  retain(retention: Retention): void
  /** Resolves when everything finished so far is on disk, or was dropped. */
  flush(): Promise<void>
  /** Writes what waits, then closes the file. Records that come later are dropped. */
  close(): Promise<void>
}

export function createCallLog(options: CallLogOptions): CallLog {
  const log = new WorkerCallLog(options)
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

interface Asked {
  resolve(value: unknown): void
  reject(error: Error): void
}

class WorkerCallLog {
  readonly #options: CallLogOptions
  readonly #asked = new Map<number, Asked>()
  #retention: Retention
  #waiting: CallRecord[] = []
  #underway = 0
  #timer: Timer | null = null
  #isFlushing = false
  #worker: Worker | null = null
  #isClosed = false
  #restsUntil = 0
  #asks = 0
  #whenIdle: (() => void)[] = []

  constructor(options: CallLogOptions) {
    this.#options = options
    this.#retention = options.retention ?? defaultRetention
  }

  finish(record: CallRecord): void {
    if (this.#isClosed) return this.#drop(1, 'closed')
    if (this.#waiting.length >= capacity) return this.#drop(1, 'full')
    if (this.#isResting()) return this.#drop(1, 'failed')
    this.#waiting.push(record)
    if (this.#waiting.length >= batchRows) this.#flushSoon()
    else this.#timer ??= this.#options.clock.after(batchMs, () => this.#send())
  }

  ask(question: Question): Promise<unknown> {
    if (this.#isClosed) return Promise.reject(new Error('the call log is closed'))
    if (this.#isResting()) return Promise.reject(new Error('the call log stopped and is being given a rest'))
    this.#send(Infinity)
    const ask = ++this.#asks
    return new Promise((resolve, reject) => {
      this.#asked.set(ask, { resolve, reject })
      this.#post({ kind: 'ask', ask, question })
    })
  }

  retain(retention: Retention): void {
    const same =
      retention.keepDays === this.#retention.keepDays && retention.maxRows === this.#retention.maxRows
    if (same) return
    this.#retention = retention
    if (this.#worker !== null) this.#post({ kind: 'retain', retention })
  }

  flush(): Promise<void> {
    this.#send(Infinity)
    if (this.#underway === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    await this.flush()
    this.#isClosed = true
    this.#timer?.cancel()
    const worker = this.#worker
    if (worker === null) return
    worker.ref()
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    this.#post({ kind: 'close' })
    await gone
  }

  /** Not inside `finish`: writing a batch as text takes a third of a millisecond. */
  #flushSoon(): void {
    if (this.#isFlushing) return
    this.#isFlushing = true
    setImmediate(() => {
      this.#isFlushing = false
      this.#send()
    })
  }

  #send(limit = batchesUnderway): void {
    this.#timer?.cancel()
    this.#timer = null
    while (this.#waiting.length > 0 && this.#underway < limit) {
      const rows = this.#waiting.splice(0, batchRows)
      this.#underway++
      this.#post({ kind: 'write', rows: JSON.stringify(rows), count: rows.length })
    }
  }

  #post(message: ToWorker): void {
    this.#worker ??= this.#startWorker()
    this.#worker.postMessage(message)
  }

  #startWorker(): Worker {
    const worker = new Worker(locateWorker(), {
      workerData: { path: this.#options.path, retention: this.#retention },
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 },
    })
    worker.unref()
    worker.on('message', (message: FromWorker) => this.#hear(message))
    worker.on('error', (error) => this.#lose(worker, error))
    return worker
  }

  #hear(message: FromWorker): void {
    if (message.kind === 'wrote') this.#heardWrote(message.count, message.failed)
    else if (message.kind === 'trouble') this.#warn(message.what)
    else if (message.kind === 'answer') {
      const asked = this.#asked.get(message.ask)
      this.#asked.delete(message.ask)
      if (message.failed === null) asked?.resolve(message.value)
      else asked?.reject(new Error(`the call log could not answer: ${message.failed}`))
    }
  }

  #heardWrote(count: number, failed: string | null): void {
    this.#underway--
    if (failed !== null) {
      this.#drop(count, 'failed')
      this.#warn(`${count} call records could not be written: ${failed}`)
    }
    if (this.#waiting.length >= batchRows) this.#flushSoon()
    if (this.#underway === 0) this.#beIdle()
  }

  /** The thread died: what it held is lost and counted, and the next record starts another. */
  #lose(worker: Worker, error: unknown): void {
    if (this.#worker !== worker) return
    this.#worker = null
    this.#restsUntil = this.#options.clock.monotonic() + restMs
    this.#drop(this.#underway * batchRows + this.#waiting.splice(0).length, 'failed')
    this.#underway = 0
    for (const it of this.#asked.values()) it.reject(new Error('the call log stopped', { cause: error }))
    this.#asked.clear()
    this.#warn(`the call log stopped; calls are not recorded for ${restMs} ms`, error)
    this.#beIdle()
  }

  #isResting(): boolean {
    return this.#restsUntil !== 0 && this.#options.clock.monotonic() < this.#restsUntil
  }

  #beIdle(): void {
    for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  #drop(rows: number, reason: 'full' | 'failed' | 'closed'): void {
    this.#options.telemetry.meter.add('changeover.calls.dropped', rows, { 'changeover.reason': reason })
  }

  #warn(message: string, error?: unknown): void {
    this.#options.telemetry.logger.log({ level: 'warn', room: 'calls', message, error })
  }
}

/** Beside this file in the source; beside or above it in a bundle, whose chunks have a folder of their own. */
function locateWorker(): URL {
  const places = ['./call-worker.ts', './call-worker.js', '../call-worker.js']
  const urls = places.map((it) => new URL(it, import.meta.url))
  const found = urls.find((it) => existsSync(fileURLToPath(it)))
  if (found === undefined) throw new Error('call-worker.js is not beside the program; build it again')
  return found
}
