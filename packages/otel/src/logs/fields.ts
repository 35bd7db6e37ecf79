/**
 * The fields of a log line, in the order in which they are written, and their values as text.
 *
 * Not here: what holds the fields together (`format.ts`, `pretty.ts`).
 */
import type { AttributeValue } from '@changeover/reload'
import { describeError } from '../error-chain.ts'
import { type LogEntry, versionOf } from './log-entry.ts'

/** A field of a line, in the order in which it is written. */
export type Field = readonly [name: string, value: AttributeValue]

const RESERVED = new Set(['time', 'level', 'room', 'msg', 'trace_id', 'span_id', 'config.version'])

export function fieldsOf(entry: LogEntry): Field[] {
  const { record } = entry
  const fields: Field[] = [
    ['time', new Date(entry.atMs).toISOString()],
    ['level', record.level],
    ['room', record.room],
    ['msg', record.message],
  ]
  if (record.span !== undefined) {
    fields.push(['trace_id', record.span.traceId], ['span_id', record.span.spanId])
  }
  const version = versionOf(entry)
  if (version !== undefined) fields.push(['config.version', version])
  fields.push(...attributeFields(entry))
  if (record.error !== undefined) {
    const told = describeError(record.error)
    fields.push(['error.type', told.type], ['error.chain', told.chain], ['error.stack', told.stack])
  }
  return fields
}

/** What the caller added, names of ours kept apart; `event.type` first. */
export function attributeFields(entry: LogEntry): Field[] {
  const { record } = entry
  const fields: Field[] = record.eventName === undefined ? [] : [['event.type', record.eventName]]
  for (const name in record.attributes) {
    const value = record.attributes[name]
    if (value === undefined || value === null || name === 'config.version') continue
    fields.push([RESERVED.has(name) ? `attr.${name}` : name, value])
  }
  return fields
}

export function logfmtName(name: string): string {
  return name.replace(/[\s="]+/g, '_')
}

export function logfmtValue(value: AttributeValue): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text === '' || /[\s="\\]/.test(text) || hasControl(text) ? JSON.stringify(text) : text
}

function hasControl(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) < 32) return true
  return false
}
