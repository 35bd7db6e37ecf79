/** What exported spans alone say about attempts: the other half of the audit log. */
import type { CollectedSpan } from '@changeover/testkit'

export interface AttemptOfSpans {
  readonly attempt: string
  readonly trigger: string
  readonly source: string
  readonly from: string | null
  readonly to: string | null
  readonly status: string
  readonly reason: string
  readonly changedParameters: readonly string[]
  readonly traceId: string
  readonly spanId: string
}

/** Ended attempts, in the order in which they ended. */
export function attemptsOfSpans(spans: readonly CollectedSpan[]): AttemptOfSpans[] {
  const roots = spans.filter((it) => it.name === 'reload')
  return roots.sort((a, b) => Number(a.endUnixNano - b.endUnixNano)).map(attemptOf)
}

function attemptOf(root: CollectedSpan): AttemptOfSpans {
  const text = (name: string): string => String(root.attributes[name] ?? '')
  const changed = root.attributes['reload.changed_parameters']
  return {
    attempt: text('reload.attempt.id'),
    trigger: text('reload.trigger'),
    source: text('reload.source'),
    from: textOrNull(root.attributes['reload.previous_version']),
    to: textOrNull(root.attributes['reload.config_version']),
    status: text('reload.status'),
    reason: text('reload.reason'),
    changedParameters: Array.isArray(changed) ? changed.map(String) : [],
    traceId: root.traceId,
    spanId: root.spanId,
  }
}

function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** The root span of an attempt, and what hangs below it. */
export function spansOfAttempt(spans: readonly CollectedSpan[], attempt: string): CollectedSpan[] {
  const root = spans.find((it) => it.name === 'reload' && it.attributes['reload.attempt.id'] === attempt)
  if (root === undefined) return []
  const found = [root]
  for (const parent of found) found.push(...spans.filter((it) => it.parentSpanId === parent.spanId))
  return found
}
