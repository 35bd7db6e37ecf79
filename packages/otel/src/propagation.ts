/**
 * W3C Trace Context in and out of headers: `traceparent` and `tracestate`, read strictly.
 *
 * A header that breaks the grammar counts as absent, so a new trace begins: a half-read id would join
 * strangers. `tracestate` is passed on as it came and dropped whole when it is not well formed; a
 * broken one never costs the `traceparent`.
 *
 * Not here: baggage (`baggage.ts`), and whether a span is kept (`traces/sampler.ts`).
 */
import type { SpanContext } from '@changeover/reload'

/** Headers as `node:http` gives them: lower-case names. Repeated ones come as an array. */
export type HeadersIn = Readonly<Record<string, string | readonly string[] | undefined>>
export type HeadersOut = Record<string, string | string[] | number | undefined>

const TRACESTATE_LIMIT_CHARS = 512
const TRACESTATE_LIMIT_MEMBERS = 32
const MEMBER =
  /^(?:[a-z][a-z0-9_\-*/]{0,255}|[a-z0-9][a-z0-9_\-*/]{0,240}@[a-z][a-z0-9_\-*/]{0,13})=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/

/** `null` when there is no valid `traceparent`. */
export function extract(headers: HeadersIn): SpanContext | null {
  const traceparent = headers['traceparent']
  if (traceparent === undefined) return null
  const context = readTraceparent(traceparent)
  if (context === null) return null
  const state = headers['tracestate']
  if (state === undefined) return context
  const traceState = readTracestate(typeof state === 'string' ? state : state.join(','))
  return traceState === null ? context : { ...context, traceState }
}

/** Adds `traceparent`, and `tracestate` where there is one. */
export function inject(context: SpanContext, headers: HeadersOut): void {
  headers['traceparent'] = writeTraceparent(context)
  if (context.traceState !== undefined) headers['tracestate'] = context.traceState
}

export function writeTraceparent(context: SpanContext): string {
  return `00-${context.traceId}-${context.spanId}-${context.sampled ? '01' : '00'}`
}

/** Reads a `traceparent` of version 00, or of a later version by the fields that 00 knows. */
export function readTraceparent(value: string | readonly string[]): SpanContext | null {
  const text = typeof value === 'string' ? value : value.length === 1 ? value[0] : undefined
  if (text === undefined || text.length < 55) return null
  const later = text.charCodeAt(0) !== ZERO || text.charCodeAt(1) !== ZERO
  if (later && !isLaterVersion(text)) return null
  if (!later && text.length !== 55) return null
  if (text[2] !== '-' || text[35] !== '-' || text[52] !== '-') return null
  if (!isId(text, 3, 35) || !isId(text, 36, 52) || !isHex(text, 53, 55)) return null
  const sampled = (hexValue(text.charCodeAt(54)) & 1) === 1
  return { traceId: text.slice(3, 35), spanId: text.slice(36, 52), sampled, remote: true }
}

/** The list as it came, without blank members; `null` when any member breaks the grammar. */
export function readTracestate(text: string): string | null {
  if (text.length > TRACESTATE_LIMIT_CHARS) return null
  const members = text.split(',').map((it) => it.replace(/^[ \t]+|[ \t]+$/g, ''))
  const kept = members.filter((it) => it !== '')
  if (kept.length === 0 || kept.length > TRACESTATE_LIMIT_MEMBERS) return null
  const keys = new Set<string>()
  for (const member of kept) {
    if (!MEMBER.test(member)) return null
    keys.add(member.slice(0, member.indexOf('=')))
  }
  return keys.size === kept.length ? kept.join(',') : null
}

const ZERO = 48

function isLaterVersion(text: string): boolean {
  if (!isHex(text, 0, 2) || text.startsWith('ff')) return false
  return text.length === 55 || text[55] === '-'
}

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  if (code >= 97 && code <= 102) return code - 87
  return -1
}

function isHex(text: string, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (hexValue(text.charCodeAt(i)) < 0) return false
  return true
}

/** Hex and not all zero. */
function isId(text: string, from: number, to: number): boolean {
  let seen = 0
  for (let i = from; i < to; i++) {
    const value = hexValue(text.charCodeAt(i))
    if (value < 0) return false
    seen |= value
  }
  return seen !== 0
}
