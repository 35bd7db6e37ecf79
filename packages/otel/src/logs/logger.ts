/**
 * Writes records: asks the level table, makes the line, hands it on.
 *
 * The settings are read once a record, so a line is wholly of one form. Whoever calls from inside the
 * output (a stream that logs its own failure) finds the logger busy and is put behind, not inside.
 *
 * An event that ends what another began is written when the first was, whatever the level has become.
 */
import type { Clock, Logger, LogLevel, LogRecord } from '@changeover/reload'
import { type LiveHolder, type LiveSettings, levelNumbers } from '../live-settings.ts'
import type { Redactor } from '../redact.ts'
import { formatLine } from './format.ts'
import type { LineSink } from './line-sink.ts'
import type { LogEntry } from './log-entry.ts'

const BEGINS = 'config.reload.started'
const PAIR_PREFIX = 'config.reload.'
const OPEN_PAIRS_LIMIT = 256
const BEHIND_LIMIT = 1000

export interface LiveLoggerOptions {
  readonly holder: LiveHolder
  readonly sink: LineSink
  readonly redactor: Redactor
  readonly clock: Clock
  readonly colours: boolean
  /** Takes every record that passed, for OTLP. */
  readonly forward: (entry: LogEntry) => void
}

export class LiveLogger implements Logger {
  readonly #options: LiveLoggerOptions
  /** Traces of attempts whose beginning was written. */
  readonly #open = new Set<string>()
  #busy = false
  #behind: LogRecord[] = []

  constructor(options: LiveLoggerOptions) {
    this.#options = options
  }

  enabled(level: LogLevel, room: string): boolean {
    const { live } = this.#options.holder
    return levelNumbers[level] >= (live.levels.get(room) ?? live.defaultLevel)
  }

  log(record: LogRecord): void {
    const passes = this.enabled(record.level, record.room)
    if (record.eventName === undefined ? !passes : !this.#passesAsPair(record, passes)) return
    if (this.#busy) {
      if (this.#behind.length < BEHIND_LIMIT) this.#behind.push(record)
      return
    }
    this.#busy = true
    try {
      this.#write(record, this.#options.holder.live)
      this.#options.forward({ record, atMs: this.#options.clock.now(), live: this.#options.holder.live })
    } finally {
      this.#busy = false
    }
    if (this.#behind.length > 0) this.#catchUp()
  }

  /** A record of the telemetry layer about itself, in the form of given settings, whatever the levels. */
  writeUnder(record: LogRecord, live: LiveSettings): void {
    this.#write(record, live)
  }

  #write(record: LogRecord, live: LiveSettings): void {
    const { sink, redactor, colours, clock } = this.#options
    const entry: LogEntry = { record, atMs: clock.now(), live }
    sink.write(formatLine(entry, { format: live.settings.logs.format, colours, redactor }))
  }

  #catchUp(): void {
    const behind = this.#behind
    this.#behind = []
    queueMicrotask(() => {
      for (const record of behind) this.log(record)
    })
  }

  #passesAsPair(record: LogRecord, passes: boolean): boolean {
    const trace = record.span?.traceId
    if (trace === undefined || !record.eventName?.startsWith(PAIR_PREFIX)) return passes
    if (record.eventName === BEGINS) {
      if (passes && this.#open.size < OPEN_PAIRS_LIMIT) this.#open.add(trace)
      return passes
    }
    return this.#open.delete(trace) || passes
  }
}
