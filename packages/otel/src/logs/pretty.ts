/**
 * Lines for eyes: time, level and room in columns, the message, then attributes that step back.
 *
 * Colours only when they go to a terminal. An error follows on lines of its own, with its causes.
 */
import type { LogLevel, LogRecord } from '@changeover/reload'
import { controlsShown, type Field, hasControl, logfmtValue, quoted, tellClean } from './fields.ts'
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
  const said = oneLine(style.redactor.text(record.message))
  const message = rest === '' ? said : said.padEnd(MESSAGE_WIDTH)
  const parts = [
    colour(DIM, timeOfDay(entry.atMs)),
    colour(COLOURS[record.level], level),
    colour(DIM, record.room.padEnd(ROOM_WIDTH)),
    message,
  ]
  if (rest !== '') parts.push(colour(DIM, rest))
  return `${parts.join(' ')}\n${record.error === undefined ? '' : errorLines(record, style)}`
}

function restOf(entry: LogEntry, fields: readonly Field[]): string {
  const rest = fields.map(([name, value]) => `${name}=${logfmtValue(value)}`)
  const version = versionOf(entry)
  if (version !== undefined) rest.push(`config.version=${version}`)
  if (entry.record.span !== undefined) rest.push(`trace=${entry.record.span.traceId}`)
  return rest.join(' ')
}

/** Where the code failed is of use when it is at fault; of a refusal or a file that cannot be read, what was wrong is. */
function errorLines({ error, level }: Pick<LogRecord, 'error' | 'level'>, style: LineStyle): string {
  const told = tellClean(error, style.redactor)
  const [first = '', ...causes] = told.chain
  const texts = level === 'error' ? [told.stack] : [first, ...causes.map((it) => `caused by ${it}`)]
  return texts
    .flatMap((it) => it.split('\n'))
    .map((line) => `    ${controlsShown(line.trimEnd())}\n`)
    .join('')
}

/** A message from outside must not draw on the terminal or begin a line that looks like ours. */
function oneLine(text: string): string {
  return hasControl(text) ? quoted(text) : text
}

function timeOfDay(atMs: number): string {
  return new Date(atMs).toISOString().slice(11, 23)
}
