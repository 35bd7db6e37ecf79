/** What was asked of the call log, or the refusal that says that it cannot answer. */
import type { CallLog } from '../calls/call-log.ts'
import type { CallRecord } from '../contract/call.ts'
import { GatewayError } from '../errors.ts'

/** Throws `control.call_log`. */
export async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    throw new GatewayError('control.call_log', {}, { cause })
  }
}

/** Throws `control.call_was_copy` for the id of a copy, else `control.no_such_call`. */
export async function recordedCall(
  calls: Pick<CallLog, 'find' | 'findCopy'>,
  id: string,
): Promise<CallRecord> {
  const call = await answered(calls.find(id))
  if (call !== null) return call
  const copy = await answered(calls.findCopy(id))
  if (copy === null) throw new GatewayError('control.no_such_call', { call: id })
  const { of, target, version } = copy
  throw new GatewayError('control.call_was_copy', { call: id, of, target, version })
}
