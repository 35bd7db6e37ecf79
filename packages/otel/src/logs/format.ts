/**
 * Log lines in three forms: for eyes (`pretty`), for machines (`json`), for both (`logfmt`).
 *
 * A line is made when the record is written, by the formatter then in force: a record that began in one
 * form never ends in another. A formatter that fails leaves a plain line with the fields that can be
 * told; it never throws at the one who logs.
 */
import type { AttributeValue } from '@changeover/reload'
import type { Redactor } from '../redact.ts'
import type { LogFormat } from '../settings.ts'
import { attributeFields, fieldsOf, logfmtName, logfmtValue } from './fields.ts'
import type { LineStyle } from './line-style.ts'
import type { LogEntry } from './log-entry.ts'
import { prettyLine } from './pretty.ts'

/** One line (pretty: with the lines of an error below it), ending in a line feed. */
export function formatLine(entry: LogEntry, style: LineStyle): string {
  try {
    return FORMATTERS[style.format](entry, style)
  } catch {
    return plainLine(entry, style.redactor)
  }
}

const FORMATTERS: Readonly<Record<LogFormat, (entry: LogEntry, style: LineStyle) => string>> = {
  json: jsonLine,
  logfmt: logfmtLine,
  pretty: (entry, style) => prettyLine(entry, attributeFields(entry, style.redactor), style),
}

function jsonLine(entry: LogEntry, style: LineStyle): string {
  const out: Record<string, AttributeValue> = {}
  for (const [name, value] of fieldsOf(entry, style.redactor)) out[name] = value
  return `${JSON.stringify(out)}\n`
}

function logfmtLine(entry: LogEntry, style: LineStyle): string {
  return `${fieldsOf(entry, style.redactor)
    .map(([name, value]) => `${logfmtName(name)}=${logfmtValue(value)}`)
    .join(' ')}\n`
}

/** What is left when a formatter fails: no attributes, nothing that could throw. */
function plainLine(entry: LogEntry, redactor: Redactor): string {
  const { level, room } = entry.record
  const message = redactor.text(entry.record.message)
  return `${new Date(entry.atMs).toISOString()} ${level} ${room} ${message} (attributes could not be written)\n`
}
