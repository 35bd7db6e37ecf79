/**
 * OpenAI's error shape. Its clients choose the exception class by status, and read `message`, `type`,
 * `param` and `code`; `code` is the gateway's own stable code.
 */
import type { CallerError } from '../../contract/wire.ts'
import { isFields } from '../fields.ts'

export function writeOpenAIError(error: CallerError): Record<string, unknown> {
  const { status, code, message, param } = error
  return { error: { message, type: typeOf(status), param: param ?? null, code } }
}

/** OpenAI's own replies nest the error; some compatible servers write a bare string or leave out the nest. */
export function readOpenAIError(body: unknown): string | null {
  if (!isFields(body)) return null
  const error = body['error'] ?? body
  if (typeof error === 'string') return error
  return isFields(error) && typeof error['message'] === 'string' ? error['message'] : null
}

function typeOf(status: number): string {
  if (status === 401) return 'authentication_error'
  if (status === 402) return 'insufficient_quota'
  if (status === 403) return 'permission_error'
  if (status === 429) return 'rate_limit_error'
  return status >= 500 ? 'server_error' : 'invalid_request_error'
}
