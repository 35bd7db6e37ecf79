/**
 * The answer that an attempt of an earlier process was given, read back from its lines in the audit log.
 *
 * Not here: which attempt a key belongs to (`idempotency.ts`).
 */
import type { Receipt, Settled, Unchanged } from '../../contract/receipt.ts'
import type { AuditLine } from '../../contract/store.ts'
import { type ErrorCode, rules } from '../../errors.ts'

const SETTLED: Partial<Record<AuditLine['event'], Settled['status']>> = {
  'config.reload.completed': 'success',
  'config.reload.superseded': 'superseded',
  'config.reload.rolled_back': 'rolled_back',
}

/** `null` where the log does not hold the answer: the attempt has not ended, was refused, or was cut off. */
export function receiptOf(line: AuditLine): Receipt | null {
  const { attempt, traceId, to, digest, from, changedParameters, reason } = line
  if (line.event === 'config.reload.skipped') {
    return { outcome: 'unchanged', attempt, traceId, reason: reason as Unchanged['reason'], version: from }
  }
  const status = SETTLED[line.event]
  // Superseded before its swap: it was never applied.
  if (status === undefined || to === null || digest === null || isPassing(line)) return null
  const settled = Promise.resolve({ status, reason: reason === '' ? 'confirmed' : reason })
  const applied = { version: to, digest, previous: from, changedParameters, settled }
  return { outcome: 'applied', attempt, traceId, ...applied }
}

/** Whether the key of this line goes on to stand for what was offered under it. */
export function bindsKey(line: AuditLine): boolean {
  return !isPassing(line) && line.reason !== 'verify.idempotency'
}

/** An answer that told the sender to try again. */
function isPassing({ event, reason }: AuditLine): boolean {
  if (event === 'config.reload.superseded') return reason === 'reload.superseded'
  return event === 'config.reload.rejected' && reason in rules && rules[reason as ErrorCode].retry
}
