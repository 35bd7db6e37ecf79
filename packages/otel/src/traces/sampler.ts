/**
 * Whether a span is kept. Parent first, then the ratio now in force; reloads always.
 *
 * Decided once, at the start of a span, so that start and end stay paired however often the ratio
 * changes meanwhile.
 *
 * The ratio is compared with the last 56 bits of the trace id, as the W3C asks of random trace ids:
 * services that sample with the same ratio keep the same traces.
 */
import type { SpanContext } from '@changeover/reload'
import type { LiveSettings } from '../live-settings.ts'

/** Reload spans are few and each one matters; spans on contexts only when nobody decided before. */
export function isAlwaysKept(name: string, parent: SpanContext | null): boolean {
  const first = name.charCodeAt(0)
  if (first === LETTER_R) return name === 'reload' || name.startsWith('reload.')
  return first === LETTER_C && parent === null && name.startsWith('context.')
}

export function isKeptByRatio(traceId: string, live: LiveSettings): boolean {
  if (live.ratio >= 1) return true
  if (live.ratio <= 0) return false
  return Number.parseInt(traceId.slice(18, 31), 16) >= (1 - live.ratio) * SPACE_52_BITS
}

const LETTER_R = 114
const LETTER_C = 99
/** 13 of the 14 hex digits: what a number holds exactly. */
const SPACE_52_BITS = 2 ** 52
