/**
 * A log record on its way out: what was said, when, and the settings it was said under.
 *
 * Not here: what it looks like (`format-*.ts` for people and files, `wire/encode-logs.ts` for OTLP).
 */
import type { LogRecord } from '@changeover/reload'
import type { LiveSettings } from '../live-settings.ts'

export interface LogEntry {
  readonly record: LogRecord
  /** Wall milliseconds. */
  readonly atMs: number
  readonly live: LiveSettings
}

/** `config.version` of the entry: its own, else the one in force when it was written. */
export function versionOf(entry: LogEntry): string | undefined {
  const own = entry.record.attributes?.['config.version']
  if (typeof own === 'string') return own
  return entry.live.version ?? undefined
}
