/** What was asked of the call log, or the refusal that says that it cannot answer. */
import { GatewayError } from '../errors.ts'

/** Throws `control.call_log`. */
export async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    throw new GatewayError('control.call_log', {}, { cause })
  }
}
