/**
 * Log lines in three forms: for eyes (`pretty`), for machines (`json`), for both (`logfmt`).
 *
 * A line is made when the record is written, by the formatter then in force: a record that began in one
 * form never ends in another. A formatter that fails leaves a plain line with the fields that can be
 * told; it never throws at the one who logs.
 *
 * Secrets are taken out of the finished line, so no field can be forgotten.
 */
import type { AttributeValue } from '@changeover/reload'
import type { LogFormat } from '../settings.ts'
import { attributeFields, fieldsOf, logfmtName, logfmtValue } from './fields.ts'
import type { LineStyle } from './line-style.ts'
import type { LogEntry } from './log-entry.ts'
import { prettyLine } from './pretty.ts'

/** One line (pretty: with the lines of an error below it), ending in a line feed. */
export function formatLine(entry: LogEntry, style: LineStyle): string {
  try {
    return style.redactor.text(FORMATTERS[style.format](entry, style))
  } catch {
    return plainLine(entry)
  }
}

const FORMATTERS: Readonly<Record<LogFormat, (entry: LogEntry, style: LineStyle) => string>> = {
  json: jsonLine,
  logfmt: logfmtLine,
  pretty: (entry, style) => prettyLine(entry, attributeFields(entry), style),
}

function jsonLine(entry: LogEntry): string {
  const out: Record<string, AttributeValue> = {}
  for (const [name, value] of fieldsOf(entry)) out[name] = value
  return `${JSON.stringify(out)}\n`
}

function logfmtLine(entry: LogEntry): string {
  return `${fieldsOf(entry)
    .map(([name, value]) => `${logfmtName(name)}=${logfmtValue(value)}`)
    .join(' ')}\n`
}

/** What is left when a formatter fails: no attributes, nothing that could throw. */
function plainLine(entry: LogEntry): string {
  const { level, room, message } = entry.record
  return `${new Date(entry.atMs).toISOString()} ${level} ${room} ${message} (attributes could not be written)\n`
}
