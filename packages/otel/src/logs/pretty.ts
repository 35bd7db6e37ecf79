/**
 * Lines for eyes: time, level and room in columns, the message, then attributes that step back.
 *
 * Colours only when they go to a terminal. An error follows on lines of its own, with its causes.
 */
import type { LogLevel } from '@changeover/reload'
import { describeError } from '../error-chain.ts'
import { type Field, logfmtValue } from './fields.ts'
import type { LineStyle } from './line-style.ts'
import { type LogEntry, versionOf } from './log-entry.ts'

const RESET = '\u001b[0m'
const DIM = '\u001b[2m'
const COLOURS: Readonly<Record<LogLevel, string>> = {
  trace: '\u001b[2m',
  debug: '\u001b[36m',
  info: '\u001b[32m',
  warn: '\u001b[33m',
  error: '\u001b[31m',
}
const LEVEL_WIDTH = 5
const ROOM_WIDTH = 10
const MESSAGE_WIDTH = 44

export function prettyLine(entry: LogEntry, fields: readonly Field[], style: LineStyle): string {
  const { record } = entry
  const colour = (code: string, text: string) => (style.colours ? `${code}${text}${RESET}` : text)
  const level = record.level.toUpperCase().padEnd(LEVEL_WIDTH)
  const rest = restOf(entry, fields)
  const message = rest === '' ? record.message : record.message.padEnd(MESSAGE_WIDTH)
  const parts = [
    colour(DIM, timeOfDay(entry.atMs)),
    colour(COLOURS[record.level], level),
    colour(DIM, record.room.padEnd(ROOM_WIDTH)),
    message,
  ]
  if (rest !== '') parts.push(colour(DIM, rest))
  return `${parts.join(' ')}\n${record.error === undefined ? '' : errorLines(record.error)}`
}

function restOf(entry: LogEntry, fields: readonly Field[]): string {
  const rest = fields.map(([name, value]) => `${name}=${logfmtValue(value)}`)
  const version = versionOf(entry)
  if (version !== undefined) rest.push(`config.version=${version}`)
  if (entry.record.span !== undefined) rest.push(`trace=${entry.record.span.traceId}`)
  return rest.join(' ')
}

function errorLines(error: unknown): string {
  const told = describeError(error)
  return told.stack
    .split('\n')
    .map((line) => `    ${line.trimEnd()}\n`)
    .join('')
}

function timeOfDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 23)
}
