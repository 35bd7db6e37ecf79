/**
 * What a caller is told whose limits or budgets do not have what his call may come to: the code, what is left, and when
 * asking again makes sense.
 */
import type { HoldRefused } from '../contract/allowance.ts'

export interface HoldRefusal {
  readonly code: HoldRefused['refused']
  readonly details: {
    readonly limit: string
    readonly holder: string
    readonly retryAfterMs: number | null
    readonly store: string
  }
  readonly headers: readonly string[]
}

export function holdRefusal({ refused, limit, holder, retryAfterMs, headers }: HoldRefused): HoldRefusal {
  const details = { limit, holder, retryAfterMs, store: 'place' }
  if (retryAfterMs === null) return { code: refused, details, headers }
  const seconds = String(Math.max(1, Math.ceil(retryAfterMs / 1000)))
  return { code: refused, details, headers: [...headers, 'retry-after', seconds] }
}
