/**
 * An answer with a good status that its provider ends as a failure: `finish_reason: "error"`, Google's
 * `MALFORMED_FUNCTION_CALL`, a response whose status is `failed`. Taken for an answer, half a sentence or nothing at all
 * would be recorded as one, and no other target asked.
 *
 * Of several replies one may fail: the answer has failed where none of them ended well.
 * docs/decisions/2026-11-22-ends-that-are-failures.md
 */
import type { FinishDelta, NeutralDelta } from '../../contract/neutral.ts'
import type { Wire } from '../../contract/wire.ts'
import { isFields } from '../../wire/fields.ts'

export interface BrokenEnd {
  readonly code: 'upstream.failed' | 'upstream.malformed'
  /** Only of what the provider itself failed at. */
  readonly status?: number
}

/** What a server has not said. */
const USUAL_STATUS = 502

/** `null` for an end like any other. */
export function brokenEnd({ reason, status }: Pick<FinishDelta, 'reason' | 'status'>): BrokenEnd | null {
  if (reason === 'malformed') return MALFORMED
  return reason === 'error' ? { code: 'upstream.failed', status: status ?? USUAL_STATUS } : null
}

const MALFORMED: BrokenEnd = { code: 'upstream.malformed' }

/** Of a whole answer. */
export function brokenEndOf(deltas: readonly NeutralDelta[]): BrokenEnd | null {
  let broken: BrokenEnd | null = null
  for (const it of deltas) {
    if (it.type === 'error') return { code: 'upstream.failed', status: it.status }
    if (it.type !== 'finish') continue
    const end = brokenEnd(it)
    if (end === null) return null
    broken ??= end
  }
  return broken
}

/** Of a whole answer that is read for this alone, because something in it looked like a failure. */
export function brokenEndIn(body: Buffer, wire: Wire): BrokenEnd | null {
  try {
    const said: unknown = JSON.parse(body.toString())
    return isFields(said) ? brokenEndOf(wire.parseReply(said)) : null
  } catch {
    return null
  }
}
