/**
 * The settings in force, worked out once: one frozen object, swapped whole.
 *
 * Whoever starts something (a span, a record) reads the holder once and keeps what it read, so nothing
 * ever sees half of a change, and what began under one settings ends under it.
 *
 * Levels are looked up in a table of our own, made anew at every swap. Loggers that keep a level of
 * their own, as in most libraries, would stay behind.
 */
import type { LogLevel } from '@changeover/reload'
import type { AttributeNames, TelemetrySettings } from './settings.ts'

export const levelNumbers: Readonly<Record<LogLevel, number>> = {
  trace: 1,
  debug: 5,
  info: 9,
  warn: 13,
  error: 17,
}

export interface LiveSettings {
  readonly settings: TelemetrySettings
  readonly attributes: AttributeNames
  /** Least number that passes, by room; `defaultLevel` for rooms that are not named. */
  readonly levels: ReadonlyMap<string, number>
  readonly defaultLevel: number
  /** Share of new traces that is kept. */
  readonly ratio: number
  /** Whether anybody would read a request's span. */
  readonly exportsSpans: boolean
  readonly exportsLogs: boolean
  /** `config.version` of records that do not name one; `null` until a version is known. */
  readonly version: string | null
}

/** The one mutable pointer of this package. */
export interface LiveHolder {
  live: LiveSettings
}

export function compileSettings(settings: TelemetrySettings, version: string | null): LiveSettings {
  const rooms = Object.entries(settings.logs.rooms ?? {})
  return Object.freeze({
    settings: deepFreeze(structuredClone(settings)),
    attributes: settings.attributes,
    levels: new Map(rooms.map(([room, level]) => [room, levelNumbers[level]])),
    defaultLevel: levelNumbers[settings.logs.level],
    ratio: settings.traces.ratio,
    exportsSpans: settings.traces.otlp !== undefined,
    exportsLogs: settings.logs.otlp !== undefined,
    version,
  })
}

/** The same settings as a part of another version. */
export function withVersion(live: LiveSettings, version: string | null): LiveSettings {
  return Object.freeze({ ...live, version })
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
