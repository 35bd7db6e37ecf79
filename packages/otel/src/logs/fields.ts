/**
 * The fields of a log line, in the order in which they are written, and their values as text.
 *
 * Secrets are taken out here, of each value before it is quoted: inside a finished line a secret may be
 * escaped once or twice and no longer look like itself.
 *
 * Not here: what holds the fields together (`format.ts`, `pretty.ts`).
 */
import type { AttributeValue } from '@changeover/reload'
import { describeError, type ToldError } from '../error-chain.ts'
import type { Redactor } from '../redact.ts'
import { type LogEntry, versionOf } from './log-entry.ts'

/** A field of a line, in the order in which it is written. */
export type Field = readonly [name: string, value: AttributeValue]

const RESERVED = new Set(['time', 'level', 'room', 'msg', 'trace_id', 'span_id', 'config.version'])

export function fieldsOf(entry: LogEntry, redactor: Redactor): Field[] {
  const { record } = entry
  const fields: Field[] = [
    ['time', new Date(entry.atMs).toISOString()],
    ['level', record.level],
    ['room', record.room],
    ['msg', redactor.text(record.message)],
  ]
  if (record.span !== undefined) {
    fields.push(['trace_id', record.span.traceId], ['span_id', record.span.spanId])
  }
  const version = versionOf(entry)
  if (version !== undefined) fields.push(['config.version', version])
  fields.push(...attributeFields(entry, redactor))
  if (record.error !== undefined) {
    const told = tellClean(record.error, redactor)
    fields.push(['error.type', told.type], ['error.chain', told.chain], ['error.stack', told.stack])
  }
  return fields
}

/** What the caller added, names of ours kept apart; `event.type` first. */
export function attributeFields(entry: LogEntry, redactor: Redactor): Field[] {
  const { record } = entry
  const fields: Field[] = record.eventName === undefined ? [] : [['event.type', record.eventName]]
  for (const name in record.attributes) {
    const value = record.attributes[name]
    if (value === undefined || value === null || name === 'config.version') continue
    if (name === 'event.type' && record.eventName !== undefined) continue
    fields.push([RESERVED.has(name) ? `attr.${name}` : name, redactor.attribute(name, value)])
  }
  return fields
}

export function tellClean(error: unknown, redactor: Redactor): ToldError {
  const told = describeError(error)
  return {
    type: told.type,
    message: redactor.text(told.message),
    stack: redactor.text(told.stack),
    chain: told.chain.map((it) => redactor.text(it)),
  }
}

export function logfmtName(name: string): string {
  return name.replace(/[\s="]+/g, '_')
}

export function logfmtValue(value: AttributeValue): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === '' || /[\s="\\]/.test(text) || hasControl(text) ? quoted(text) : text
}

/** Those above 126 count too: a terminal may take U+009B for the beginning of a command. */
export function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 32 || (code > 126 && code < 160)) return true
  }
  return false
}

export function quoted(text: string): string {
  return controlsShown(JSON.stringify(text))
}

/** With each control character as the number that JSON writes for it. */
export function controlsShown(text: string): string {
  return text.replace(/\p{Cc}/gu, (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
